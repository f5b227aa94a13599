"""Counts by segment, against those of every segment by itself."""

import gzip
import json

import numpy as np
import pytest

from leeboard.evaluator.drift_figures import Profile, observe
from leeboard.evaluator.segment_figures import observe_segments
from leeboard.evaluator.windows import parse_window
from leeboard.stats.coarse import coarse_bins
from leeboard.stats.distributions import count_values, from_profile
from leeboard.stats.segments import Counted, SegmentCounts, SegmentReference, to_profile
from leeboard_serving.exporter.references import References
from leeboard_serving.exporter.settings import Settings
from leeboard_serving.exporter.tally import MOST_WAITING, Tally
from leeboard_serving.exporter.window import window_text
from leeboard_serving.observation import Observations
from tests.unit.serving.exporter.running import PROFILE, Exporter, observations


def segments(feature, values, names):
    """As a profile has them; nothing was counted in the reference."""
    known = {raw["name"]: from_profile(raw) for raw in PROFILE["features"]}
    bins = [coarse_bins(known[name]) for name in names]
    zeros = np.zeros(len(values) + 1, dtype=np.int64)
    inputs = tuple(
        Counted(name, np.zeros((len(zeros), of_input.size), dtype=np.int64), zeros)
        for name, of_input in zip(names, bins, strict=True)
    )
    score_bins = coarse_bins(from_profile(PROFILE["prediction"]))
    empty = np.zeros((len(zeros), score_bins.size), dtype=np.int64)
    scores = SegmentCounts(feature, zeros, (Counted("probability", empty, zeros),))
    counted = SegmentCounts(feature, zeros, inputs, scores)
    return to_profile(SegmentReference(feature, values, counted, tuple(bins), score_bins=score_bins))


BY_CARRIER = segments("carrier", ("AA", "UA"), ["wind", "hour", "late"])
BY_LATE = segments("late", (1.0,), ["wind", "carrier"])
SEGMENTED = PROFILE | {"segments": [BY_CARRIER, BY_LATE]}
SETTINGS = {
    "LEEBOARD_MODEL": "m", "LEEBOARD_VERSION": "v1", "LEEBOARD_POD": "p", "LEEBOARD_OBSERVATIONS_URI": "file:///x/",
    "LEEBOARD_FLUSH_INTERVAL": "60",
}  # fmt: skip


def references(profile):
    return References.parse(json.dumps(profile).encode())


def told(seed, number=60):
    return [one.alone() for one in observations(number, seed) if one.rows]


def tally(profile, *seeds):
    counted = Tally(references(profile))
    for seed in seeds:
        for one in told(seed):
            counted.add(one)
    counted.settle()
    return counted


def written(counted, profile=SEGMENTED):
    text = window_text(counted, Settings.of(SETTINGS), 0, 1000)
    return parse_window(gzip.compress(text.encode())), json.loads(text)


def column(seeds, name):
    return np.concatenate([one.inputs[name] for seed in seeds for one in told(seed)])


@pytest.mark.parametrize("feature", ["carrier", "late"])
def test_every_segment_has_the_counts_of_its_rows(feature):
    window, raw = written(tally(SEGMENTED, 1, 2))
    (found,) = (one for one in window.segments if one.feature == feature)
    described = next(one for one in SEGMENTED["segments"] if one["feature"] == feature)
    segment_of = column((1, 2), feature)
    for segment, value in enumerate([*described["values"], None]):
        mine = segment_of == value if value is not None else ~np.isin(segment_of, described["values"])
        assert found.rows[segment] == mine.sum() > 0
        for one, of_input in zip(described["features"], found.inputs, strict=True):
            bins = coarse_bins(from_profile(next(raw for raw in PROFILE["features"] if raw["name"] == one["name"])))
            alone = count_values(one["name"], bins, column((1, 2), one["name"])[mine])
            assert of_input.name == one["name"]
            assert (of_input.counts[segment].tolist(), of_input.missing[segment]) == (
                alone.counts.tolist(),
                alone.missing,
            )
    assert raw["segments"][0]["rows"] == window.segments[0].rows.tolist()


@pytest.mark.parametrize("feature", ["carrier", "late"])
def test_every_segment_has_the_scores_of_its_rows(feature):
    window, _ = written(tally(SEGMENTED, 1, 2))
    (found,) = (one for one in window.segments if one.feature == feature)
    described = next(one for one in SEGMENTED["segments"] if one["feature"] == feature)
    bins = coarse_bins(from_profile(PROFILE["prediction"]))
    segment_of, scores = column((1, 2), feature), np.concatenate([one.scores for seed in (1, 2) for one in told(seed)])
    for segment, value in enumerate([*described["values"], None]):
        mine = segment_of == value if value is not None else ~np.isin(segment_of, described["values"])
        assert found.scores.rows[segment] == mine.sum() > 0
        assert found.scores.inputs[0].counts[segment].tolist() == count_values("p", bins, scores[mine]).counts.tolist()


def test_a_profile_of_an_earlier_release_counts_no_scores():
    older = [{name: part for name, part in one.items() if name != "prediction"} for one in SEGMENTED["segments"]]
    window, raw = written(tally(PROFILE | {"segments": older}, 1))
    assert [one.scores for one in window.segments] == [None, None]
    _, with_scores = written(tally(SEGMENTED, 1))
    for one, other in zip(raw["segments"], with_scores["segments"], strict=True):
        assert one == {name: part for name, part in other.items() if name != "prediction"}


def test_segments_of_windows_add_up_and_so_do_those_of_tallies():
    profile = Profile.parse(json.dumps(SEGMENTED).encode())
    whole, _ = written(tally(SEGMENTED, 1, 2))
    parts = [written(tally(SEGMENTED, seed))[0] for seed in (1, 2)]
    merged = tally(SEGMENTED, 1)
    merged.merge(tally(SEGMENTED, 2))
    for windows in (parts, [written(merged)[0]]):
        for one, other in zip(
            observe_segments(profile.segments, windows), observe_segments(profile.segments, [whole]), strict=True
        ):
            assert one.window.rows.tolist() == other.window.rows.tolist()
            for a, b in zip(one.window.inputs, other.window.inputs, strict=True):
                assert (a.counts.tolist(), a.missing.tolist()) == (b.counts.tolist(), b.missing.tolist())


def test_a_profile_without_segments_counts_none_and_the_whole_is_the_same():
    plain, segmented = tally(PROFILE, 3), tally(SEGMENTED, 3)
    assert plain.segments.counted == ()
    (window, raw), (_, with_segments) = written(plain), written(segmented)
    assert window.segments == ()
    assert "segments" not in raw
    assert raw == {name: part for name, part in with_segments.items() if name != "segments"}
    refused = PROFILE | {"segments": [{"feature": "x", "values": [], "rows": [9], "features": [], "refused": "no"}]}
    assert written(tally(refused, 3))[1] == raw


def test_rows_without_every_input_are_in_the_whole_alone():
    counted = Tally(references(SEGMENTED))
    for number, one in enumerate(told(4, 20)):
        inputs = {name: values for name, values in one.inputs.items() if name != "wind"} if number % 2 else one.inputs
        counted.add(Observations(one.requests, inputs, one.scores))
    counted.settle()
    complete = sum(one.rows for number, one in enumerate(told(4, 20)) if number % 2 == 0)
    assert counted.segments.counted[0].rows.sum() == complete < counted.rows
    assert counted.features["hour"].rows == counted.rows


def test_what_waits_is_counted_together():
    counted = Tally(references(SEGMENTED))
    waiting = told(5, 2 * MOST_WAITING)
    for number, one in enumerate(waiting, 1):
        counted.add(one)
        if number < MOST_WAITING:
            assert counted.segments.counted[0].rows.sum() == 0
    assert counted.segments.counted[0].rows.sum() > 0


@pytest.mark.parametrize(
    "change",
    [
        {"feature": "speed"},
        {"values": [1.0, 2.0]},
        {"rows": [0, 0]},
        {"features": [segments("hour", (1.0, 2.0), ["carrier"])["features"][0] | {"name": "wind"}]},
        {"features": [segments("hour", (1.0, 2.0), ["wind"])["features"][0] | {"name": "gust"}]},
        {"features": 7},
    ],
)
def test_segments_that_do_not_fit_the_profile_are_no_profile(change):
    with pytest.raises(ValueError, match=r"not a profile|segments"):
        references(PROFILE | {"segments": [BY_CARRIER | change]})


def test_a_real_exporter_writes_them(tmp_path):
    exporter = Exporter(tmp_path, interval=60)
    (tmp_path / "model/profile.json").write_text(json.dumps(SEGMENTED))
    with exporter:
        exporter.send(*observations(60, 1))
        exporter.until_requests(60)
        assert exporter.end() == 0
    (window,) = exporter.windows()
    expected, _ = written(tally(SEGMENTED, 1))
    for found, known in zip(window.segments, expected.segments, strict=True):
        assert (found.feature, found.rows.tolist()) == (known.feature, known.rows.tolist())
        for a, b in zip(found.inputs, known.inputs, strict=True):
            assert (a.name, a.counts.tolist(), a.missing.tolist()) == (b.name, b.counts.tolist(), b.missing.tolist())
    assert observe(Profile.parse(json.dumps(SEGMENTED).encode()), [window]).rows == found.rows.sum()
