"""How sure drift has to be, so that a monitor that looks for months raises no more false alarms than were allowed."""

from leeboard.api.drift_monitor import HARM, DriftMonitorSpec
from leeboard.api.durations import parse_duration
from leeboard.stats.budget import look_alpha

OF_INPUTS = frozenset({"DataDrift", "OutOfRange", "NewCategories", "TrainServeSkew"})
OF_ONE = frozenset({"PredictionDrift", *HARM})
"""Checks that compare an interval. Others compare what was counted as it is."""


def drift_alpha(spec: DriftMonitorSpec, watched: int) -> float:
    """The alpha of a two-sided interval whose lower end is compared with a threshold; `watched` inputs share it with
    the prediction and the metrics, each for every check that looks at it."""
    length = parse_duration(spec.window.length)
    windows = parse_duration(spec.false_alarms.per) / length
    subjects = sum(watched if check.type in OF_INPUTS else check.type in OF_ONE for check in spec.checks)
    return look_alpha(spec.false_alarms.budget, windows, parse_duration(spec.window.every) / length, max(1, subjects))
