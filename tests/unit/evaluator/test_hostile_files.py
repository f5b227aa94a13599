"""Windows and profiles as nobody's exporter writes them: each is read, or is a ValueError that says why."""

import copy
import gzip
import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from leeboard.evaluator.columns import as_served, inputs_of
from leeboard.evaluator.drift_figures import Profile
from leeboard.evaluator.event_times import EventTimes
from leeboard.evaluator.profile import make_profile
from leeboard.evaluator.segments import Scored, add_segments
from leeboard.evaluator.windows import Window, parse_window
from leeboard.stats.distributions import count_values, from_profile, numeric_bins, to_window
from tests.unit.evaluator.retention.exporters import window
from tests.unit.evaluator.test_segment_figures import scores_of, table

EXTENT = count_values("x", numeric_bins([0.0]), [-2.5, 7]).extent.document()
WINDOW = json.loads(gzip.decompress(window("p", 1)[1]))
WINDOW["features"][0] |= EXTENT
WINDOW["prediction"] |= EXTENT
JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(-(1 << 80), 1 << 80), st.floats(), st.text(max_size=4),
    st.just([]), st.just({}), st.just([[]]), st.lists(st.integers(), max_size=3), st.just({"a": 1}),
    st.just([1, "x"]), st.just([1e400]), st.just("9" * 5000), st.just("/" * 256), st.just(EXTENT["hyperLogLog"][4:]),
)  # fmt: skip
LARGEST_FEATURE = 10_000
"""Bytes of one feature."""


def document():
    rows = table(1500, 1)
    inputs, times = inputs_of(rows), 1_767_225_600 + 600 * np.arange(len(rows))
    served = as_served(rows, inputs)
    profile = make_profile(served, inputs, scores_of(rows), "p", times=EventTimes(times, times))
    add_segments(profile, served, inputs, ["carrier"], Scored(scores_of(rows), np.ones(len(rows), dtype=np.bool_)))
    profile["features"] = profile["features"][:2]
    return profile


PROFILE = document()


def places(raw, path=()):
    """The path of every value."""
    found = [path] if path else []
    for step, value in raw.items() if isinstance(raw, dict) else enumerate(raw) if isinstance(raw, list) else ():
        found += places(value, (*path, step))
    return found


def spoilt(raw, path, junk):
    made = copy.deepcopy(raw)
    place = made
    for step in path[:-1]:
        place = place[step]
    if junk is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = junk
    return made


CHANGES = st.one_of(JUNK, st.just(...))


@given(st.sampled_from(places(WINDOW)), CHANGES)
@settings(max_examples=600, deadline=None)
def test_a_window_in_which_anything_was_changed(path, junk):
    data = gzip.compress(json.dumps(spoilt(WINDOW, path, junk)).encode())
    try:
        assert isinstance(parse_window(data), Window)
    except ValueError as error:
        assert str(error)


PLACES = places(PROFILE)
EXTENTS = [one for one in PLACES if one[-1] in EXTENT]


def test_inputs_and_scores_of_the_profile_have_extents():
    assert {one[-1] for one in EXTENTS} == {"minimum", "maximum", "hyperLogLog"}
    assert ("prediction", "hyperLogLog") in EXTENTS


@given(st.sampled_from(PLACES) | st.sampled_from(EXTENTS), CHANGES)
@settings(max_examples=400, deadline=None)
def test_a_profile_in_which_anything_was_changed(path, junk):
    data = json.dumps(spoilt(PROFILE, path, junk)).encode()
    try:
        assert isinstance(Profile.parse(data), Profile)
    except ValueError as error:
        assert str(error)


@given(st.integers(0, 10**6), st.integers(0, 255), st.integers(0, 10**6))
@settings(max_examples=300, deadline=None)
def test_a_file_of_which_bytes_were_changed_or_cut(place, value, end):
    data = bytearray(window("p", 1)[1])
    data[place % len(data)] = value
    for made in (bytes(data), bytes(data[: end % len(data)])):
        try:
            parse_window(made)
        except ValueError as error:
            assert str(error)


def test_a_feature_of_a_window_and_of_a_profile_takes_no_more_than_ten_kilobytes():
    """The finest bins that there are, with counts as large as a year's."""
    generator = np.random.default_rng(1)
    values = np.repeat(generator.normal(size=119), 1000)
    bins = numeric_bins(values)
    assert bins.size > 200
    counted = count_values("an_input_with_a_rather_long_name", bins, values)
    year = to_window(counted) | {"counts": (counted.counts + 10**9).tolist()} | counted.extent.document()
    assert len(json.dumps(year, separators=(",", ":"))) <= LARGEST_FEATURE
    one = PROFILE["features"][1]
    whole = {name: part for name, part in one.items() if name != "seasons"}
    assert from_profile(whole).bins.size >= 100
    assert len(json.dumps(whole, separators=(",", ":"))) <= LARGEST_FEATURE
