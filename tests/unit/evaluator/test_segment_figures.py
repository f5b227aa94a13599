"""Drift that hits one part of the traffic: found, named, and not told where there is none."""

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from leeboard.api.drift_monitor import DriftMonitorSpec
from leeboard.evaluator.columns import as_served, inputs_of
from leeboard.evaluator.drift_figures import Profile
from leeboard.evaluator.false_alarms import drift_alpha
from leeboard.evaluator.labels import labelled_at_once
from leeboard.evaluator.monitor_figures import monitor_figures
from leeboard.evaluator.profile import make_profile
from leeboard.evaluator.segment_figures import MOST_PAIRS, looks_in_segments, observe_segments, segment_figures
from leeboard.evaluator.segments import Scored, add_segments
from leeboard.evaluator.windows import Window, parse_window
from leeboard.planning.drift.checks import run_checks
from leeboard.planning.drift.figures import read_figures
from leeboard.stats.distributions import count_values, to_window
from leeboard.stats.partition import Partition
from leeboard.stats.segments import Counted, SegmentCounts, segments_of_profile, to_profile
from tests.unit.evaluator.test_score_meaning import version

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
FEATURES = [f"x{number:02}" for number in range(20)]
CARRIERS = [f"C{number}" for number in range(10)]
NONE = labelled_at_once(np.empty(0), np.empty(0))
DRIFT = {"type": "DataDrift", "distance": "JensenShannon", "threshold": "0.1"}
BY_CARRIER = DRIFT | {"by": "carrier"}
MISSING = {"type": "DataQuality", "maxMissingPercent": 5, "by": "carrier"}


def table(rows, seed):
    """Every carrier has inputs of its own: half normal, half lognormal columns, that are moved by carrier."""
    generator = np.random.default_rng(seed)
    carrier = generator.integers(0, 10, rows)
    columns = {
        name: (generator.normal(size=rows) if number % 2 else generator.lognormal(size=rows)) + 0.3 * carrier
        for number, name in enumerate(FEATURES)
    }
    return pd.DataFrame({"carrier": np.array(CARRIERS, dtype=object)[carrier], **columns})


def scores_of(rows):
    """Of every carrier its own, as a model's are."""
    carrier = rows["carrier"].str[1:].astype(float) if len(rows) else np.empty(0)
    return np.array(1 / (1 + np.exp(-(rows["x01"] + 0.1 * carrier - 1))))


def profile_of(reference, *segments):
    inputs = inputs_of(reference)
    served = as_served(reference, inputs)
    document = make_profile(served, inputs, scores_of(reference), "probability")
    scored = Scored(scores_of(reference), np.ones(len(reference), dtype=np.bool_))
    add_segments(document, served, inputs, segments, scored)
    return Profile.parse(json.dumps(document).encode())


PROFILE = profile_of(table(20_000, 1), "carrier")


def window(rows, profile=PROFILE, pod="p", by_segment=True, scores=None):
    """Without `scores` it is of an exporter that counts none within segments."""
    segments = []
    for reference in (one for one in profile.segments if by_segment and one.values):
        partition = Partition.of(reference.codes(rows[reference.feature].to_numpy()), reference.size)
        inputs = tuple(
            Counted(one.name, *partition.count(bins, rows[one.name].to_numpy()))
            for one, bins in zip(reference.counted.inputs, reference.bins, strict=True)
        )
        predicted = None
        if scores is not None:
            counted = Counted("probability", *partition.count(reference.score_bins, scores))
            predicted = SegmentCounts(reference.feature, partition.rows, (counted,))
        segments.append(SegmentCounts(reference.feature, partition.rows, inputs, predicted))
    features = tuple(
        to_window(count_values(one.distribution.name, one.distribution.bins, rows[one.distribution.name].to_numpy()))
        for one in profile.features
    )
    return Window(
        start=NOW - timedelta(hours=1), end=NOW, requests=len(rows), errors=0, rows=len(rows), dropped=0,
        latency_edges=(), latency_counts=np.array([len(rows)]), features=features, pod=pod,
        prediction=None if scores is None else to_window(
            count_values("probability", profile.prediction.distribution.bins, scores)
        ),
        segments=tuple(segments),
    )  # fmt: skip


def spec_of(*checks, **more):
    return DriftMonitorSpec.model_validate(
        {"modelRef": {"name": "m"}, "window": {"length": "1h"}, "checks": checks, **more}
    )


def evaluated(rows, *checks, profile=PROFILE, **more):
    spec, by_segment, scores = spec_of(*checks), more.pop("by_segment", True), more.pop("scores", None)
    windows = [window(rows, profile, by_segment=by_segment, scores=scores)] if len(rows) else []
    raw = monitor_figures(spec, "BinaryClassification", version(), profile, windows, labelled=NONE).raw
    figures = read_figures({"observedAt": NOW.isoformat(), **json.loads(json.dumps(raw))})
    return raw, [one.finding for one in run_checks(spec, figures)]


def corrupted(rows, feature, carrier, change):
    where = rows["carrier"] == carrier
    return rows.assign(**{feature: rows[feature].where(~where, change(rows[feature]))})


def drifted(findings):
    return [one for one in findings if one.verdict == "Drift"]


def found_in_segments(rows):
    """The findings of drift within segments alone, the strongest first."""
    spec = spec_of(BY_CARRIER)
    alpha = drift_alpha(spec, 21, looks_in_segments(PROFILE, ()))
    segmented = observe_segments(PROFILE.segments, [window(rows)])
    raw = segment_figures(PROFILE, segmented, (), spec.checks, alpha)
    return drifted([one.finding for one in run_checks(spec, read_figures({"observedAt": NOW.isoformat(), **raw}))])


def corrupted_at_random(seed):
    """Rows with one input that is halved for one carrier, and what that is called."""
    generator = np.random.default_rng(1000 + seed)
    feature, carrier = generator.choice(FEATURES), generator.choice(CARRIERS)
    rows = corrupted(table(5000, 2000 + seed), feature, carrier, lambda x: 0.5 * x)
    return rows, f"{feature} where carrier={carrier}"


def test_one_input_corrupted_in_one_of_ten_segments_is_named_and_no_other():
    """A hundred seeds; the 199 other pairs of each are alarms without drift, of which a look may expect 1 in 2,000."""
    named = alarms = 0
    for seed in range(100):
        rows, expected = corrupted_at_random(seed)
        subjects = [one.subject for one in found_in_segments(rows)]
        named += subjects[:1] == [expected]
        alarms += sum(one != expected for one in subjects)
    assert named >= 95
    assert alarms == 0


@pytest.mark.parametrize("seed", range(3))
def test_it_stands_before_everything_that_is_said_of_the_whole(seed):
    rows, expected = corrupted_at_random(seed)
    _, findings = evaluated(rows, BY_CARRIER)
    assert (findings[0].verdict, findings[0].subject) == ("Drift", expected)
    assert not drifted(evaluated(table(5000, 2000 + seed), BY_CARRIER)[1])


def test_the_whole_alone_does_not_see_it():
    rows = corrupted(table(5000, 7), "x05", "C3", lambda x: x + 1)
    assert not drifted(evaluated(rows, DRIFT)[1])
    raw, findings = evaluated(rows, BY_CARRIER)
    (found,) = drifted(findings)
    assert found.subject == "x05 where carrier=C3"
    assert float(found.low) > 0.1
    assert " → " in found.shift
    strongest = raw["segments"][0]
    assert (strongest["feature"], strongest["value"]) == ("carrier", "C3")
    assert 400 < strongest["rows"] < 600
    assert sum(len(one["features"]) for one in raw["segments"]) == MOST_PAIRS
    assert raw["segmentInputs"] == [{"feature": "carrier", "values": 10, "enough": 10, "pairs": 200}]


def test_nothing_is_said_of_segments_unless_a_check_asks():
    raw, findings = evaluated(table(2000, 3), DRIFT)
    assert "segments" not in raw
    assert "segmentInputs" not in raw
    assert len(findings) == 21


def test_without_drift_one_finding_says_how_much_was_looked_at():
    _, findings = evaluated(table(5000, 4), BY_CARRIER)
    (found,) = (one for one in findings if one.subject == "inputs by carrier")
    assert (found.verdict, found.shift) == ("Stable", "none of 200 inputs within 10 of 10 values drifted")


def test_missing_values_within_a_segment():
    rows = corrupted(table(5000, 5), "x02", "C7", lambda x: np.nan * x)
    raw, findings = evaluated(rows, MISSING)
    (found,) = drifted([one for one in findings if "where" in one.subject])
    assert (found.check, found.subject, found.value) == ("DataQuality", "x02 where carrier=C7", "100")
    assert raw["segments"][0]["features"][0]["distances"] == []


def test_more_drift_than_can_be_shown_is_cut_to_the_strongest():
    rows = table(5000, 6)
    for number, feature in enumerate(FEATURES):
        rows = corrupted(rows, feature, "C1", lambda x, by=number: x + 1 + by)
    raw, findings = evaluated(rows, BY_CARRIER)
    assert sum(len(one["features"]) for one in raw["segments"]) == MOST_PAIRS
    assert len(drifted([one for one in findings if "where" in one.subject])) == MOST_PAIRS
    assert len(json.dumps(raw["segments"])) < 10_000


@pytest.mark.parametrize(
    ("rows", "profile", "by", "why"),
    [
        (table(2000, 8), profile_of(table(3000, 1)), "carrier", "has no segments by carrier: name it in"),
        (table(2000, 8), profile_of(table(3000, 1), "carier"), "carier", "which is no input of this version"),
        (table(2000, 8), profile_of(table(3000, 1), "x01"), "x01", "which has 3000 different numbers"),
        (table(600, 8), PROFILE, "carrier", "none of 10 values of carrier has rows enough"),
        (table(0, 8), PROFILE, "carrier", "none of 10 values of carrier has rows enough"),
    ],
    ids=["none", "unknown", "a quantity", "few rows", "no windows"],
)
def test_what_cannot_be_looked_at_is_said(rows, profile, by, why):
    _, findings = evaluated(rows, DRIFT | {"by": by}, profile=profile)
    (found,) = (one for one in findings if one.subject == f"inputs by {by}")
    assert found.verdict == "Inconclusive"
    assert why in found.shift


def test_windows_of_exporters_that_count_no_segments():
    _, findings = evaluated(table(2000, 8), BY_CARRIER, by_segment=False)
    (found,) = (one for one in findings if one.subject == "inputs by carrier")
    assert found.verdict == "Inconclusive"


@pytest.mark.parametrize(
    "segments",
    [
        7, "carrier", [None], [[]], [{}], {"feature": "x"},
        [{"feature": "x", "rows": [1, "y"], "features": []}],
        [{"feature": "x", "rows": [1 << 70], "features": []}],
        [{"feature": "x", "rows": [1], "features": [{"name": "y"}]}],
        [{"feature": "x", "rows": [1], "features": [{"name": "y", "counts": [[2]], "missing": [0]}]}],
    ],
)  # fmt: skip
def test_a_window_with_other_things_for_segments_is_none(segments):
    document = {
        "contract": 1, "start": NOW.isoformat(), "end": NOW.isoformat(), "requests": 1, "errors": 0, "rows": 1,
        "segments": segments,
    }  # fmt: skip
    with pytest.raises(ValueError, match=r"."):
        parse_window(gzip.compress(json.dumps(document).encode()))


def test_windows_on_other_bins_are_left_out():
    fewer = profile_of(table(3000, 2).query("carrier != 'C9'"), "carrier")
    good, other = window(table(1000, 9)), window(table(1000, 9), fewer)
    (one,) = observe_segments(PROFILE.segments, [good, other, good])
    assert one.window.rows.sum() == 2000


def test_excluded_inputs_are_not_looked_at():
    rows = corrupted(table(5000, 7), "x05", "C3", lambda x: x + 1)
    spec = spec_of(BY_CARRIER, features={"exclude": ["x05"]})
    raw = monitor_figures(spec, "BinaryClassification", version(), PROFILE, [window(rows)], labelled=NONE).raw
    assert raw["segmentInputs"][0]["pairs"] == 190
    assert all(row["name"] != "x05" for one in raw["segments"] for row in one["features"])


def test_the_budget_of_false_alarms_is_shared_out_over_segments():
    rows = table(500, 3)
    alone, by_carrier = (float(evaluated(rows, check)[0]["driftAlpha"]) for check in (DRIFT, BY_CARRIER))
    # 21 inputs, and 20 of them in each of ten segments
    assert 8 < alone / by_carrier < 14


@pytest.mark.parametrize("check", [DRIFT, BY_CARRIER])
def test_drift_of_the_whole_says_where_it_comes_from(check):
    rows = corrupted(table(8000, 11), "x05", "C3", lambda x: x + 30)
    raw, _ = evaluated(rows, check)
    assert raw["features"][0]["name"] == "x05"
    assert raw["features"][0]["shift"].endswith("only where carrier=C3")
    everywhere, _ = evaluated(rows.assign(x05=rows["x05"] + 30), check)
    assert everywhere["features"][0]["name"] == "x05"
    assert "only where" not in everywhere["features"][0]["shift"]


PREDICTED = {"type": "PredictionDrift", "distance": "JensenShannon", "threshold": "0.1"}
PREDICTED_BY_CARRIER = PREDICTED | {"by": "carrier"}


def moved(rows, carrier, by):
    """The scores, those of one carrier moved."""
    return np.where(rows["carrier"] == carrier, np.clip(scores_of(rows) + by, 0, 1), scores_of(rows))


def test_predictions_that_moved_within_one_of_ten_segments_are_named_and_no_others():
    """Twenty seeds; nine other segments of each are alarms without drift."""
    for seed in range(20):
        rows = table(5000, 3000 + seed)
        carrier = CARRIERS[seed % 10]
        raw, findings = evaluated(rows, PREDICTED_BY_CARRIER, scores=moved(rows, carrier, 0.2))
        assert [one.subject for one in drifted(findings)] == [f"probability where carrier={carrier}"]
        assert raw["segmentPredictions"] == [{"feature": "carrier", "values": 10, "enough": 10, "pairs": 10}]
        assert raw["segments"][0]["prediction"]["rows"] == (rows["carrier"] == carrier).sum()
        calm = evaluated(rows, PREDICTED_BY_CARRIER, scores=scores_of(rows))[1]
        assert [(one.subject, one.verdict) for one in calm if "by carrier" in one.subject] == [
            ("predictions by carrier", "Stable")
        ]
        assert not drifted(calm)


def test_the_whole_does_not_see_what_one_segment_s_predictions_did():
    rows = table(5000, 41)
    (whole,) = evaluated(rows, PREDICTED, scores=moved(rows, "C3", 0.2))[1]
    assert (whole.subject, whole.verdict) == ("probability", "Stable")


def test_predictions_and_inputs_of_a_segment_stand_together():
    rows = corrupted(table(5000, 7), "x05", "C3", lambda x: x + 1)
    raw, findings = evaluated(rows, BY_CARRIER, PREDICTED_BY_CARRIER, scores=moved(rows, "C3", 0.3))
    (place,) = (one for one in raw["segments"] if one["value"] == "C3")
    assert place["features"][0]["name"] == "x05"
    assert place["prediction"]["name"] == "probability"
    assert {one.subject for one in drifted(findings)} == {"x05 where carrier=C3", "probability where carrier=C3"}


def test_predictions_within_segments_share_the_budget_too():
    rows = table(500, 3)
    alone, by_carrier = (
        float(evaluated(rows, check, scores=scores_of(rows))[0]["driftAlpha"])
        for check in (PREDICTED, PREDICTED_BY_CARRIER)
    )
    # one prediction, and ten more within segments
    assert 8 < alone / by_carrier < 14


@pytest.mark.parametrize(
    ("profile", "by", "scores", "why"),
    [
        (profile_of(table(3000, 1)), "carrier", True, "counts no predictions by carrier: name it in prediction.segm"),
        (profile_of(table(3000, 1), "x01"), "x01", True, "which has 3000 different numbers"),
        (PROFILE, "carrier", False, "none of 10 values of carrier has predictions enough"),
    ],
    ids=["no segments", "a quantity", "exporters of an earlier release"],
)
def test_predictions_that_cannot_be_looked_at_within_segments(profile, by, scores, why):
    rows = table(5000, 8)
    check = PREDICTED | {"by": by}
    findings = evaluated(rows, check, profile=profile, scores=scores_of(rows) if scores else None)[1]
    (found,) = (one for one in findings if one.subject == f"predictions by {by}")
    assert found.verdict == "Inconclusive"
    assert why in found.shift


def test_a_profile_of_an_earlier_release_has_segments_of_inputs_alone():
    document = json.loads(json.dumps({"segments": [to_profile(one) for one in PROFILE.segments]}))
    del document["segments"][0]["prediction"]
    (before,) = segments_of_profile(document)
    assert before.of_scores is None
    profile = replace(PROFILE, segments=(before,))
    rows = corrupted(table(5000, 7), "x05", "C3", lambda x: x + 1)
    raw, _ = evaluated(rows, BY_CARRIER, PREDICTED_BY_CARRIER, scores=scores_of(rows))
    older = window(rows, profile)
    spec = spec_of(BY_CARRIER, PREDICTED_BY_CARRIER)
    told = monitor_figures(spec, "BinaryClassification", version(), profile, [older], labelled=NONE).raw
    assert told["segments"][0]["features"][0]["name"] == raw["segments"][0]["features"][0]["name"] == "x05"
    assert told["segmentPredictions"] == []


def test_windows_with_and_without_scores_add_up():
    """While exporters are renewed there are both."""
    rows = table(3000, 12)
    (both,) = observe_segments(PROFILE.segments, [window(rows), window(rows, scores=scores_of(rows)), window(rows)])
    assert both.window.rows.sum() == 9000
    assert both.window.scores.rows.sum() == both.window.scores.inputs[0].counts.sum() == 3000
