"""When the rows of a reference were, however that is written; what cannot be read is named."""

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from leeboard.evaluator.columns import inputs_of
from leeboard.evaluator.event_times import EventTimes, event_seconds
from leeboard.evaluator.failures import EvaluationError

BASE = int(dt.datetime(2026, 1, 5, tzinfo=dt.UTC).timestamp())
TEXTS = ["2026-01-05T00:00:00Z", "2026-01-05T01:00:00.5+01:00"]
BERLIN = pd.ArrowDtype(pa.timestamp("us", "Europe/Berlin"))


def column(values):
    return pd.Series(values, name="event_timestamp")


@pytest.mark.parametrize(
    "values",
    [
        TEXTS,
        pd.array(TEXTS, dtype="string[pyarrow]"),
        pd.Categorical(TEXTS),
        pd.to_datetime(TEXTS, utc=True, format="ISO8601"),
        pd.to_datetime(TEXTS, utc=True, format="ISO8601").as_unit("us").tz_localize(None),
        pd.Series(pd.to_datetime(TEXTS, utc=True, format="ISO8601")).astype(BERLIN),
        ["2026-01-05 00:00:00", "2026-01-05"],
        [dt.datetime(2026, 1, 5), dt.datetime(2026, 1, 5, 1, tzinfo=dt.timezone(dt.timedelta(hours=1)))],  # noqa: DTZ001
        pd.array([dt.date(2026, 1, 5)] * 2, dtype=pd.ArrowDtype(pa.date32())),
        [BASE, BASE],
        [float(BASE), BASE + 0.5],
        pd.array([BASE, BASE], dtype="Int64"),
    ],
)
def test_times_however_they_are_written(values):
    found = event_seconds(column(values))
    assert found.dtype == np.int64
    assert found.tolist() == [BASE, BASE]


@pytest.mark.parametrize(
    ("values", "row"),
    [
        ([TEXTS[0], None], 1),
        (["soon"], 0),
        ([BASE, BASE * 1000], 1),
        ([float(BASE), float("nan")], 1),
        (pd.array([BASE, None], dtype="Int64"), 1),
        ([True], 0),
        ([TEXTS[0], 3.5], 1),
        ([[1]], 0),
        ([{}], 0),
        ([str(BASE)], 0),
        (pd.to_datetime([TEXTS[0], None], format="ISO8601"), 1),
        ([pd.Timedelta(1)], 0),
    ],
)
def test_what_is_no_time_is_named_with_its_row(values, row):
    with pytest.raises(EvaluationError, match=f"row {row} of event_timestamp of the reference has no time"):
        event_seconds(column(values))


def test_it_is_no_input_and_scores_have_the_times_of_their_rows():
    table = pd.DataFrame({"x": [1.0, 2.0], "label": [0, 1], "event_timestamp": TEXTS})
    assert [one.name for one in inputs_of(table)] == ["x"]
    times = EventTimes.of(table, np.array([False, True]))
    assert (times.rows.tolist(), times.scored.tolist()) == ([BASE, BASE], [BASE])
    assert EventTimes.of(table[["x"]], np.array([True, True])) is None
