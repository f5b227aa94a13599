"""Train-serve skew: how many values of a sample are not those that are computed anew for the same rows."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

TOLERANCE = 1e-4
"""Of numbers, relative to the larger of both: one side may keep them in 32 bits."""


def unequal_numbers(served: NDArray[np.float64], computed: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which numbers differ, both of shape (rows,). A missing one (NaN) equals a missing one alone, and an infinite one
    the same infinite one. Raises ValueError for other shapes."""
    _same_shape(served, computed)
    with np.errstate(invalid="ignore", over="ignore"):
        scale = np.maximum(np.abs(served), np.abs(computed))
        apart = ~(np.abs(served - computed) <= TOLERANCE * scale)
    alike = (served == computed) | (np.isnan(served) & np.isnan(computed))
    either_infinite = np.isinf(served) | np.isinf(computed)
    unequal: NDArray[np.bool_] = ~alike & (apart | either_infinite)
    return unequal


def unequal_texts(served: NDArray[Any], computed: NDArray[Any]) -> NDArray[np.bool_]:
    """The same of texts; None is a missing one."""
    _same_shape(served, computed)
    unequal: NDArray[np.bool_] = np.asarray(served != computed, dtype=np.bool_)
    return unequal


def typical_ratio(served: NDArray[np.float64], computed: NDArray[np.float64]) -> float | None:
    """By what computed numbers seem to be multiplied when served: the median of the ratios of those that are no zero;
    None without any."""
    usable = np.isfinite(served) & np.isfinite(computed) & (computed != 0)
    return float(np.median(served[usable] / computed[usable])) if usable.any() else None


def _same_shape(served: NDArray[Any], computed: NDArray[Any]) -> None:
    if served.shape != computed.shape or served.ndim != 1:
        raise ValueError(f"{served.shape} values beside {computed.shape}")
