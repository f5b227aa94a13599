"""What each check says about the figures.

A distance or a metric is drift when its whole interval lies beyond the threshold, stable when its whole interval lies
short of it, and inconclusive in between. Missing values and means are counted exactly over the window and are
compared as they are.
"""

import math
from collections.abc import Callable, Mapping, Sequence

from leeboard.api.drift_check import Check, CheckType
from leeboard.api.drift_monitor import DriftMonitorSpec
from leeboard.api.fields import LONGEST_TEXT
from leeboard.api.metrics import higher_is_better
from leeboard.planning.conditions import timestamp
from leeboard.planning.drift.figures import Figures, Interval, Performance, Subject
from leeboard.planning.drift.kpi_check import kpi
from leeboard.planning.drift.results import Result, by_interval, by_value, nothing
from leeboard.planning.drift.segment_checks import Judge, in_segments
from leeboard.planning.drift.skew_check import skew
from leeboard.planning.drift.traffic_checks import staleness, volume

FINDINGS_LIMIT = 100
NUMBERS_ONLY = frozenset({"KolmogorovSmirnov", "Wasserstein"})
UNBOUNDED = frozenset({"PSI", "Wasserstein"})
NO_LABELS = "too few labels have come"
"""What a finding of Performance says where there is no figure."""
NO_ESTIMATE = "the version's profile has no calibration, or the metric cannot be estimated"
LEAST_LABELS = 100
NO_INPUT = "no input is of the kind that is looked at"
NOT_IN_PROFILE = "the version's profile does not tell where its reference ends"
NO_VALUE = "no row of the window has a value of it"
ALL = 100.0
"""Percent."""
TOO_MANY = "figures are made of the first 500 inputs of the version's profile"
NO_SUCH_INPUT = "the version's profile has no such input, or features.exclude leaves it out"
OF_ALL_INPUTS = frozenset({"DataDrift", "DataQuality", "OutOfRange", "NewCategories", "UnitChange"})
WITHOUT_ROWS: frozenset[CheckType] = frozenset({"Volume", "Staleness", "KPI"})
"""Checks that need no rows: they are judged where a window has too few for all others."""
_RANK = {"Drift": 0, "Inconclusive": 1, "Stable": 2}


def run_checks(spec: DriftMonitorSpec, figures: Figures) -> list[Result]:
    """Every result: drift first, the strongest before the weaker."""
    found = [result for check in spec.checks for result in _run(check, spec, figures)]
    return sorted(
        found, key=lambda one: (_RANK[one.finding.verdict], -one.excess, one.finding.subject, one.finding.check)
    )


def _run(check: Check, spec: DriftMonitorSpec, figures: Figures) -> Sequence[Result]:
    watched = [one for one in figures.features if one.name not in spec.features.exclude]
    found = [*_CHECKS[check.type](check, watched, figures)]
    if check.by is not None and check.type in _IN_A_SEGMENT:
        found += in_segments(check, figures, spec.features.exclude, _IN_A_SEGMENT[check.type])
    if check.type in OF_ALL_INPUTS and figures.unwatched:
        found.append(nothing(check, "inputs", f"{figures.unwatched} more inputs are not watched: {TOO_MANY}"))
    return found


def _inputs(check: Check, watched: Sequence[Subject], figures: Figures) -> list[Result]:
    able = [one for one in watched if not _is_of_other_kind(check, one)]
    weights = [_weight(one, figures) for one in able]
    found = [_distance(check, one, figures.rows) for one in able]
    return [_weighed(*pair) for pair in zip(found, weights, able, strict=True)] or [nothing(check, "inputs")]


def _input_within(check: Check, subject: Subject, rows: int, figures: Figures) -> Result:
    return _weighed(_distance(check, subject, rows), _weight(subject, figures), subject)


def _prediction_within(check: Check, subject: Subject, rows: int, _: Figures) -> Result:
    return _distance(check, subject, rows)


def _missing_within(check: Check, subject: Subject, _: int, __: Figures) -> Result:
    return _missing(check, subject)


def _weight(subject: Subject, figures: Figures) -> float:
    return 1.0 if subject.importance is None else subject.importance * len(figures.features)


def _weighed(result: Result, weight: float, subject: Subject) -> Result:
    """What is surely there of a drift counts the more, the more the model rests on the input; 1 is an average input."""
    if subject.importance is None or not result.finding.low:
        return result
    surely = float(result.finding.low) / float(result.finding.threshold)
    finding = result.finding.model_copy(update={"importance": f"{100 * subject.importance:.3g}"})
    return Result(finding, weight * surely, result.rows_needed)


def _prediction(check: Check, _: Sequence[Subject], figures: Figures) -> list[Result]:
    predicted = figures.prediction
    return [_distance(check, predicted, figures.rows) if predicted else nothing(check, "prediction")]


def _missing_values(check: Check, watched: Sequence[Subject], _: Figures) -> list[Result]:
    return [_missing(check, one) for one in watched] or [nothing(check, "inputs")]


def _named_mean(check: Check, _: Sequence[Subject], figures: Figures) -> list[Result]:
    named = next((one for one in figures.features if one.name == check.feature), None)
    if named is None:
        return [nothing(check, check.feature or "", TOO_MANY if figures.unwatched else NO_SUCH_INPUT)]
    return [_mean(check, named)]


def _out_of_range(check: Check, watched: Sequence[Subject], figures: Figures) -> list[Result]:
    numbers = [(one, one.out_of_range) for one in watched if one.is_numeric is not False]
    return _shares(check, numbers, figures.rows, "beyond the reference")


def _new_categories(check: Check, watched: Sequence[Subject], figures: Figures) -> list[Result]:
    texts = [(one, one.new_categories) for one in watched if not one.is_numeric]
    return _shares(check, texts, figures.rows, "not in the reference")


def _units(check: Check, watched: Sequence[Subject], _: Figures) -> list[Result]:
    return [_unit(check, one) for one in watched if one.is_numeric is not False] or [nothing(check, "inputs", NO_INPUT)]


def _labelled(check: Check, _: Sequence[Subject], figures: Figures) -> list[Result]:
    return [_performance(check, figures.performance, NO_LABELS, "labelled rows")]


def _estimated(check: Check, _: Sequence[Subject], figures: Figures) -> list[Result]:
    return [_performance(check, figures.estimated, NO_ESTIMATE, "rows, estimated")]


def _concept(check: Check, _: Sequence[Subject], figures: Figures) -> list[Result]:
    """Drift where errors became larger; that they became smaller is nobody's worry."""
    found = figures.errors
    if found is None or found.rows < LEAST_LABELS:
        return [nothing(check, "errors", NO_LABELS)]
    if found.at is None or found.before is None or found.after is None:
        return [by_value(check, "errors", 0.0, 0.0, written="", shift="", shown=f"{found.mean:.4g}")]
    rise = found.after - found.before
    shift = f"mean error {found.before:.4g} → {found.after:.4g} at {timestamp(found.at)}, {found.rows} labelled rows"
    return [by_value(check, "errors", rise, 0.0, written="", shift=shift, shown=f"{found.after:.4g}")]


def _distance(check: Check, subject: Subject, rows: int) -> Result:
    threshold, interval = float(check.threshold or "0"), subject.distances.get(check.distance or "")
    if interval is None:
        return nothing(check, subject.name, _why_none(subject))
    if threshold > 1 and check.distance not in UNBOUNDED:
        return nothing(check, subject.name, f"{check.distance} is 0 to 1: a threshold of {check.threshold} is none")
    found = by_interval(
        check, subject.name, interval, threshold, rows=rows, written=f"{check.threshold}", shift=subject.shift
    )
    return _held_back(found, interval, threshold, subject.noise.get(check.distance or "", 0.0))


def _held_back(result: Result, interval: Interval, threshold: float, noise: float) -> Result:
    """With why a distance beyond the threshold is no drift, where the reference itself varies by more than that: more
    rows do not help then, but a longer window does, or a reference that covers more time."""
    if result.finding.verdict != "Inconclusive" or not interval.value > threshold or not noise > threshold:
        return result
    why = f"stretches of the reference as long as this window differ by up to {noise:.3g} themselves"
    shift = f"{result.finding.shift}; {why}" if result.finding.shift else why
    return Result(result.finding.model_copy(update={"shift": shift[:LONGEST_TEXT]}), result.excess)


def _why_none(subject: Subject) -> str:
    return NO_VALUE if subject.missing_percent == ALL else subject.not_compared


def _is_of_other_kind(check: Check, subject: Subject) -> bool:
    """Whether the distance is of numbers and the input is of none: other distances are known of it, and not this."""
    return check.distance in NUMBERS_ONLY and bool(subject.distances) and check.distance not in subject.distances


def _missing(check: Check, subject: Subject) -> Result:
    most, found = float(check.max_missing_percent or 0), subject.missing_percent
    if found is None:
        return nothing(check, subject.name)
    shift = subject.shift if "missing" in subject.shift else f"missing {found:.3g} %"
    return by_value(check, subject.name, found, most, written=f"{most:g}", shift=shift)


def _mean(check: Check, subject: Subject) -> Result:
    before, after = subject.reference_mean, subject.mean
    if before is None or after is None or before == 0:
        return nothing(check, subject.name, subject.not_compared)
    change = 100 * abs(after - before) / abs(before)
    shift = subject.shift or f"mean {before:.4g} → {after:.4g}"
    return by_value(check, subject.name, change, float(check.percent or 0), written=f"{check.percent}", shift=shift)


def _shares(check: Check, subjects: Sequence[tuple[Subject, Interval | None]], rows: int, what: str) -> list[Result]:
    """The share of values that the reference has not, in percent."""
    most, written, found = float(check.max_percent or "0"), f"{check.max_percent}", []
    for one, share in subjects:
        if share is None:
            found.append(nothing(check, one.name, NO_VALUE if one.missing_percent == ALL else NOT_IN_PROFILE))
        else:
            reach = f", {one.extremes[0]:.6g} to {one.extremes[1]:.6g}" if one.extremes else ""
            text = f"{share.value:.3g} % {what}{reach}" if share.value else ""
            found.append(by_interval(check, one.name, share, most, rows=rows, written=written, shift=text))
    return found or [nothing(check, "inputs", NO_INPUT)]


def _unit(check: Check, subject: Subject) -> Result:
    factor = subject.unit_factor
    if factor is None:
        return nothing(check, subject.name)
    shift = f"all numbers as if multiplied by {factor:.4g}" if factor != 1 else ""
    return by_value(check, subject.name, abs(math.log(factor)), 0.0, written="1", shift=shift, shown=f"{factor:.4g}")


def _performance(check: Check, figures: Sequence[Performance], otherwise: str, rows_in_words: str) -> Result:
    """How much worse than on the holdout: turned so that more is worse, whichever way the metric is good."""
    metric = check.metric or ""
    found = next((one for one in figures if one.name == metric), None)
    if found is None:
        return nothing(check, metric, otherwise)
    value, low, high = found.interval.value, found.interval.low, found.interval.high
    if higher_is_better(metric):
        drop = Interval(found.reference - value, found.reference - found.surely.high, found.reference - low)
    else:
        drop = Interval(value - found.reference, found.surely.low - found.reference, high - found.reference)
    shift = f"{metric} {found.reference:.4g} → {value:.4g} [{low:.4g}, {high:.4g}] on {found.rows} {rows_in_words}"
    most = float(check.max_drop or "0")
    return by_interval(check, metric, drop, most, rows=found.rows, written=f"{check.max_drop}", shift=shift)


_CHECKS: Mapping[CheckType, Callable[[Check, Sequence[Subject], Figures], Sequence[Result]]] = {
    "DataDrift": _inputs,
    "PredictionDrift": _prediction,
    "DataQuality": _missing_values,
    "OutOfRange": _out_of_range,
    "NewCategories": _new_categories,
    "UnitChange": _units,
    "MeanShift": _named_mean,
    "Performance": _labelled,
    "EstimatedPerformance": _estimated,
    "ConceptDrift": _concept,
    "Volume": volume,
    "Staleness": staleness,
    "KPI": kpi,
    "TrainServeSkew": skew,
}
_IN_A_SEGMENT: Mapping[CheckType, Judge] = {
    "DataDrift": _input_within,
    "PredictionDrift": _prediction_within,
    "DataQuality": _missing_within,
}
