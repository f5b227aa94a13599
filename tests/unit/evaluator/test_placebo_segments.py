"""A placebo within segments: drawn from each segment's own reference, looked at by the same checks, rarely an alarm."""

from dataclasses import replace

import numpy as np
import pytest

from leeboard.evaluator import segment_figures as within
from leeboard.evaluator.drift_figures import observe
from leeboard.evaluator.false_alarms import drift_alpha
from leeboard.evaluator.placebo import Real, _drawn, placebo
from leeboard.evaluator.segment_figures import looks_in_segments, observe_segments
from tests.unit.evaluator.test_score_meaning import version
from tests.unit.evaluator.test_segment_figures import (
    BY_CARRIER,
    DRIFT,
    MISSING,
    PROFILE,
    scores_of,
    spec_of,
    table,
    window,
)

NOTHING = "0.000001"
BUDGET = {"falseAlarms": {"budget": 300, "per": "90d"}}
PREDICTIONS = {"type": "PredictionDrift", "distance": "JensenShannon", "threshold": "0.1", "by": "carrier"}


def real_of(rows):
    windows = [window(rows, scores=scores_of(rows))]
    return Real(observe(PROFILE, windows), observe_segments(PROFILE.segments, windows))


ROWS = table(3000, 7)
# nine values with rows enough, and one with too few
REAL = real_of(ROWS[(ROWS["carrier"] != "C9") | (np.arange(3000) % 8 == 0)])


def tried(spec, seed=0, real=REAL):
    return placebo(spec, "BinaryClassification", version(), PROFILE, real, seed=seed)


def test_every_segment_is_drawn_from_its_own_reference_with_the_rows_of_the_real_one():
    (segmented,) = REAL.segmented
    many = replace(segmented, window=replace(segmented.window, rows=segmented.window.rows * 100))
    (drawn,) = _drawn(PROFILE, Real(REAL.observed, (many,)), np.random.default_rng(1)).segments
    reference = segmented.reference.counted
    assert drawn.rows.tolist() == (segmented.window.rows * 100).tolist()
    assert drawn.fits(segmented.window)
    for one, known in zip(drawn.inputs, reference.inputs, strict=True):
        assert (one.counts.sum(axis=1) + one.missing == drawn.rows)[:-1].all()
        shares = one.counts[:-1] / drawn.rows[:-1, None]
        assert np.abs(shares - known.counts[:-1] / reference.rows[:-1, None]).max() < 0.03
    assert drawn.scores.rows.tolist() == segmented.window.scores.rows.tolist()


def test_what_is_to_be_expected_counts_the_pairs_of_segments():
    checks = spec_of(BY_CARRIER, PREDICTIONS, MISSING)
    alpha = drift_alpha(checks, 21, looks_in_segments(PROFILE, ()))
    # 21 inputs and the prediction as a whole; 20 inputs and the prediction in nine values
    assert tried(checks).expected == pytest.approx((22 + 9 * 20 + 9) * alpha / 2)
    # which check looks by segment is no matter for another
    assert tried(spec_of(DRIFT, PREDICTIONS)).expected == pytest.approx(
        (22 + 9) * drift_alpha(spec_of(DRIFT, PREDICTIONS), 21, looks_in_segments(PROFILE, ())) / 2
    )
    older = Real(REAL.observed)
    assert tried(checks, real=older).expected == pytest.approx(22 * alpha / 2)


def test_alarms_are_no_more_than_were_declared():
    checks = spec_of(BY_CARRIER | {"threshold": NOTHING}, PREDICTIONS | {"threshold": NOTHING}, **BUDGET)
    found = [tried(checks, seed) for seed in range(60)]
    alarms, expected = sum(bool(one.drifted) for one in found), sum(one.expected for one in found)
    assert expected > 1
    assert alarms <= expected + 3 * expected**0.5


def test_an_interval_within_segments_that_is_too_narrow_is_found_out(monkeypatch):
    exact, quick = within.distance_interval, within.screened

    def too_sure(*args, **options):
        found = exact(*args, **options)
        return replace(found, low=found.value)

    monkeypatch.setattr(within, "distance_interval", too_sure)
    monkeypatch.setattr(within, "screened", lambda *args: quick(*args) + 1)
    checks = spec_of(BY_CARRIER | {"threshold": NOTHING}, PREDICTIONS | {"threshold": NOTHING}, **BUDGET)
    found = [tried(checks, seed) for seed in range(5)]
    assert all(any(" where carrier=C" in subject for subject in one.drifted) for one in found)
    assert all(any("PredictionDrift" in subject for subject in one.drifted) for one in found)
