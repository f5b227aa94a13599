"""How sure drift has to be, so that a monitor that looks for months raises no more false alarms than were allowed."""

from leeboard.api.drift_monitor import DriftMonitorSpec
from leeboard.api.durations import parse_duration
from leeboard.stats.budget import look_alpha


def drift_alpha(spec: DriftMonitorSpec, watched: int) -> float:
    """The alpha of a two-sided interval whose lower end is compared with a threshold; `watched` inputs share it with
    the prediction and the metrics, each for every check that looks at it."""
    length = parse_duration(spec.window.length)
    windows = parse_duration(spec.false_alarms.per) / length
    looks = [check.type for check in spec.checks if check.type in {"DataDrift", "PredictionDrift", "Performance"}]
    subjects = sum(watched if looked == "DataDrift" else 1 for looked in looks)
    return look_alpha(spec.false_alarms.budget, windows, parse_duration(spec.window.every) / length, max(1, subjects))
