"""QueueLabeling carried out: from the request log of an episode's window to a file of rows, written once."""

import asyncio
import io
from datetime import timedelta

import numpy as np
import pyarrow.parquet as pq
import pytest

from leeboard.evaluator.columns import as_served, values_of
from leeboard.kube.resources import DRIFT_MONITOR
from leeboard_serving.exporter.logged_rows import Block, LoggedRows
from tests.support.trained import flights
from tests.unit.evaluator.test_service import INPUTS, NOW, chance, new_world

KEY = "observations/v1/labelling/late-flights/e1.parquet"
ASKED = {"reason": "LabelingRequested", "most": 100, "inputs": ["temp"]}


@pytest.fixture
def drifted(tmp_path):
    """A window in which half of the flights are of a warmer day, and an episode that asks for labels."""
    world = new_world(tmp_path)
    world.calm, world.warm = flights(1000, 3), flights(1000, 4, warmer=20)
    world.window("v1", "a", 5, world.calm)
    world.window("v1", "b", 5, world.warm)
    model = world.kube.live("Model", "late-flights")
    model["spec"]["serving"] = {"logging": {"sampleRate": "1"}}
    monitor = world.kube.live("DriftMonitor", "late-flights")
    monitor["status"]["episode"] = {
        "id": "e1", "version": "v1", "startedAt": "2026-01-01T11:59:00Z", "labelling": dict(ASKED)
    }  # fmt: skip
    world.monitor, world.model = monitor, model
    return world


def log(world, frame, first, *, ago=6, without=()):
    served = as_served(frame, INPUTS)
    inputs = {one.name: values_of(served, one) for one in INPUTS if one.name not in without}
    time = (world.now - timedelta(seconds=ago)).timestamp()
    ids = np.array([f"r{first + n}" for n in range(len(frame))], dtype=object)
    rows = LoggedRows("late-flights", 0, 1, [Block(ids, np.full(len(frame), time), chance(frame), inputs)])
    end = int((world.now - timedelta(seconds=ago - 1)).timestamp() * 1000)
    world.put(f"observations/v1/requests/a/{end - 10_000 - first}-{end}.parquet", rows.data())


def told(world, **later):
    world.now += timedelta(seconds=later.get("later", 0))
    return world.evaluation(DRIFT_MONITOR).get("labelling")


def chosen(world):
    return pq.read_table(io.BytesIO((world.root / KEY).read_bytes())).to_pandas()


def test_rows_near_the_boundary_and_rows_that_drift_brought(drifted):
    log(drifted, drifted.calm, 0)
    log(drifted, drifted.warm, 1000)
    assert told(drifted) == {"episode": "e1", "key": KEY, "rows": 100}
    rows = chosen(drifted)
    assert list(rows.columns)[:4] == ["id", "time", "score", "why"]
    assert set(rows.columns[4:]) == {one.name for one in INPUTS}
    assert rows["why"].value_counts().to_dict() == {"uncertain": 50, "drift": 50}
    unsure, brought = rows[rows["why"] == "uncertain"], rows[rows["why"] == "drift"]
    scores = np.concatenate([chance(drifted.calm), chance(drifted.warm)])
    assert np.abs(unsure["score"] - 0.5).max() <= np.sort(np.abs(scores - 0.5))[49]
    assert (brought["id"].str[1:].astype(int) >= 1000).mean() > 0.8
    assert brought["temp"].median() > drifted.calm["temp"].max() - 10
    source = dict(enumerate(as_served(drifted.calm, INPUTS).to_dict("records")))
    for row in rows[rows["id"].str[1:].astype(int) < 1000].to_dict("records"):
        expected = source[int(row["id"][1:])]
        assert {name: row[name] for name in expected} == pytest.approx(expected, nan_ok=True)


def test_once_an_episode_whatever_is_lost_and_whatever_comes_later(drifted):
    log(drifted, drifted.warm, 0)
    first = told(drifted)
    data = (drifted.root / KEY).read_bytes()
    log(drifted, drifted.warm, 5000, ago=0)
    drifted.window("v1", "c", -5, drifted.warm)
    assert told(drifted, later=6) == first
    del drifted.monitor["status"]["evaluation"]  # another evaluator, or a write that failed
    assert told(drifted, later=6) == first
    drifted.monitor["status"]["evaluation"] = {"error": {}}
    drifted.monitor["status"]["episode"]["labelling"] |= {"reason": "LabelingQueued", "key": KEY, "rows": 100}
    drifted.monitor["status"]["episode"]["endedAt"] = "2026-01-01T12:01:00Z"
    assert told(drifted, later=6) == first
    assert (drifted.root / KEY).read_bytes() == data


def test_rows_with_a_label_and_those_of_other_times_are_left_out(drifted):
    log(drifted, drifted.calm[:10], 0)
    log(drifted, drifted.calm[:10], 0, ago=7)  # the same requests, sent again
    log(drifted, drifted.calm[10:20], 10)
    log(drifted, drifted.calm[20:30], 20, ago=85)
    drifted.table("v1", "a", 1, label=[1] * 10, first=5)
    assert told(drifted)["rows"] == 10
    assert sorted(chosen(drifted)["id"]) == sorted(f"r{n}" for n in (*range(5), *range(15, 20)))


def test_a_regression_has_no_boundary(drifted):
    drifted.model["spec"]["prediction"]["task"] = "Regression"
    log(drifted, drifted.calm, 0)
    log(drifted, drifted.warm, 1000)
    assert told(drifted)["rows"] == 100
    assert set(chosen(drifted)["why"]) == {"drift"}


@pytest.mark.parametrize("without", [("temp",), tuple(one.name for one in INPUTS)])
def test_inputs_that_are_redacted_cannot_be_gone_by(drifted, without):
    log(drifted, drifted.warm, 0, without=without)
    assert told(drifted)["rows"] == 100
    assert set(chosen(drifted)["why"]) == {"uncertain"}


def test_without_drifted_inputs_all_of_them_and_the_score_count(drifted):
    drifted.monitor["status"]["episode"]["labelling"] = ASKED | {"inputs": []}
    log(drifted, drifted.warm, 0, without=("temp", "wind", "carrier", "distance"))
    assert told(drifted)["rows"] == 100
    assert "drift" in set(chosen(drifted)["why"])


def test_an_empty_log_is_told_and_looked_at_again(drifted):
    empty = told(drifted)
    assert empty["error"]["reason"] == "RequestLogMissing"
    drifted.monitor["status"]["episode"]["labelling"]["reason"] = "RequestLogMissing"
    drifted.window("v1", "c", -5, drifted.warm)
    drifted.now += timedelta(seconds=6)
    log(drifted, drifted.warm, 0, ago=2)
    assert told(drifted)["rows"] == 100


def test_nothing_is_chosen_where_nothing_is_asked(drifted):
    log(drifted, drifted.warm, 0)
    episode = drifted.monitor["status"]["episode"]
    cases = [
        {"episode": None},
        {"episode": {key: value for key, value in episode.items() if key != "labelling"}},
        {"episode": episode | {"endedAt": "2026-01-01T12:00:00Z"}},
        {"episode": episode | {"version": "v0"}},
    ]
    for status in cases:
        drifted.monitor["status"] = status
        assert told(drifted, later=6) is None
    drifted.monitor["status"] = {"episode": episode}
    drifted.model["spec"]["serving"] = {}
    assert told(drifted, later=6) is None
    assert not (drifted.root / KEY).exists()


def test_figures_do_not_wait_for_rows_that_cannot_be_written(drifted):
    log(drifted, drifted.warm, 0)
    (drifted.root / "observations/v1/labelling").write_text("in the way")
    found = drifted.evaluation(DRIFT_MONITOR)
    assert "labelling" not in found
    assert found["rows"] == 2000
    (drifted.root / "observations/v1/labelling").unlink()
    drifted.now = NOW + timedelta(seconds=6)
    asyncio.run(drifted.rounds.run())
    assert drifted.monitor["status"]["evaluation"]["labelling"]["rows"] == 100
