"""What each check says about the figures.

A distance or a metric is drift when its whole interval lies beyond the threshold, stable when its whole interval lies
short of it, and inconclusive in between. Missing values and means are counted exactly over the window and are
compared as they are.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from leeboard.api.drift_monitor import Check, DriftMonitorSpec, Finding
from leeboard.api.metrics import higher_is_better
from leeboard.planning.drift.figures import Figures, Interval, Subject

MOST_ROWS = 10**9
FINDINGS_LIMIT = 100
NUMBERS_ONLY = frozenset({"KolmogorovSmirnov", "Wasserstein"})
UNBOUNDED = frozenset({"PSI", "Wasserstein"})
NO_LABELS = "too few labels have come"
"""What a finding of Performance says where there is no figure."""
_RANK = {"Drift": 0, "Inconclusive": 1, "Stable": 2}


@dataclass(frozen=True)
class Result:
    """A finding, how far beyond its threshold it lies (1 is at the threshold), and the rows that are still needed."""

    finding: Finding
    excess: float
    rows_needed: int = 0


def run_checks(spec: DriftMonitorSpec, figures: Figures) -> list[Result]:
    """Every result: drift first, the strongest before the weaker."""
    found = [result for check in spec.checks for result in _run(check, spec, figures)]
    return sorted(
        found, key=lambda one: (_RANK[one.finding.verdict], -one.excess, one.finding.subject, one.finding.check)
    )


def _run(check: Check, spec: DriftMonitorSpec, figures: Figures) -> Iterable[Result]:
    watched = [one for one in figures.features if one.name not in spec.features.exclude]
    match check.type:
        case "DataDrift":
            able = [one for one in watched if not _is_of_other_kind(check, one)]
            return [_distance(check, one, figures.rows) for one in able] or [_nothing(check, "inputs")]
        case "PredictionDrift":
            predicted = figures.prediction
            return [_distance(check, predicted, figures.rows) if predicted else _nothing(check, "prediction")]
        case "DataQuality":
            return [_missing(check, one) for one in watched] or [_nothing(check, "inputs")]
        case "MeanShift":
            named = next((one for one in figures.features if one.name == check.feature), None)
            return [_mean(check, named) if named else _nothing(check, check.feature or "")]
        case "Performance":
            return [_performance(check, figures)]


def _distance(check: Check, subject: Subject, rows: int) -> Result:
    threshold, interval = float(check.threshold or "0"), subject.distances.get(check.distance or "")
    if interval is None:
        return _nothing(check, subject.name)
    if threshold > 1 and check.distance not in UNBOUNDED:
        return _nothing(check, subject.name, f"{check.distance} is 0 to 1: a threshold of {check.threshold} is none")
    return _by_interval(
        check, subject.name, interval, threshold, rows=rows, written=f"{check.threshold}", shift=subject.shift
    )


def _is_of_other_kind(check: Check, subject: Subject) -> bool:
    """Whether the distance is of numbers and the input is of none: other distances are known of it, and not this."""
    return check.distance in NUMBERS_ONLY and bool(subject.distances) and check.distance not in subject.distances


def _missing(check: Check, subject: Subject) -> Result:
    most, found = float(check.max_missing_percent or 0), subject.missing_percent
    if found is None:
        return _nothing(check, subject.name)
    shift = subject.shift if "missing" in subject.shift else f"missing {found:.3g} %"
    return _by_value(check, subject.name, found, most, written=f"{most:g}", shift=shift)


def _mean(check: Check, subject: Subject) -> Result:
    before, after = subject.reference_mean, subject.mean
    if before is None or after is None or before == 0:
        return _nothing(check, subject.name)
    change = 100 * abs(after - before) / abs(before)
    shift = subject.shift or f"mean {before:.4g} → {after:.4g}"
    return _by_value(check, subject.name, change, float(check.percent or 0), written=f"{check.percent}", shift=shift)


def _performance(check: Check, figures: Figures) -> Result:
    """How much worse than on the holdout: turned so that more is worse, whichever way the metric is good."""
    metric = check.metric or ""
    found = next((one for one in figures.performance if one.name == metric), None)
    if found is None:
        return _nothing(check, metric, NO_LABELS)
    value, low, high = found.interval.value, found.interval.low, found.interval.high
    if higher_is_better(metric):
        drop = Interval(found.reference - value, found.reference - found.surely.high, found.reference - low)
    else:
        drop = Interval(value - found.reference, found.surely.low - found.reference, high - found.reference)
    shift = f"{metric} {found.reference:.4g} → {value:.4g} [{low:.4g}, {high:.4g}] on {found.rows} labelled rows"
    most = float(check.max_drop or "0")
    return _by_interval(check, metric, drop, most, rows=found.rows, written=f"{check.max_drop}", shift=shift)


def _by_interval(
    check: Check, subject: str, interval: Interval, threshold: float, *, rows: int, written: str, shift: str
) -> Result:
    verdict, needed = "Inconclusive", 0
    if interval.low > threshold:
        verdict = "Drift"
    elif interval.high <= threshold:
        verdict = "Stable"
    else:
        needed = _rows_needed(interval, threshold, rows)
    ends = {"value": f"{interval.value:.4g}", "low": f"{interval.low:.4g}", "high": f"{interval.high:.4g}"}
    finding = Finding.model_validate(
        {
            "check": check.type,
            "subject": subject[:128],
            "verdict": verdict,
            "threshold": written,
            "shift": shift,
            **ends,
        }
    )
    return Result(finding, _excess(interval.value, threshold), needed)


def _by_value(check: Check, subject: str, value: float, most: float, *, written: str, shift: str) -> Result:
    finding = Finding(
        check=check.type,
        subject=subject[:128],
        verdict="Drift" if value > most else "Stable",
        value=f"{value:.4g}",
        threshold=written,
        shift=shift,
    )
    return Result(finding, _excess(value, most))


def _nothing(check: Check, subject: str, why: str = "there are no figures") -> Result:
    return Result(Finding(check=check.type, subject=subject[:128], verdict="Inconclusive", shift=why), 0.0)


def _excess(value: float, threshold: float) -> float:
    return value / threshold if threshold > 0 else (math.inf if value > 0 else 0.0)


def _rows_needed(interval: Interval, threshold: float, rows: int) -> int:
    """More rows until the interval, which narrows with their square root, leaves the threshold outside."""
    distance = abs(interval.value - threshold)
    side = interval.high - interval.value if interval.value <= threshold else interval.value - interval.low
    if distance == 0 or rows == 0:
        return max(1, rows)
    return min(MOST_ROWS, max(1, math.ceil(rows * (side / distance) ** 2) - rows))
