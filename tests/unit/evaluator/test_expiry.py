"""Rows of requests that a Model keeps for a time: older files go, hour by hour, and nothing else does."""

import asyncio
from datetime import timedelta

import numpy as np
import pytest

from leeboard.evaluator import expiry
from leeboard.evaluator.expiry import EVERY_SECONDS, Expiry, expire
from leeboard.storage import StorageError, open_store
from leeboard_serving.exporter.logged_rows import Block, LoggedRows
from tests.unit.evaluator.test_service import NOW, new_world

KEPT = timedelta(days=30)
OLD, YOUNG = 40, 20


def rows(model="late-flights"):
    """A file of one row."""
    block = Block(np.array(["a"], dtype=object), np.zeros(1), np.zeros(1), {"x": np.zeros(1)})
    return LoggedRows(model, 0, 1, [block]).data()


def key(days, version="v1", kind="requests", suffix="parquet"):
    """A file of an hour that ended `days` before now."""
    end = int((NOW - timedelta(days=days)).timestamp() * 1000)
    return f"observations/{version}/{kind}/pod/{end - 3_600_000}-{end}.{suffix}"


@pytest.fixture
def store(tmp_path):
    found = open_store(f"file://{tmp_path}/", environment={})
    for version in ("v1", "v0", "gone"):
        for days in (OLD, YOUNG):
            found.put(key(days, version), rows())
            found.put(key(days, version, "windows", "json.gz"), b"x")
    for other in ("observations/v1/requests/pod/notes.parquet", "observations/v1/labelling/m/e.parquet"):
        found.put(other, b"x")
    return found


def keys(store, part="/requests/"):
    return [entry.key for entry in store.list() if part in entry.key]


def test_old_rows_of_every_version_go_and_nothing_else(store):
    windows, labelling = keys(store, "/windows/"), keys(store, "/labelling/")
    assert expire(store, "late-flights", KEPT, NOW) == 3
    left = [key(YOUNG, "gone"), key(YOUNG, "v0"), key(YOUNG), "observations/v1/requests/pod/notes.parquet"]
    assert keys(store) == left
    assert (keys(store, "/windows/"), keys(store, "/labelling/")) == (windows, labelling)
    assert expire(store, "late-flights", KEPT, NOW) == 0


def test_rows_of_another_model_in_the_same_folder_stay(store):
    store.put(key(OLD, "of-another"), rows("another"))
    store.put(key(OLD, "of-nobody"), b"no Parquet")
    assert expire(store, "late-flights", KEPT, NOW) == 3
    assert {key(OLD, "of-another"), key(OLD, "of-nobody")} <= set(keys(store))
    assert expire(store, "another", KEPT, NOW) == 1


def test_a_file_that_cannot_be_read_goes_with_those_beside_it(store):
    store.put(key(OLD + 1), b"no Parquet")
    assert expire(store, "late-flights", KEPT, NOW) == 4


def test_many_go_in_parts(store, monkeypatch):
    monkeypatch.setattr(expiry, "MOST_AT_ONCE", 2)
    assert [expire(store, "late-flights", KEPT, NOW) for _ in range(3)] == [2, 1, 0]


@pytest.mark.parametrize(
    ("logging", "left"),
    [({"sampleRate": "1", "retain": "30d"}, 1), ({"sampleRate": "1"}, 2), (None, 2)],
    ids=["kept for a time", "kept for ever", "no log"],
)
def test_a_round_deletes_what_the_model_does_not_keep(tmp_path, logging, left):
    world = new_world(tmp_path)
    world.put(key(OLD), rows())
    world.put(key(YOUNG), rows())
    if logging is not None:
        world.kube.live("Model", "late-flights")["spec"]["serving"] = {"logging": logging}
    asyncio.run(world.rounds.run())
    assert len(list((tmp_path / "observations/v1/requests/pod").iterdir())) == left


def test_an_hour_lies_between_two_looks_and_a_failure_costs_no_figures(tmp_path, monkeypatch):
    clock = [0.0]
    world = new_world(tmp_path)
    world.rounds.expiry = Expiry(lambda: clock[0])
    world.kube.live("Model", "late-flights")["spec"]["serving"] = {"logging": {"sampleRate": "1", "retain": "30d"}}
    looks = []

    def failing(*_):
        looks.append(clock[0])
        raise StorageError("StorageForbidden", "no deleting here") if len(looks) == 1 else ZeroDivisionError

    monkeypatch.setattr("leeboard.evaluator.expiry.expire", failing)
    for seconds in (0, 10, EVERY_SECONDS - 1, EVERY_SECONDS, EVERY_SECONDS + 1):
        clock[0] = seconds
        asyncio.run(world.rounds.run())
    assert looks == [0, EVERY_SECONDS]
    assert "versions" in world.kube.live("Model", "late-flights")["status"]["evaluation"]
    assert world.rounds.metrics._failed.labels("Model", "StorageForbidden")._value.get() == 1
    assert world.rounds.metrics._failed.labels("Model", "EvaluationFailed")._value.get() == 1
