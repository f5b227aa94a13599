"""Which version MODEL or MODEL/VERSION means, and what is said where there is none."""

from typing import Any

import pytest

from leeboard.cli.errors import CommandError
from leeboard.cli.lineage.target import resolve
from tests.support.examples import put
from tests.unit.cli import registry
from tests.unit.cli.registry import FIRST, NEXT, SECOND, THIRD


def resolved(target: str, **changed: Any) -> str:
    return resolve(target, registry.objects(**changed), "ml").metadata.name


def refused(target: str, **changed: Any) -> tuple[str, str]:
    with pytest.raises(CommandError) as error:
        resolved(target, **changed)
    return error.value.message, error.value.hint


def test_a_model_means_its_champion() -> None:
    assert resolved("late-flights") == THIRD


def test_a_version_is_found_by_its_name_and_by_its_run() -> None:
    assert resolved(f"late-flights/{FIRST}") == FIRST
    assert resolved("late-flights/b8d2905e4c") == SECOND


def test_a_version_is_found_without_its_model() -> None:
    assert resolved(f"late-flights/{FIRST}", models=[]) == FIRST


@pytest.mark.parametrize("target", ["", "/", "late-flights/", "/5a3e91c07d"])
def test_what_names_neither(target: str) -> None:
    assert refused(target)[0] == f"{target!r} is neither MODEL nor MODEL/VERSION"


def test_no_such_model_says_which_there_are() -> None:
    models = [put(registry.model(), "metadata.name", f"model-{number:02}") for number in range(12)]
    message, hint = refused("late-trains", models=models)
    assert message == "there is no Model late-trains in namespace ml"
    assert hint == f"there are: {', '.join(f'model-{number:02}' for number in range(10))} and 2 more"
    assert refused("late-trains", models=[])[1] == "there is none at all; check --namespace"
    assert refused("late-trains/v1")[0] == message


def test_a_version_in_the_models_place() -> None:
    message, hint = refused(SECOND)
    assert message == f"there is no Model {SECOND} in namespace ml"
    assert hint == f"{SECOND} is a version: leeboard lineage late-flights/{SECOND}"


def test_a_model_that_is_gone_leaves_its_versions() -> None:
    message, hint = refused("late-flights", models=[])
    assert message == "there is no Model late-flights in namespace ml any more"
    assert hint.endswith(f"leeboard lineage late-flights/{NEXT}")


def test_no_such_version_says_which_there_are() -> None:
    message, hint = refused("late-flights/v9")
    assert message == "late-flights has no version v9 in namespace ml"
    assert all(name in hint for name in (FIRST, SECOND, THIRD, NEXT))


def test_a_model_without_a_champion_says_why() -> None:
    condition = {"type": "Ready", "status": "False", "reason": "NoVersion", "message": "no version may serve"}
    model = registry.model() | {"status": {"conditions": [condition]}}
    message, hint = refused("late-flights", models=[model])
    assert message == "late-flights has no champion: no version may serve"
    assert hint.startswith(f"versions: {NEXT}, {THIRD}")
    untouched = put(registry.model(), "status", None)
    assert refused("late-flights", models=[untouched], versions=[]) == (
        "late-flights has no champion",
        "late-flights has no versions yet",
    )


def test_a_champion_that_was_deleted() -> None:
    versions = registry.versions()
    del versions[THIRD]
    message, hint = refused("late-flights", versions=list(versions.values()))
    assert message == f"the champion of late-flights, {THIRD}, is not in the registry any more"
    assert SECOND in hint
