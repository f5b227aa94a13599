"""Changes that are put into held-out rows, each of one input at a time."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard.stats.distributions import Kind

Values = NDArray[Any]
NEW = "\u2020 a category that no reference has"


@dataclass(frozen=True)
class Change:
    """`make` turns values of an input of that kind into changed ones; `spread` is the reference's standard deviation.
    Where `kind` is None it is of any."""

    name: str
    kind: Kind | None
    make: Callable[[Values, float, np.random.Generator], Values]


def _shifted(by: float) -> Callable[[Values, float, np.random.Generator], Values]:
    return lambda values, spread, _: values + by * spread


def _wider(values: Values, _: float, __: np.random.Generator) -> Values:
    middle = np.nanmean(values) if np.isfinite(values).any() else 0.0
    changed: Values = middle + 1.5 * (values - middle)
    return changed


def _multiplied(values: Values, _: float, __: np.random.Generator) -> Values:
    changed: Values = values * 100
    return changed


def _replaced(share: float, by: object) -> Callable[[Values, float, np.random.Generator], Values]:
    def make(values: Values, _: float, generator: np.random.Generator) -> Values:
        changed = values.copy()
        changed[generator.random(len(values)) < share] = by
        return changed

    return make


def _most_frequent(values: Values, spread: float, generator: np.random.Generator) -> Values:
    known = [value for value in values.tolist() if value is not None]
    if not known:
        return values
    return _replaced(0.25, Counter(known).most_common(1)[0][0])(values, spread, generator)


CHANGES: tuple[Change, ...] = (
    Change("mean +0.25 standard deviations", "Numeric", _shifted(0.25)),
    Change("mean +0.5 standard deviations", "Numeric", _shifted(0.5)),
    Change("mean +1 standard deviation", "Numeric", _shifted(1.0)),
    Change("1.5 times as wide", "Numeric", _wider),
    Change("100 times as large", "Numeric", _multiplied),
    Change("a tenth of the numbers is missing", "Numeric", _replaced(0.1, np.nan)),
    Change("a tenth of the texts is missing", "Categorical", _replaced(0.1, None)),
    Change("a tenth is a new category", "Categorical", _replaced(0.1, NEW)),
    Change("a quarter becomes the most frequent", "Categorical", _most_frequent),
)
