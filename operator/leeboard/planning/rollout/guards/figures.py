"""What the evaluator says of each guard, as `status.evaluation.guards` has it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from leeboard.api.guard import Guard

MOST_ROWS = 64


@dataclass(frozen=True)
class GuardFigures:
    """By how much the candidate is worse than the champion, with both ends at `alpha`; larger is worse.

    Ends that are not known are infinite. `samples` are those of candidate and champion. Where there is no figure yet,
    `lacks` says of what: Requests, Labels or Figures. `worst` is the input that lies furthest out, `evidence` an
    e-value against "the candidate is no worse than is allowed", where there is one.
    """

    name: str
    type: str
    segment: str = ""
    unit: str = ""
    value: float = math.nan
    low: float = -math.inf
    high: float = math.inf
    alpha: float = 1.0
    samples: tuple[int, int] = (0, 0)
    evidence: float = math.nan
    worst: str = ""
    lacks: str = ""
    message: str = ""

    def is_of(self, guard: Guard) -> bool:
        """Whether it is a figure of a guard: of the whole, or of a segment, which follows in its name."""
        return self.type == guard.type and f"{self.name} ".startswith(f"{guard.title} ")

    def missing(self, limit: float) -> int | None:
        """About how many more samples of the candidate would show that it is within the limit; None where unknown.

        The width of an interval falls with the square root of the number of samples.
        """
        middle = self.value if math.isfinite(self.value) else math.inf
        if not self.samples[0] or not math.isfinite(self.high) or middle >= limit or self.high <= limit:
            return None
        needed = math.ceil(self.samples[0] * ((self.high - middle) / (limit - middle)) ** 2) - self.samples[0]
        return max(1, min(needed, 10**9))


def guard_figures(evaluation: Mapping[str, Any] | None) -> tuple[GuardFigures, ...]:
    """The rows that make sense; the others are left out, and their guards wait."""
    rows = (evaluation or {}).get("guards") or ()
    if not isinstance(rows, list | tuple):
        return ()
    found = (_read(row) for row in rows[:MOST_ROWS])
    return tuple(one for one in found if one is not None)


def _read(row: Any) -> GuardFigures | None:
    if not isinstance(row, Mapping):
        return None
    samples = row.get("samples") or {}
    try:
        read = GuardFigures(
            name=str(row["name"])[:512],
            type=str(row["type"]),
            segment=str(row.get("segment", ""))[:256],
            unit=str(row.get("unit", ""))[:32],
            value=float(row.get("value", "nan")),
            low=float(row.get("low", "-inf")),
            high=float(row.get("high", "inf")),
            alpha=float(row["alpha"]),
            samples=(int(samples.get("candidate", 0)), int(samples.get("champion", 0))),
            evidence=float(row.get("eValue", "nan")),
            worst=str(row.get("worst", ""))[:256],
            lacks=str(row.get("lacks", ""))[:32],
            message=str(row.get("message", ""))[:512],
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    return None if math.isnan(read.low) or math.isnan(read.high) or read.low > read.high else read
