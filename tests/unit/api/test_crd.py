"""The generated definitions: current, small, bounded, described."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel, Field

from leeboard.api.crd.__main__ import outputs
from leeboard.api.crd.definition import KINDS, definition
from leeboard.api.crd.schema import NotStructural, structural

ROOT = Path(__file__).resolve().parents[3]
MAXIMUM_BYTES = 72_000
"""Less than a third of what an annotation may hold. Of a Model every strategy of a rollout has a part."""


def nodes(schema: dict, path: str) -> Iterator[tuple[str, dict]]:
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from nodes(child, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        if key in schema:
            yield from nodes(schema[key], f"{path}[]")


def every_node() -> list[tuple[str, dict]]:
    found = []
    for kind in KINDS:
        whole = definition(kind)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        for part in ("spec", "status"):
            found += list(nodes(whole["properties"][part], f"{kind.resource.KIND}.{part}"))
    return found


@pytest.mark.parametrize("name", sorted(outputs()))
def test_generated_files_are_current(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == outputs()[name]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.resource.KIND)
def test_client_side_apply_can_carry_it(kind) -> None:
    # as the annotation kubectl.kubernetes.io/last-applied-configuration has it
    applied = json.dumps(definition(kind), separators=(",", ":"))
    assert len(applied.encode()) < MAXIMUM_BYTES


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.resource.KIND)
def test_at_most_six_columns(kind) -> None:
    assert 3 <= len(kind.columns) <= 6


def test_no_floats_and_every_string_and_list_is_bounded() -> None:
    for path, node in every_node():
        assert node.get("type") in {"object", "array", "string", "integer", "boolean"}, path
        if node["type"] == "string":
            assert "maxLength" in node or "enum" in node, path
        if node["type"] == "array":
            assert "maxItems" in node, path
            assert node.get("x-kubernetes-list-type") in {"atomic", "map", "set"}, path


def test_every_field_is_described() -> None:
    for path, node in every_node():
        if not path.endswith("[]"):
            assert len(node["description"]) > 4, path
            assert node["description"].endswith("."), path


def test_values_of_maps_are_bounded() -> None:
    maps = [(path, node) for path, node in every_node() if "additionalProperties" in node]
    assert len(maps) >= 5
    for path, node in maps:
        values = node["additionalProperties"]
        assert values["maximum" if values["type"] == "integer" else "maxLength"] <= 4096, path
        assert node["maxProperties"] <= 100, path


def test_no_default_stands_inside_a_list() -> None:
    for path, node in every_node():
        if "[]" in path:
            assert "default" not in node, path


def test_status_says_minus_one_before_the_first_look() -> None:
    found = [node for path, node in every_node() if path.endswith("status.observedGeneration")]
    assert [node["default"] for node in found] == [-1] * len(KINDS)


def test_default_texts_of_the_schema_are_those_of_the_types() -> None:
    """What the API server fills in is what the operator would have assumed."""
    for kind in KINDS:
        schema = structural(kind.spec)
        for name, field in kind.spec.model_fields.items():
            node = schema["properties"][field.alias or name]
            if "default" in node and node["type"] != "object":
                assert node["default"] == field.default, f"{kind.resource.KIND}.{name}"


class Nested(BaseModel):
    names: list[str] = Field(description="Unbounded.")


class Union(BaseModel):
    either: str | int = Field(description="Two types.")


class Undescribed(BaseModel):
    name: str


@pytest.mark.parametrize(
    ("model", "said"),
    [(Nested, r"Nested\.names: a list without maxItems"), (Undescribed, "no description for name"), (Union, "either")],
)
def test_what_the_api_server_could_not_check_is_refused(model: type[BaseModel], said: str) -> None:
    with pytest.raises(NotStructural, match=said):
        structural(model)


def test_a_float_is_refused() -> None:
    class Bad(BaseModel):
        share: float

    with pytest.raises(NotStructural, match=r"Bad\.share"):
        structural(Bad)
