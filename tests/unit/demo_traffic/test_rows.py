"""From a parquet file to Open Inference Protocol v2."""

import json

import numpy as np
import pandas as pd
import pytest

from e2e.demo.traffic.rows import read_rows


def written(tmp_path, **columns):
    path = tmp_path / "rows.parquet"
    pd.DataFrame(columns).to_parquet(path)
    return path


def test_every_type_has_its_datatype_and_missing_values_are_null(tmp_path) -> None:
    path = written(
        tmp_path,
        temp=[1.5, np.nan, -3.0],
        distance=np.array([200, 300, 400], dtype=np.int32),
        weekend=[True, False, True],
        carrier=["UA", None, "Ünï"],
        origin=pd.Categorical(["EWR", "JFK", None]),
        delayed=pd.array([True, None, False], dtype="boolean"),
        seats=pd.array([1, None, 3], dtype="Int64"),
        split=["train", "test", "test"],
        label=[0, 1, 0],
    )
    body = json.loads(read_rows(path).request("r-0", 0, 3))
    assert body["id"] == "r-0"
    assert {one["name"]: (one["datatype"], one["data"]) for one in body["inputs"]} == {
        "temp": ("FP64", [1.5, None, -3.0]),
        "distance": ("INT64", [200, 300, 400]),
        "weekend": ("BOOL", [True, False, True]),
        "carrier": ("BYTES", ["UA", None, "Ünï"]),
        "origin": ("BYTES", ["EWR", "JFK", None]),
        "delayed": ("BOOL", [True, None, False]),
        "seats": ("INT64", [1, None, 3]),
    }
    assert {tuple(one["shape"]) for one in body["inputs"]} == {(3,)}


def test_a_request_holds_its_own_rows_and_labels_carry_their_ids(tmp_path) -> None:
    rows = read_rows(written(tmp_path, x=[0.0, 1.0, 2.0, 3.0], label=[0.0, 1.0, np.nan, 1.0]))
    assert json.loads(rows.request("r-1", 1, 3))["inputs"][0]["data"] == [1.0, 2.0]
    assert rows.feedback("r-1", 1, 4) == [{"id": "r-1/0", "label": 1}, {"id": "r-1/2", "label": 1}]
    assert rows.feedback("r-2", 3, 4) == [{"id": "r-2", "label": 1}]


def test_rows_go_out_in_the_order_of_time(tmp_path) -> None:
    times = pd.to_datetime(["2013-01-03", "2013-01-01", "2013-01-02"])
    body = json.loads(read_rows(written(tmp_path, time=times, x=[3.0, 1.0, 2.0])).request("r", 0, 3))
    assert [(one["name"], one["data"]) for one in body["inputs"]] == [("x", [1.0, 2.0, 3.0])]


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"x": [np.inf]}, "infinite"),
        ({"x": pd.to_datetime(["2013-01-01"])}, "no datatype"),
        ({"x": [1.0], "label": [2]}, "label of 2"),
        ({"label": [1]}, "no inputs"),
        ({"x": np.empty(0)}, "no rows"),
    ],
)
def test_what_cannot_be_sent_is_an_error(tmp_path, columns, says) -> None:
    with pytest.raises(ValueError, match=says):
        read_rows(written(tmp_path, **columns))


def test_what_is_no_parquet_is_an_error(tmp_path) -> None:
    (tmp_path / "rows.parquet").write_text("a,b")
    with pytest.raises(ValueError, match=r"rows\.parquet"):
        read_rows(tmp_path / "rows.parquet")
    with pytest.raises(FileNotFoundError):
        read_rows(tmp_path / "absent.parquet")
