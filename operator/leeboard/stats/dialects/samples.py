"""Two samples of one column, as the tools take them: missing values and infinite numbers left out."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Sample = Sequence[Any] | NDArray[Any]
Floats = NDArray[np.float64]


def is_numeric(values: Sample) -> bool:
    """Whether a sample holds numbers; a list of Python's counts where every value is one."""
    array = values if isinstance(values, np.ndarray) else np.asarray(values, dtype=object)
    if array.dtype != object:
        return array.dtype.kind in "iufb"
    return all(isinstance(value, int | float | np.number) for value in array if value is not None)


def finite(values: Sample) -> Floats:
    """The finite numbers of a sample. Raises ValueError where there are none."""
    numbers = np.asarray(values, dtype=np.float64)
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        raise ValueError("a sample without finite numbers")
    return numbers


def texts(values: Sample) -> list[str]:
    """The categories of a sample that are not missing, as text. Raises ValueError where there are none."""
    found = [str(value) for value in values if value is not None and value == value]  # noqa: PLR0124 - NaN is not
    if not found:
        raise ValueError("a sample of missing values alone")
    return found


def category_counts(values: Sample, categories: Sequence[str]) -> Floats:
    """How often each of the categories occurs, and last how often anything else does."""
    places = {category: place for place, category in enumerate(categories)}
    found = np.fromiter((places.get(text, len(places)) for text in texts(values)), dtype=np.int64)
    return np.bincount(found, minlength=len(places) + 1).astype(np.float64)


def counts_of_both(reference: Sample, current: Sample) -> tuple[Floats, Floats]:
    """How often every category that either sample has occurs in each."""
    categories = sorted({*texts(reference), *texts(current)})
    return category_counts(reference, categories)[:-1], category_counts(current, categories)[:-1]


def bin_counts(numbers: Floats, edges: Floats) -> Floats:
    """Counts between edges, the last bin closed; numbers beyond them are in none."""
    return np.histogram(numbers, edges)[0].astype(np.float64)
