"""The smallest and the largest number, and distinct values, by merging."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leeboard.stats.distributions import (
    Bins,
    categorical_bins,
    count_values,
    empty,
    from_profile,
    from_window,
    to_profile,
    to_window,
)
from leeboard.stats.extents import Extent, ExtentSum

ODD = st.sampled_from([math.nan, math.inf, -math.inf, 0.0, -0.0])
NUMBERS = st.lists(st.floats(-1e150, 1e150) | ODD, max_size=40)
BINS = Bins("Numeric", edges=(-1.0, 0.0, 10.0))
TEXT = Extent().document()["hyperLogLog"]


def counted(values):
    return count_values("x", BINS, np.array(values, dtype=np.float64))


def same(one, other):
    return json.dumps(one.document()) == json.dumps(other.document())


@given(NUMBERS, NUMBERS, NUMBERS)
@settings(derandomize=True, deadline=None)
def test_merging_is_counting_together_in_any_order(first, second, third):
    a, b, c = map(counted, (first, second, third))
    assert same(a.merge(b).extent, counted(first + second).extent)
    assert same(a.merge(b).extent, b.merge(a).extent)
    assert same(a.merge(b).merge(c).extent, a.merge(b.merge(c)).extent)
    assert same(empty(a).merge(a).extent, a.extent)


@given(NUMBERS)
@settings(derandomize=True, deadline=None)
def test_the_ends_are_those_of_the_finite_numbers(values):
    finite = [value for value in values if math.isfinite(value)]
    extent = counted(values).extent
    assert extent.has_numbers == bool(finite)
    if finite:
        assert (extent.minimum, extent.maximum) == (min(finite), max(finite))
    assert (round(extent.distinct.estimate) == 0) == (not finite)


@given(st.lists(NUMBERS, min_size=1, max_size=5))
@settings(derandomize=True, deadline=None)
def test_windows_add_up_to_what_was_counted_together(parts):
    total = ExtentSum()
    for part in parts:
        total.add(to_window(counted(part)))
    assert same(total.whole(), counted([value for part in parts for value in part]).extent)


def test_texts_have_no_ends():
    extent = count_values("c", categorical_bins(["UA"]), ["UA", "B6", None, "UA"]).extent
    assert not extent.has_numbers
    assert round(extent.distinct.estimate) == 2
    assert set(extent.document()) == {"hyperLogLog"}


@pytest.mark.parametrize("values", [[1.5, -7, math.inf], [math.nan], []])
def test_files_are_read_as_they_were_written(values):
    found = counted(values)
    profile = json.loads(json.dumps(to_profile(found)))
    window = json.loads(json.dumps(to_window(found) | {"counts": found.counts.tolist()} | found.extent.document()))
    assert same(from_profile(profile).extent, found.extent)
    assert same(from_window(window, found).extent, found.extent)


def without(raw):
    return {name: value for name, value in raw.items() if name not in {"minimum", "maximum", "hyperLogLog"}}


def test_what_one_part_does_not_tell_is_not_known_of_the_whole():
    """Of an exporter, or a version, of an earlier release. A part in which nothing was counted hides nothing."""
    older, idle = without(to_window(counted([3.0]))), without(to_window(counted([math.nan])))
    assert from_window(older, counted([])).extent is None
    assert counted([1.0]).merge(from_window(older, counted([]))).extent is None
    assert same(counted([1.0]).merge(from_window(idle, counted([]))).extent, counted([1.0]).extent)
    assert from_profile(without(to_profile(counted([3.0])))).extent is None
    for part, known in ((older, False), (idle, True)):
        total = ExtentSum()
        total.add(to_window(counted([1.0])))
        total.add(part)
        assert (total.whole() is not None) == known


@pytest.mark.parametrize(
    ("ends", "says"),
    [
        ({"minimum": 1}, "NoneType, not a number"),
        ({"minimum": 2, "maximum": 1}, "a minimum of 2.0 and a maximum of 1.0"),
        ({"minimum": math.nan, "maximum": 1}, "not finite"),
        ({"minimum": 0, "maximum": math.inf}, "not finite"),
        ({"minimum": "0", "maximum": 1}, "str, not a number"),
        ({"minimum": False, "maximum": True}, "bool, not a number"),
        ({"minimum": 0, "maximum": 10**400}, "no float64 holds"),
        ({"hyperLogLog": [1]}, "a text, not list"),
    ],
)
def test_what_cannot_be_one(ends, says):
    with pytest.raises(ValueError, match=says):
        Extent.parse({"hyperLogLog": TEXT} | ends, 1)
