"""When a child counts as applied."""

from __future__ import annotations

from typing import Any

import pytest

from leeboard.engine.applied import Applied

Raw = dict[str, Any]
DESIRED: Raw = {"kind": "Deployment", "metadata": {"name": "d", "namespace": "ml"}, "spec": {"replicas": 1}}


def live(version: str = "10", **changes: Any) -> Raw:
    metadata = {**DESIRED["metadata"], "uid": "u", "resourceVersion": version, "generation": 1, "labels": {"a": "b"}}
    return {**DESIRED, "metadata": metadata | changes.pop("metadata", {}), **changes}


@pytest.fixture
def applied() -> Applied:
    known = Applied()
    known.remember(DESIRED, live())
    return known


def test_what_was_never_applied_or_is_not_there_is_not_current(applied: Applied) -> None:
    assert not Applied().is_current(DESIRED, live())
    assert not applied.is_current(DESIRED, None)


@pytest.mark.parametrize(
    "seen",
    [
        live(),
        live("11", status={"readyReplicas": 1}),
        live("12", metadata={"generation": 2, "managedFields": [{"manager": "somebody"}]}),
        live("13", metadata={"annotations": {"deployment.kubernetes.io/revision": "2"}}),
    ],
)
def test_what_its_controller_writes_is_no_change(applied: Applied, seen: Raw) -> None:
    assert applied.is_current(DESIRED, seen)
    assert applied.is_current(DESIRED, seen), "and stays none"


@pytest.mark.parametrize(
    "seen",
    [
        live("11", spec={"replicas": 2}),
        live("11", metadata={"labels": {}}),
        live("11", metadata={"annotations": {"a": "b"}}),
        live("11", metadata={"uid": "another"}),
    ],
)
def test_what_somebody_changed_is_applied_again(applied: Applied, seen: Raw) -> None:
    assert not applied.is_current(DESIRED, seen)
    assert applied.is_current(DESIRED, live("12")), "unless it was put back"


def test_another_wish_is_applied(applied: Applied) -> None:
    assert not applied.is_current({**DESIRED, "spec": {"replicas": 3}}, live())
