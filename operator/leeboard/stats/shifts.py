"""What moved between a reference and a window, in a few words, and the order in which to show it."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import numpy as np

from leeboard.stats.distributions import Distribution

LEAST_POINTS = 1.0
"""A share that changed by less, in percentage points, is not worth a word."""
MEAN_SHARE_OF_STD = 0.1
LONGEST_CATEGORY = 40
UNSEEN = "categories not seen in the reference"

Item = TypeVar("Item")


def describe_shift(reference: Distribution, window: Distribution, others: str = UNSEEN) -> str:
    """Such as "mean 12.1 → 17.9", "UA 3 % → 11 %" or "missing 0 % → 8 %"; empty where nothing worth a word moved.

    `others` is what the last bin of categories is.
    """
    if not window.rows or not reference.rows:
        return ""
    parts = [_mean(reference, window)] if reference.bins.kind == "Numeric" else [_category(reference, window, others)]
    parts.append(_share("missing", reference.missing_percent, window.missing_percent))
    parts.append(_share("infinite", _percent(reference, reference.infinite), _percent(window, window.infinite)))
    return ", ".join(part for part in parts if part)


def written(value: float) -> str:
    """A number with four significant digits, and all of those before the point where it is below ten million."""
    return f"{value:.0f}" if 1e4 <= abs(value) < 1e7 else f"{value:.4g}"


def ranked(items: Iterable[Item], strength: Callable[[Item], tuple[float, ...]]) -> list[Item]:
    """The strongest first; equal ones keep their order."""
    return sorted(items, key=lambda item: tuple(-value for value in strength(item)))


def _mean(reference: Distribution, window: Distribution) -> str:
    before, after = reference.mean, window.mean
    if before is None or after is None:
        return ""
    if abs(after - before) > MEAN_SHARE_OF_STD * (reference.std or 0.0):
        return f"mean {written(before)} → {written(after)}"
    spread, now = reference.std or 0.0, window.std or 0.0
    if abs(now - spread) > MEAN_SHARE_OF_STD * spread:
        return f"standard deviation {written(spread)} → {written(now)}"
    return ""


def _category(reference: Distribution, window: Distribution, others: str) -> str:
    before, after = 100 * reference.shares(), 100 * window.shares()
    moved = int(np.argmax(np.abs(after - before)))
    names = (*reference.bins.categories, others)
    return _share(names[moved][:LONGEST_CATEGORY], float(before[moved]), float(after[moved]))


def _share(name: str, before: float, after: float) -> str:
    return f"{name} {before:.3g} % → {after:.3g} %" if abs(after - before) >= LEAST_POINTS else ""


def _percent(distribution: Distribution, number: int) -> float:
    return 100.0 * number / distribution.rows
