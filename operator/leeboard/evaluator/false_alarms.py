"""How sure drift has to be, so that a monitor that looks for months raises no more false alarms than were allowed."""

from collections.abc import Mapping
from typing import NamedTuple

from leeboard.api.drift_check import HARM, Check
from leeboard.api.drift_monitor import DriftMonitorSpec
from leeboard.api.durations import parse_duration
from leeboard.stats.budget import look_alpha

OF_INPUTS = frozenset({"DataDrift", "OutOfRange", "NewCategories", "TrainServeSkew"})
OF_ONE = frozenset({"PredictionDrift", *HARM})
"""Checks that compare an interval. Others compare what was counted as it is."""


class Looks(NamedTuple):
    """By the input that a check looks by: how often an input, and how often the prediction, is looked at within one of
    its values."""

    inputs: Mapping[str, int] = {}
    predictions: Mapping[str, int] = {}


NO_SEGMENTS = Looks()


def drift_alpha(spec: DriftMonitorSpec, watched: int, in_segments: Looks = NO_SEGMENTS) -> float:
    """The alpha of a two-sided interval whose lower end is compared with a threshold; `watched` inputs share it with
    the prediction and the metrics, each for every check that looks at it, in the whole and in segments."""
    length = parse_duration(spec.window.length)
    windows = parse_duration(spec.false_alarms.per) / length
    subjects = sum(_subjects(check, watched, in_segments) for check in spec.checks)
    return look_alpha(spec.false_alarms.budget, windows, parse_duration(spec.window.every) / length, max(1, subjects))


def _subjects(check: Check, watched: int, in_segments: Looks) -> int:
    by = check.by or ""
    if check.type in OF_INPUTS:
        return watched + in_segments.inputs.get(by, 0)
    return int(check.type in OF_ONE) + (in_segments.predictions.get(by, 0) if check.type == "PredictionDrift" else 0)
