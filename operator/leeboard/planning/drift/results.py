"""What one check says about one subject."""

import math
from dataclasses import dataclass

from leeboard.api.drift_check import Check
from leeboard.api.drift_status import Finding
from leeboard.planning.drift.figures import Interval

MOST_ROWS = 10**9
NO_FIGURES = "there are no figures"


@dataclass(frozen=True)
class Result:
    """A finding, how far beyond its threshold it lies (1 is at the threshold), and the rows that are still needed."""

    finding: Finding
    excess: float
    rows_needed: int = 0


def by_interval(
    check: Check, subject: str, interval: Interval, threshold: float, *, rows: int, written: str, shift: str
) -> Result:
    """Drift where the whole interval lies beyond the threshold, Stable where it lies short of it, else Inconclusive."""
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


def by_value(
    check: Check, subject: str, value: float, most: float, *, written: str, shift: str, shown: str = ""
) -> Result:
    """Of what was counted as it is: Drift above `most`, else Stable; `shown` is how the value is written."""
    finding = Finding(
        check=check.type,
        subject=subject[:128],
        verdict="Drift" if value > most else "Stable",
        value=shown or f"{value:.4g}",
        threshold=written,
        shift=shift,
    )
    return Result(finding, _excess(value, most))


def nothing(check: Check, subject: str, why: str = NO_FIGURES) -> Result:
    """Inconclusive: there is nothing to compare."""
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
