"""Logged rows beside recomputed ones: from files in storage to a verdict."""

import io
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.evaluator.columns import as_served
from leeboard.evaluator.requests import parse_recomputed
from leeboard.kube.resources import DRIFT_MONITOR
from leeboard.planning.drift.verdict import judge
from tests.support.trained import flights
from tests.unit.evaluator.test_labelling import log
from tests.unit.evaluator.test_service import INPUTS, new_world

ROWS = 600


@pytest.fixture
def world(tmp_path):
    """Six hundred logged rows of a window, and a monitor that looks for skew."""
    world = new_world(tmp_path)
    world.frame = flights(ROWS, 3)
    world.window("v1", "a", 5, world.frame)
    world.kube.live("Model", "late-flights")["spec"]["serving"] = {"logging": {"sampleRate": "1"}}
    spec = world.kube.live("DriftMonitor", "late-flights")["spec"]
    spec["checks"] = [{"type": "TrainServeSkew", "maxPercent": "1"}]
    spec["features"] = {"exclude": []}
    log(world, world.frame, 0)
    return world


def recompute(world, name="a", rows=None, **columns):
    """A team's file: the inputs as they should have been."""
    frame = as_served(world.frame, INPUTS).assign(id=[f"r{n}" for n in range(ROWS)], **columns)
    frame = frame if rows is None else frame.iloc[rows]
    data = io.BytesIO()
    frame.to_parquet(data, index=False)
    world.put(f"observations/v1/recomputed/{name}.parquet", data.getvalue())


def found(world):
    evaluation = world.evaluation(DRIFT_MONITOR)
    document = json.loads(json.dumps(world.kube.live("DriftMonitor", "late-flights")))
    return evaluation["skew"], judge(DriftMonitor.parse(document), "v1", world.now)


def test_what_is_computed_alike_is_stable(world):
    recompute(world)
    skew, verdict = found(world)
    assert skew["rows"] == ROWS
    assert {one["name"]: one["value"] for one in skew["features"]} == {one.name: "0" for one in INPUTS}
    assert verdict.verdict == "Stable"


def test_an_input_that_is_served_otherwise_is_named_and_how(world):
    right = as_served(world.frame, INPUTS)["temp"]
    recompute(world, temp=np.where(np.arange(ROWS) % 2, right / 1.2, right))
    _, verdict = found(world)
    assert [(one.subject, one.verdict) for one in verdict.drifted] == [("temp", "Drift")]
    assert verdict.drifted[0].shift == (
        "50 % of 600 rows differ from what is computed anew, typically 1.2 times as large"
    )
    recompute(world, temp=right / 1.2)
    world.now = world.now + pd.Timedelta(seconds=6)
    _, verdict = found(world)
    assert verdict.drifted[0].shift.endswith("typically 1.2 times as large")


def test_texts_and_missing_values_count_too(world):
    carrier = as_served(world.frame, INPUTS)["carrier"].to_numpy(dtype=object).copy()
    carrier[:200] = None
    wind = as_served(world.frame, INPUTS)["wind"].to_numpy(dtype=float).copy()
    wind[np.isfinite(wind)] = np.nan
    recompute(world, carrier=carrier, wind=wind)
    _, verdict = found(world)
    assert {one.subject for one in verdict.drifted} == {"carrier", "wind"}


def test_the_file_that_comes_last_counts_and_rows_that_nobody_logged_do_not(world):
    recompute(world, "2026-01-01", temp=0.0)
    recompute(world, "2026-01-02", rows=slice(0, 500))
    skew, _ = found(world)
    by_name = {one["name"]: one for one in skew["features"]}
    assert skew["rows"] == ROWS
    assert float(by_name["temp"]["value"]) == pytest.approx(100 * 100 / ROWS, abs=1e-4)


@pytest.mark.parametrize("case", ["no log", "no file", "other ids", "no column", "redacted"])
def test_what_cannot_be_told_says_why(world, case):
    model = world.kube.live("Model", "late-flights")["spec"]
    if case == "no log":
        model["serving"] = {}
    elif case == "other ids":
        frame = as_served(world.frame, INPUTS).assign(id="x")
        world.put("observations/v1/recomputed/a.parquet", _parquet(frame))
    elif case == "no column":
        world.put(
            "observations/v1/recomputed/a.parquet", _parquet(pd.DataFrame({"id": ["r1", "r2"], "wind": [1.0, 2.0]}))
        )
    elif case == "redacted":
        model["serving"]["logging"]["redact"] = ["temp"]
        recompute(world, temp=0.0)
    skew, verdict = found(world)
    if case == "redacted":
        assert "temp" not in {one["name"] for one in skew["features"]}
        assert verdict.verdict == "Stable"
        return
    assert verdict.verdict in {"Inconclusive", "Drift"}
    expected = {
        "no log": "the Model logs no requests",
        "no file": "no logged row of the window has its inputs computed anew",
        "other ids": "no logged row of the window has its inputs computed anew",
        "no column": "the recomputed rows lack it",
    }[case]
    assert any(one.shift.startswith(expected) and one.verdict == "Inconclusive" for one in verdict.findings)


def _parquet(frame):
    data = io.BytesIO()
    frame.to_parquet(data, index=False)
    return data.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PAR1" * 10,
        _parquet(pd.DataFrame({"x": [1]})),
    ],
    ids=["nothing", "no table", "no id"],
)
def test_a_file_that_is_none_is_refused(data):
    with pytest.raises(ValueError, match=r".+"):
        parse_recomputed(data)


def test_a_file_that_is_too_large_is_refused_before_it_is_read():
    data = io.BytesIO()
    pq.write_table(pa.table({"id": pa.nulls(3_000_000, pa.string())}), data)
    with pytest.raises(ValueError, match="3000000 rows of 1 columns"):
        parse_recomputed(data.getvalue())


def test_whole_numbers_are_ids_too():
    frame = parse_recomputed(_parquet(pd.DataFrame({"id": [7, 8], "x": [1.0, 2.0]})))
    assert frame["id"].tolist() == ["7", "8"]
