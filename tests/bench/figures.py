"""What one size gave, and how the figures grow from size to size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

LINEAR = 1.25
"""The greatest exponent that still counts as linear: timings on a shared machine are not better than that."""
NOISE = {"settled_s": 3.0, "memory_mib": 15.0, "cpu_s": 2.0, "requests_per_change": 1.0, "p99_first_child_s": 0.5}
"""Differences between two sizes that mean nothing."""


@dataclass(frozen=True)
class Figures:
    """One size: `n` Models in `namespaces`. Times in seconds, memory in MiB; requests are those of the operator."""

    n: int
    namespaces: int
    objects: int
    first_s: float
    first_cpu_s: float
    first_requests: int
    settled_s: float
    cpu_s: float
    memory_mib: float
    memory_peak_mib: float
    start_requests: int
    requests_per_change: float
    requests_per_model: float
    p50_first_child_s: float
    p99_first_child_s: float
    idle_s: float
    idle_requests_per_minute: float
    idle_cpu_percent: float
    relists: int
    requests_per_relist: float
    changes: dict[str, int] = field(default_factory=dict)
    added: dict[str, int] = field(default_factory=dict)
    idle: dict[str, int] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


def exponent(sizes: Sequence[int], values: Sequence[float], noise: float) -> float | None:
    """The exponent with which what lies above the fixed cost grows from the second to the last of three sizes.

    The fixed cost is where the straight line through the first two meets zero Models, but not below zero: a program
    that takes 90 MiB with nothing to do would look sublinear without. 1 is linear. None where the values do not differ
    by more than noise.
    """
    (n1, n2, n3), (v1, v2, v3) = sizes, values
    if v3 - v2 <= noise:
        return None
    fixed = min(max(0.0, v1 - n1 * (v2 - v1) / (n2 - n1)), v2)
    above = max(v2 - fixed, noise * n2 / n3)
    return round(math.log((v3 - fixed) / above) / math.log(n3 / n2), 2)


def growth(figures: Sequence[Figures]) -> dict[str, float | None]:
    """The exponents of the figures that must not grow faster than the number of Models; empty without three sizes."""
    if len(figures) != 3:
        return {}
    sizes = [one.n for one in figures]
    return {
        name: exponent(sizes, [float(getattr(one, name)) for one in figures], noise) for name, noise in NOISE.items()
    }


def superlinear(grown: dict[str, float | None]) -> list[str]:
    """The figures that grow faster than linearly, beyond noise."""
    return [name for name, power in grown.items() if power is not None and power > LINEAR]


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least so many per cent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
