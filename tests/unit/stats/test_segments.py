"""Segments as profiles and windows have them, from friends and from others."""

import copy
import json
from dataclasses import replace

import numpy as np
import pytest

from leeboard.stats.distributions import Bins
from leeboard.stats.segments import (
    MOST_INPUTS,
    MOST_VALUES,
    Counted,
    SegmentCounts,
    SegmentReference,
    distribution_in,
    of_profile,
    of_window,
    segments_of_profile,
    segments_of_window,
    to_profile,
    to_window,
)


def whole(*rows):
    return np.array(rows, dtype=np.int64)


COUNTED = SegmentCounts(
    "carrier",
    whole(10, 20, 5),
    (
        Counted("wind", whole([4, 5], [10, 5], [0, 5]), whole(1, 3, 0)),
        Counted("dest", whole([1, 0, 9], [20, 0, 0], [0, 0, 0]), whole(0, 0, 5)),
    ),
)
BINS = (Bins("Numeric", (1.5,)), Bins("Categorical", categories=("BOS", "SFO")))
REFERENCE = SegmentReference("carrier", ("AA", "UA"), COUNTED, BINS)


def same(a, b):
    return json.dumps(to_window(a)) == json.dumps(to_window(b))


def test_a_profile_and_a_window_are_read_as_they_were_written():
    found = of_profile(json.loads(json.dumps(to_profile(REFERENCE))))
    assert (found.feature, found.values, found.bins, found.refused) == ("carrier", ("AA", "UA"), BINS, "")
    assert same(found.counted, COUNTED)
    assert same(of_window(json.loads(json.dumps(to_window(COUNTED)))), COUNTED)
    assert segments_of_profile({}) == segments_of_window({}) == ()


def test_an_input_within_a_segment():
    found = distribution_in(COUNTED, 0, 1, BINS[0])
    assert (found.name, found.counts.tolist(), found.missing, found.infinite) == ("wind", [10, 5], 3, 2)
    assert found.missing_percent == 15


def test_windows_are_kept_small_and_add_up_to_large_numbers():
    (found,) = segments_of_window({"segments": [to_window(COUNTED)]})
    assert same(found, COUNTED)
    assert found.inputs[0].counts.dtype == np.uint8
    total = REFERENCE.empty()
    for _ in range(100):
        total.add(found)
    assert total.inputs[0].counts.tolist() == [[400, 500], [1000, 500], [0, 500]]
    large = SegmentCounts("carrier", whole(1 << 40, 0, 0), ())
    assert segments_of_window({"segments": [to_window(large)]})[0].rows.dtype == np.int64


def test_windows_add_up_on_the_same_bins_only():
    total = REFERENCE.empty()
    total.add(COUNTED)
    total.add(COUNTED)
    assert total.rows.tolist() == [20, 40, 10]
    assert total.inputs[0].counts.tolist() == [[8, 10], [20, 10], [0, 10]]
    assert COUNTED.rows.tolist() == [10, 20, 5]
    for other in (
        SegmentCounts("origin", COUNTED.rows, COUNTED.inputs),
        SegmentCounts("carrier", COUNTED.rows[:2], COUNTED.inputs),
        SegmentCounts("carrier", COUNTED.rows, COUNTED.inputs[::-1]),
        SegmentCounts("carrier", COUNTED.rows, COUNTED.inputs[:1]),
    ):
        assert not total.fits(other)


@pytest.mark.parametrize(
    ("values", "column", "codes", "texts"),
    [
        (("AA", "UA"), ["UA", "AA", "ZZ", None, ""], [1, 0, 2, 2, 2], ("AA", "UA")),
        ((0.0, 1.0), [True, False, True], [1, 0, 1], ("0", "1")),
        ((-1.0, 2.5), [2.5, -1, np.nan, np.inf, -np.inf, 3, 0], [1, 0, 2, 2, 2, 2, 2], ("-1", "2.5")),
        ((), [1.0, 2.0], [0, 0], ()),
    ],
)
def test_the_segment_of_every_row(values, column, codes, texts):
    reference = SegmentReference("x", values, COUNTED, BINS)
    found = reference.codes(np.array(column, dtype=object if None in column else None))
    assert (found.tolist(), reference.texts) == (codes, texts)


def changed(raw, path, value):
    document = copy.deepcopy(raw)
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return document


SCORES = SegmentCounts(
    "carrier", whole(8, 19, 0), (Counted("probability", whole([4, 4], [9, 9], [0, 0]), whole(0, 1, 0)),)
)
SCORED = replace(COUNTED, scores=SCORES)
SCORED_REFERENCE = replace(REFERENCE, counted=SCORED, score_bins=Bins("Numeric", (0.5,)))
WINDOW, PROFILE = to_window(SCORED), to_profile(SCORED_REFERENCE)
BAD_WINDOWS = {
    "no rows": (["rows"], []),
    "rows of no numbers": (["rows"], ["x", 1, 2]),
    "rows of rows": (["rows"], [[1, 2, 3]]),
    "fewer rows than values": (["rows"], [3, 20, 5]),
    "negative": (["features", 0, "counts"], [[4, -5], [10, 5], [0, 5]]),
    "absurd": (["features", 0, "counts"], [[4, 1 << 62], [10, 5], [0, 5]]),
    "too large for numpy": (["features", 0, "counts"], [[4, 1 << 70], [10, 5], [0, 5]]),
    "ragged": (["features", 0, "counts"], [[4], [10, 5], [0, 5]]),
    "flat": (["features", 0, "counts"], [4, 10, 0]),
    "other segments": (["features", 0, "missing"], [1, 3]),
    "too many bins": (["features", 0, "counts"], [[0] * 65] * 3),
    "too many values": (["rows"], [1] * (MOST_VALUES + 2)),
    "too many inputs": (["features"], [WINDOW["features"][0]] * (MOST_INPUTS + 1)),
    "nested": (["features"], {"a": 1}),
    "a text": (["features"], "abc"),
    "nothing": (["features"], None),
    "more scores than rows": (["prediction", "rows"], [11, 19, 0]),
    "more scores than scored rows": (["prediction", "counts"], [[4, 5], [9, 9], [0, 0]]),
    "scores of other segments": (["prediction"], {"name": "p", "rows": [1], "counts": [[1]], "missing": [0]}),
    "scores of no rows": (["prediction"], {"name": "p", "counts": [[0], [0], [0]], "missing": [0, 0, 0]}),
    "a number for scores": (["prediction"], 7),
    "negative scores": (["prediction", "missing"], [0, -1, 0]),
}
BAD_PROFILES = {
    "scores without edges": (["prediction", "edges"], None),
    "scores on other edges": (["prediction", "edges"], [0.1, 0.5]),
    "edges that fall": (["features", 0, "edges"], [2.0, 1.0]),
    "other edges than counts": (["features", 0, "edges"], [1.0, 2.0]),
    "no edges": (["features", 0, "edges"], None),
    "edges that are none": (["features", 0, "edges"], [float("nan")]),
    "fewer values": (["values"], ["AA"]),
    "values that do not rise": (["values"], ["UA", "AA"]),
    "one value twice": (["values"], ["AA", "AA"]),
    "values of two kinds": (["values"], ["AA", 1]),
    "infinite values": (["values"], [1, float("inf")]),
    "values that are none": (["values"], [None, None]),
}


@pytest.mark.parametrize(("path", "value"), BAD_WINDOWS.values(), ids=BAD_WINDOWS.keys())
def test_what_is_no_window_is_refused(path, value):
    with pytest.raises((ValueError, TypeError, KeyError, OverflowError)):
        of_window(changed(WINDOW, path, value))


@pytest.mark.parametrize(("path", "value"), BAD_PROFILES.values(), ids=BAD_PROFILES.keys())
def test_what_is_no_profile_is_refused(path, value):
    with pytest.raises((ValueError, TypeError, KeyError, OverflowError)):
        of_profile(changed(PROFILE, path, value))


def test_scores_are_read_as_they_were_written_and_older_documents_without_them():
    found = of_profile(json.loads(json.dumps(PROFILE)))
    assert to_profile(found) == PROFILE
    assert (found.of_scores.feature, found.of_scores.values, found.of_scores.bins) == (
        "carrier", ("AA", "UA"), (Bins("Numeric", (0.5,)),),
    )  # fmt: skip
    assert of_window(WINDOW).scores.rows.tolist() == [8, 19, 0]
    older_window, older_profile = (
        {name: part for name, part in raw.items() if name != "prediction"} for raw in (WINDOW, PROFILE)
    )
    assert of_window(older_window).scores is None
    assert of_profile(older_profile).of_scores is None
    assert to_profile(of_profile(older_profile)) == older_profile
    (small,) = segments_of_window({"segments": [WINDOW]})
    assert same(small, SCORED)
    assert small.scores.inputs[0].counts.dtype == np.uint8


def test_scores_add_up_where_both_have_them_and_keep_nothing_else_back():
    total = SCORED_REFERENCE.empty()
    assert total.fits(SCORED) and total.fits(COUNTED)
    for one in (SCORED, COUNTED, SCORED):
        total.add(one)
    assert total.rows.tolist() == [30, 60, 15]
    assert total.scores.rows.tolist() == [16, 38, 0]
    assert total.scores.inputs[0].counts.tolist() == [[8, 8], [18, 18], [0, 0]]
    other = replace(SCORES, inputs=(Counted("probability", whole([4], [18], [0]), whole(0, 1, 0)),))
    assert not total.fits(replace(SCORED, scores=other))
