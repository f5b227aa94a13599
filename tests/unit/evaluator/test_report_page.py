"""The report of an evaluation: whole, small, safe, and it says what the operator says."""

import json
import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import numpy as np
import pytest

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.evaluator.drift_figures import Profile
from leeboard.evaluator.labels import labelled_at_once
from leeboard.evaluator.monitor_figures import monitor_figures
from leeboard.evaluator.report_page import report_page
from leeboard.evaluator.report_segments import segments_section
from leeboard.evaluator.score_meaning import ScoreMeaning
from leeboard.evaluator.windows import Window
from leeboard.planning.drift.figures import read_figures
from leeboard.planning.drift.looking import verdict_of
from leeboard.report.extent import reach
from leeboard.stats.distributions import categorical_bins, count_values, numeric_bins, to_profile, to_window
from leeboard.stats.extents import Extent
from tests.unit.evaluator.test_score_meaning import SCORES, TRUTH, version

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
GENERATOR = np.random.default_rng(3)
WIND = GENERATOR.gamma(4, 3, 5000)
NAME = "carrier <b>&"
CHECKS = [
    {"type": "DataDrift", "distance": "JensenShannon", "threshold": "0.1"},
    {"type": "DataDrift", "distance": "Wasserstein", "threshold": "0.5"},
    {"type": "NewCategories", "maxPercent": "1"},
    {"type": "EstimatedPerformance", "metric": "roc_auc", "maxDrop": "0.03"},
]


def described(name, bins, values, **more):
    return to_profile(count_values(name, bins, values)) | {"noise": {"rows": 500, "jensenShannon": 0.01}} | more


PREDICTION = numeric_bins(SCORES, also=(0.5,))
CARRIERS = GENERATOR.choice(["UA", "<script>"], 5000).tolist()
PROFILE = Profile.parse(
    json.dumps(
        {
            "contract": 1,
            "rows": 5000,
            "features": [
                described("wind", numeric_bins(WIND), WIND, importance=0.75),
                described(NAME, categorical_bins(CARRIERS), CARRIERS, importance=0.25),
            ],
            "prediction": described("probability", PREDICTION, SCORES),
            "calibration": ScoreMeaning.learned(PREDICTION, SCORES, TRUTH).document(),
        }
    ).encode()
)


def counted(reference, values):
    known = reference.distribution
    return to_window(count_values(known.name, known.bins, values))


def drawn(wind, carriers, scores=SCORES, **more):
    window = Window(
        start=NOW - timedelta(minutes=30), end=NOW, requests=len(wind), errors=0, rows=len(wind), dropped=0,
        latency_edges=(), latency_counts=np.zeros(1, dtype=np.int64), pod="p",
        features=(counted(PROFILE.features[0], wind), counted(PROFILE.features[1], carriers)),
        prediction=counted(PROFILE.prediction, scores),
    )  # fmt: skip
    return drawn_of([window] if len(wind) else [], **more)


def drawn_of(windows, status=None, **more):
    spec = {"modelRef": {"name": "m"}, "window": {"length": "1h"}, "checks": CHECKS} | more
    document = {"metadata": {"name": "late-flights", "namespace": "ml"}, "spec": spec}
    monitor = DriftMonitor.parse(document)
    none = labelled_at_once(np.empty(0), np.empty(0))
    raw, observed, _ = monitor_figures(
        monitor.spec,
        "BinaryClassification",
        version(roc_auc="0.75"),
        PROFILE,
        windows,
        labelled=none,
    )
    evaluation = {"observedAt": NOW.isoformat(), "version": "late-flights-v1", **raw}
    evaluated = DriftMonitor.parse(document | {"status": {**(status or {}), "evaluation": evaluation}})
    judged, _ = verdict_of(evaluated, None, "late-flights-v1", NOW)
    return report_page(evaluated, PROFILE, observed, judged, windows), judged


def elements(page):
    return list(ElementTree.fromstring(page.partition("\n")[2]).iter())  # noqa: S314 - written by us


def text_of(page):
    return " ".join("".join(one.itertext()) for one in elements(page) if one.tag.endswith("}main"))


@pytest.mark.parametrize(
    ("wind", "carriers", "verdict"),
    [
        (GENERATOR.gamma(4, 3, 4000), CARRIERS[:4000], "Stable"),
        (GENERATOR.gamma(4, 3, 4000) + 6, [*CARRIERS[:3000], *["new"] * 1000], "Drift"),
    ],
)
def test_it_says_what_the_operator_says_and_is_one_small_safe_file(wind, carriers, verdict):
    page, judged = drawn(wind, carriers, SCORES[:4000])
    assert judged.verdict == verdict
    assert f"<title>ml/late-flights: {verdict}</title>" in page
    assert len(page) < 150_000
    assert not [one for one in elements(page) if one.tag.endswith(("}script", "}link", "}iframe", "}img"))]
    assert not re.search(r"""(src|href)=|url\(|@import""", page)
    shown = text_of(page)
    for finding in judged.findings:
        assert finding.value in shown
        assert finding.shift in shown or finding.verdict == "Stable"
    assert "no row of data is in this file" in shown


def test_what_drifted_stands_open_and_what_is_stable_is_folded_away():
    page, judged = drawn(GENERATOR.gamma(4, 3, 4000) + 6, CARRIERS[:4000], SCORES[:4000])
    first = judged.findings[0]
    assert (first.subject, first.importance) == ("wind", "75")
    shown = text_of(page)
    assert "75 %" in shown
    assert shown.index("late-flights-v1") < shown.index("wind") < shown.index("others are stable")
    assert "estimated, without labels" in shown
    assert NAME in shown


def extents_of(page):
    return [one.text for one in elements(page) if one.get("class") == "reach"]


def test_it_says_how_far_values_reach_and_how_many_distinct_ones_there_are():
    page, _ = drawn(np.append(GENERATOR.gamma(4, 3, 3999), 480.0), CARRIERS[:4000], np.full(4000, 0.25))
    wind = next(one for one in extents_of(page) if " to 480, in the reference " in one).replace("\u2009", "")
    window, reference = map(int, re.search(r"some (\d+) distinct values, in the reference some (\d+)$", wind).groups())
    assert window == pytest.approx(4000, rel=0.25)
    assert reference == pytest.approx(len(WIND), rel=0.25)
    assert f"some {len(set(CARRIERS))} distinct values, in the reference some {len(set(CARRIERS))}" in extents_of(page)
    assert next(one for one in extents_of(page) if one.startswith("0.25 to 0.25, ") and "; 1 distinct value, " in one)


def test_what_a_version_or_an_exporter_does_not_tell_is_not_said():
    features = [dict(counted(one, values)) for one, values in zip(PROFILE.features, (WIND, CARRIERS), strict=True)]
    for one in features:
        one.pop("hyperLogLog")
    window = Window(
        start=NOW - timedelta(minutes=30), end=NOW, requests=9, errors=0, rows=len(WIND), dropped=0, latency_edges=(),
        latency_counts=np.zeros(1, dtype=np.int64), features=features, prediction=counted(PROFILE.prediction, SCORES),
    )  # fmt: skip
    assert len(extents_of(drawn_of([window])[0])) == 1
    known = count_values("x", numeric_bins([1.0]), [1.0, 2.5]).extent
    assert reach(None, known) == "1 to 2.5; some 2 distinct values"
    assert reach(known, None) == reach(known, Extent()) == ""
    assert reach(Extent(), known) == "1 to 2.5; some 2 distinct values, in the reference none"


def test_a_window_without_rows_is_drawn_too():
    page, judged = drawn(np.empty(0), [], np.empty(0))
    assert judged.verdict == "Inconclusive"
    assert "no windows" in text_of(page)
    assert "<title>ml/late-flights: Inconclusive</title>" in page


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"persistence": {"count": 2, "of": 3}}, "drift in 1 of the newest 1 evaluations, 2 of 3 are asked for"),
        ({"window": {"length": "1h", "minSamples": 9000}}, "4000 of 9000 rows in the window"),
    ],
)
def test_a_verdict_that_is_withheld_is_withheld_here_too_and_the_figures_are_drawn(more, says):
    page, judged = drawn(GENERATOR.gamma(4, 3, 4000) + 6, CARRIERS[:4000], SCORES[:4000], **more)
    assert judged.verdict == "Inconclusive"
    assert "<title>ml/late-flights: Inconclusive</title>" in page
    assert says in text_of(page)
    assert "75 %" in text_of(page)


def over_time(shift_from, slices=40):
    """Windows of a minute in which the wind grows from one of them on."""
    found = []
    for at in range(slices):
        wind = np.random.default_rng(at).gamma(4, 3, 100) + (6 if at >= shift_from else 0)
        start = NOW - timedelta(minutes=slices - at)
        found.append(
            Window(
                start=start,
                end=start + timedelta(minutes=1),
                requests=100,
                errors=0,
                rows=100,
                dropped=0,
                latency_edges=(),
                latency_counts=np.zeros(1, dtype=np.int64),
                pod="p",
                features=(counted(PROFILE.features[0], wind), counted(PROFILE.features[1], CARRIERS[:100])),
                prediction=counted(PROFILE.prediction, SCORES[:100]),
            )
        )
    return found


def test_it_draws_how_drift_came_and_what_else_changed_then():
    told = ["2026-01-01T11:35:00Z v2 became champion (Promoted); it differs from v1 in code"]
    episode = {"id": "e1", "version": "late-flights-v1", "startedAt": NOW.isoformat(), "circumstances": told}
    page, judged = drawn_of(over_time(25), status={"episode": episode})
    assert judged.verdict == "Drift"
    shown = text_of(page)
    assert "since 01 Jan 11:45" in shown
    assert told[0] in shown
    assert shown.index("Over the window") < shown.index("Inputs by JensenShannon")
    assert len(page) < 150_000
    ended = {"episode": episode | {"endedAt": NOW.isoformat()}}
    assert "At that time" not in text_of(drawn_of(over_time(25), status=ended)[0])


def test_a_window_of_one_piece_has_no_timeline():
    page, _ = drawn(GENERATOR.gamma(4, 3, 4000) + 6, CARRIERS[:4000], SCORES[:4000])
    assert "Over the window" not in text_of(page)


def test_segments_have_a_part_of_their_own():
    row = {"name": "wind", "missingPercent": "0", "distances": [], "shift": "20 to 31: 4 % → 19 %"}
    raw = {
        "observedAt": NOW.isoformat(),
        "segments": [{"feature": NAME, "value": "<script>", "rows": 1234, "features": [row]}],
        "segmentInputs": [
            {"feature": NAME, "values": 16, "enough": 9, "pairs": 72},
            {"feature": "gate", "values": 0, "enough": 0, "pairs": 0, "refused": "is no input of this version"},
        ],
    }
    (drawn_part,) = segments_section(read_figures(raw))
    shown = "".join(ElementTree.fromstring(drawn_part).itertext())  # noqa: S314 - written by us
    assert f"wind{NAME}=<script>" in shown
    assert "20 to 31: 4 % → 19 %" in shown
    assert "72 inputs within 9 of 16 values" in shown
    assert "No segments by gate, which is no input of this version." in shown
    assert segments_section(read_figures({"observedAt": NOW.isoformat()})) == []
