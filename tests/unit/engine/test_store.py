"""The store under events in any order, and what is told of the watches' age."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from leeboard.controllers.base import Key
from leeboard.engine.store import Store, newer
from leeboard.engine.watch_lag import WatchLag

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


def test_the_watch_lag_is_the_age_of_the_oldest_write_that_did_not_come_back() -> None:
    now = 0.0
    lag = WatchLag(lambda: now)
    lag.expect(job("10"))
    now = 30.0
    assert lag.lag() == 30.0
    lag.seen(job("9"))
    assert lag.lag() == 30.0
    lag.seen(job("12"))
    assert lag.lag() == 0.0
    lag.expect(job("11"))
    assert lag.lag() == 0.0
    lag.expect(job("13"))
    lag.forget(KEY)
    assert lag.lag() == 0.0
