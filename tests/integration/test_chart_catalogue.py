"""What the chart tells of itself, and that it takes no value it does not know."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from typing import Any

import yaml

from tests.support.installation import CHART, ROOT


def test_the_chart_tells_what_a_catalogue_shows() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (chart["version"], chart["appVersion"]) == (project["version"], project["version"])
    assert chart["annotations"]["artifacthub.io/license"] == project["license"]
    assert chart["icon"].startswith("data:image/svg+xml;base64,")
    told = {
        (one["kind"], one["name"], one["version"])
        for one in yaml.safe_load(chart["annotations"]["artifacthub.io/crds"])
    }
    definitions = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in (ROOT / "crds").glob("*.yaml")]
    assert told == {
        (one["spec"]["names"]["kind"], one["metadata"]["name"], one["spec"]["versions"][0]["name"])
        for one in definitions
    }


def test_no_value_is_taken_that_the_chart_does_not_know() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    closed = [one for one in objects(schema) if "properties" in one]
    assert len(closed) > 5
    assert all(one.get("additionalProperties") is False for one in closed)


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """Every schema of an object, however deep."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for child in schema.values():
            yield from objects(child)
    elif isinstance(schema, list):
        for child in schema:
            yield from objects(child)
