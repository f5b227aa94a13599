"""How sure drift has to be for the alarms that a monitor may raise."""

import pytest

from leeboard.api.drift_monitor import DriftMonitorSpec
from leeboard.evaluator.false_alarms import Looks, drift_alpha
from leeboard.stats.budget import look_alpha

DRIFT = {"type": "DataDrift", "distance": "JensenShannon", "threshold": "0.1"}
SCORES = {"type": "PredictionDrift", "distance": "PSI", "threshold": "0.2"}
AUC = {"type": "Performance", "metric": "roc_auc", "maxDrop": "0.03"}
MISSING = {"type": "DataQuality", "maxMissingPercent": 5}


RANGE = {"type": "OutOfRange", "maxPercent": "1"}
ESTIMATED = {"type": "EstimatedPerformance", "metric": "roc_auc", "maxDrop": "0.03"}


def spec(*checks, length="1h", every="10m", **more):
    window = {"length": length, "every": every}
    return DriftMonitorSpec.model_validate({"modelRef": {"name": "m"}, "window": window, "checks": checks, **more})


def test_one_in_ninety_days_over_all_that_is_watched():
    assert drift_alpha(spec(DRIFT), 8) == look_alpha(1, 90 * 24, 1 / 6, 8)
    assert drift_alpha(spec(DRIFT, SCORES, AUC, MISSING), 8) == look_alpha(1, 90 * 24, 1 / 6, 10)
    assert drift_alpha(spec(RANGE, ESTIMATED), 8) == look_alpha(1, 90 * 24, 1 / 6, 9)
    assert drift_alpha(spec(MISSING), 8) == look_alpha(1, 90 * 24, 1 / 6, 1)


def test_inputs_within_segments_share_it_too():
    by = {"by": "carrier"}
    looks = Looks(inputs={"carrier": 70, "origin": 1000}, predictions={"carrier": 10})
    assert drift_alpha(spec(DRIFT | by), 8, looks) == look_alpha(1, 90 * 24, 1 / 6, 78)
    assert drift_alpha(spec(DRIFT | by, DRIFT), 8, looks) == look_alpha(1, 90 * 24, 1 / 6, 86)
    assert drift_alpha(spec(DRIFT | by), 8) == drift_alpha(spec(DRIFT), 8, looks)
    assert drift_alpha(spec(SCORES | by), 8, looks) == look_alpha(1, 90 * 24, 1 / 6, 11)
    assert drift_alpha(spec(DRIFT | by, SCORES), 8, looks) == look_alpha(1, 90 * 24, 1 / 6, 79)
    # missing values are counted as they are, in a segment too
    assert drift_alpha(spec(DRIFT, MISSING | by), 8, looks) == look_alpha(1, 90 * 24, 1 / 6, 8)


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ({"falseAlarms": {"budget": 1}}, {"falseAlarms": {"budget": 5}}),
        ({"falseAlarms": {"per": "90d"}}, {"falseAlarms": {"per": "7d"}}),
        ({"length": "10m", "every": "1m"}, {"length": "1d", "every": "1d"}),
    ],
)
def test_fewer_false_alarms_ask_for_more_certainty(less, more):
    assert drift_alpha(spec(DRIFT, **less), 8) < drift_alpha(spec(DRIFT, **more), 8)
