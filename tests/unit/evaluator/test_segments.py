"""What profile.json has of segments, made of a reference."""

import json

import numpy as np
import pandas as pd
import pytest

from leeboard.evaluator.columns import as_served, inputs_of
from leeboard.evaluator.drift_figures import Profile
from leeboard.evaluator.profile import make_profile
from leeboard.evaluator.segments import LEAST_ROWS, Scored, add_segments
from leeboard.stats.coarse import coarse_bins
from leeboard.stats.distributions import count_values, from_profile
from leeboard.stats.segments import MOST_INPUTS, MOST_VALUES

ROWS = 12_000
GENERATOR = np.random.default_rng(1)
CARRIERS = np.array(["AA", "B6", "UA"], dtype=object)


def frame(**more):
    carrier = GENERATOR.choice(np.append(CARRIERS, None), ROWS, p=[0.5, 0.3, 0.19, 0.01])
    wind = GENERATOR.gamma(4, 3, ROWS)
    wind[GENERATOR.random(ROWS) < 0.05] = np.nan
    columns = {"wind": wind, "month": GENERATOR.integers(1, 13, ROWS), "night": GENERATOR.random(ROWS) < 0.2}
    return pd.DataFrame({"carrier": carrier, **columns, **more})


def profiled(table, *segments, importance=None):
    inputs = inputs_of(table)
    served = as_served(table, inputs)
    scored = Scored(np.linspace(0, 1, len(table))[::3], np.arange(len(table)) % 3 == 0)
    profile = make_profile(served, inputs, scored.scores, "probability")
    for one in profile["features"]:
        if importance and one["name"] in importance:
            one["importance"] = importance[one["name"]]
    add_segments(profile, served, inputs, segments, scored)
    return profile


def test_every_input_is_counted_within_every_value():
    table = frame()
    profile = profiled(table, "carrier", "month")
    by_carrier, by_month = profile["segments"]
    assert by_carrier["values"] == ["AA", "B6", "UA"]
    assert by_month["values"] == [float(month) for month in range(1, 13)]
    assert [one["name"] for one in by_carrier["features"]] == ["wind", "month", "night"]
    assert [one["name"] for one in by_month["features"]] == ["carrier", "wind", "night"]
    of_whole = {one["name"]: one for one in profile["features"]}
    for segment, value in enumerate(["AA", "B6", "UA", None]):
        mine = table["carrier"] == value if value else ~table["carrier"].isin(CARRIERS)
        assert by_carrier["rows"][segment] == mine.sum()
        for one in by_carrier["features"]:
            values = table[one["name"]][mine].to_numpy(dtype=np.float64)
            bins = coarse_bins(from_profile(of_whole[one["name"]]))
            alone = count_values(one["name"], bins, values)
            assert set(one["edges"]) <= set(of_whole[one["name"]]["edges"])
            assert (one["counts"][segment], one["missing"][segment]) == (alone.counts.tolist(), alone.missing)
    parsed = Profile.parse(json.dumps(profile).encode())
    assert [one.feature for one in parsed.segments] == ["carrier", "month"]
    assert parsed.segments[1].texts[:2] == ("1", "2")


def test_predictions_are_counted_within_every_value_of_the_rows_that_were_scored():
    table = frame()
    profile = profiled(table, "carrier")
    (found,) = profile["segments"]
    predicted, bins = found["prediction"], coarse_bins(from_profile(profile["prediction"]))
    assert predicted["edges"] == list(bins.edges)
    scores, carrier = np.linspace(0, 1, ROWS)[::3], table["carrier"].iloc[::3]
    for segment, value in enumerate(["AA", "B6", "UA", None]):
        mine = (carrier == value if value else ~carrier.isin(CARRIERS)).to_numpy()
        assert predicted["rows"][segment] == mine.sum() < found["rows"][segment]
        assert predicted["counts"][segment] == count_values("p", bins, scores[mine]).counts.tolist()
    (parsed,) = Profile.parse(json.dumps(profile).encode()).segments
    assert parsed.of_scores.counted.inputs[0].name == "probability"
    assert parsed.of_scores.values == parsed.values


def test_without_segments_a_profile_is_as_it_was():
    table = frame()
    profile = profiled(table)
    assert "segments" not in profile
    assert Profile.parse(json.dumps(profile).encode()).segments == ()


@pytest.mark.parametrize(
    ("segment", "why"),
    [
        ("carier", "is no input of this version"),
        ("wind", "different numbers in the reference, and 50 are the most"),
        ("id", "has no value with 200 rows in the reference"),
    ],
)
def test_an_input_that_can_have_no_segments_says_why(segment, why):
    table = frame(id=[f"flight-{number}" for number in range(ROWS)])
    (found,) = profiled(table, segment)["segments"]
    assert why in found["refused"]
    assert (found["feature"], found["values"], found["rows"], found["features"]) == (segment, [], [ROWS], [])
    assert Profile.of(profiled(table, segment)).segments[0].refused == found["refused"]


def test_the_most_frequent_values_are_kept_and_rare_ones_are_not():
    sizes = [LEAST_ROWS - 1, *range(LEAST_ROWS, LEAST_ROWS + MOST_VALUES + 5)]
    values = np.repeat([f"v{number:02}" for number in range(len(sizes))], sizes).astype(object)
    table = pd.DataFrame({"tail": values, "x": np.arange(len(values), dtype=float)})
    (found,) = profiled(table, "tail")["segments"]
    assert found["values"] == [f"v{number:02}" for number in range(6, 26)]
    assert found["rows"][-1] == sum(sizes[:6])


def test_a_segment_takes_no_more_than_ten_kilobytes_an_input():
    rows = 200_000
    generator = np.random.default_rng(3)
    lumps = np.concatenate([np.repeat(np.arange(19.0) / 7, 10_000), generator.normal(size=rows - 190_000)])
    table = pd.DataFrame(
        {
            "tail": generator.integers(0, 20, rows).astype(str),
            "smooth": generator.normal(size=rows),
            "lumps": generator.permutation(lumps),
            "text": generator.choice([f"{number:03}" + "x" * 120 for number in range(40)], rows),
        }
    )
    (found,) = profiled(table, "tail")["segments"]
    sizes = {one["name"]: len(json.dumps(one, separators=(",", ":"))) for one in found["features"]}
    assert len(found["values"]) == MOST_VALUES
    assert max(sizes.values()) <= 10_000
    assert len(json.dumps(found["prediction"], separators=(",", ":"))) <= 10_000
    assert sizes["smooth"] < 3_000


def test_of_many_inputs_those_count_that_the_model_rests_on():
    rows = 500
    columns = {f"x{number:03}": np.arange(rows) % 7 for number in range(MOST_INPUTS + 20)}
    table = pd.DataFrame({"carrier": np.repeat(["AA", "UA"], rows // 2), **columns})
    important = {f"x{number:03}": 0.01 for number in range(15, MOST_INPUTS + 20)}
    (found,) = profiled(table, "carrier", importance=important)["segments"]
    assert [one["name"] for one in found["features"]] == [*list(columns)[:0], *sorted(important)][:MOST_INPUTS][:100]
    (plain,) = profiled(table, "carrier")["segments"]
    assert (
        len(plain["features"]) == MOST_INPUTS - 1
    )  # the carrier is one of the first hundred, and is not told by itself
