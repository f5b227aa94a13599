"""The store under events in any order, and what is told of the watches' age."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from leeboard.controllers.base import Key
from leeboard.engine.store import Store, newer

KEY = Key("Job", "ml", "a")


def job(version: str, uid: str = "u1", **spec: Any) -> dict[str, Any]:
    metadata = {"name": "a", "namespace": "ml", "uid": uid, "resourceVersion": version, "managedFields": [1]}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}


@pytest.mark.parametrize(("a", "b", "expected"), [("10", "9", True), ("9", "10", False), ("5", "5", False)])
def test_resource_versions_are_numbers_of_any_length(a: str, b: str, expected: bool) -> None:
    assert newer(a, b) is expected


@pytest.mark.parametrize("order", list(permutations(["9", "10", "11"])))
def test_the_newest_version_wins_in_whatever_order_it_comes(order: tuple[str, ...]) -> None:
    store = Store()
    for version in order:
        store.put(job(version))
    assert store.list("Job", "ml") == [store.get(KEY)]
    kept = store.get(KEY)
    assert kept is not None
    assert kept["metadata"] == {"name": "a", "namespace": "ml", "uid": "u1", "resourceVersion": "11"}


def test_a_deleted_object_does_not_come_back_but_its_successor_may() -> None:
    store = Store()
    store.put(job("10"))
    store.remove(KEY, "u1")
    assert not store.put(job("11"))
    assert store.get(KEY) is None
    assert store.put(job("12", uid="u2"))
    store.remove(KEY, "u1")
    assert store.get(KEY) is not None
