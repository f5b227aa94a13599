"""When a share of rows left what is to be expected of it, where that swings with the clock.

The log-odds of the share in a slice of time are those that are expected of it plus an excess, which is one number
before the change and another after it: a logistic regression with an offset (McCullagh and Nelder 1989, "Generalized
Linear Models", section 4.3), at the most likely cut as in `leeboard.stats.onset`. Where the same is expected of all
slices, the two are one.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from leeboard.stats.onset import LEAST_EVIDENCE, LEAST_ROWS

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]
MOST_LOGIT = 12.0
"""Of what is expected: a share of six in a million, or all but that, is no surer known of any reference."""
MOST_EXCESS, STEPS, LONGEST_STEP = 24.0, 40, 2.0
DIGITS = 2
"""Of an expected log-odds: slices that differ by less than a percent of their odds are counted together."""


class SeasonalOnset(NamedTuple):
    """`slice` is the first slice after the change; `before` and `after` by how much the log-odds exceed what is
    expected, before it and from it on."""

    slice: int
    before: float
    after: float


def seasonal_onset(hits: Counts, rows: Counts, expected: Floats) -> SeasonalOnset | None:
    """The most likely single change of how far `hits` among `rows` are from the `expected` shares (0 to 1), by slice in
    the order of time; None where the slices do not tell of one.

    Raises ValueError for hits that are no part of the rows, or expected shares that are none.
    """
    if hits.shape != rows.shape or hits.ndim != 1 or bool(((hits < 0) | (hits > rows)).any()):
        raise ValueError("hits that are no part of the rows")
    if expected.shape != rows.shape or not bool(((expected >= 0) & (expected <= 1)).all()):
        raise ValueError("expected shares that are none")
    if len(rows) < 2:
        return None
    offsets: Floats = np.round(np.clip(logit(expected), -MOST_LOGIT, MOST_LOGIT), DIGITS).astype(np.float64)
    known, groups = np.unique(offsets, return_inverse=True)
    by_group = np.zeros((len(rows), len(known)))
    by_group[np.arange(len(rows)), groups] = rows
    counted, found = np.cumsum(by_group, axis=0), np.cumsum(hits)
    before = _excess(found[:-1], counted[:-1], known)
    after = _excess(found[-1] - found[:-1], counted[-1] - counted[:-1], known)
    whole = _excess(found[-1:], counted[-1:], known)
    evidence = 2 * (
        _likelihood(before, found[:-1], counted[:-1], known)
        + _likelihood(after, found[-1] - found[:-1], counted[-1] - counted[:-1], known)
        - _likelihood(whole, found[-1:], counted[-1:], known)
    )
    enough = np.minimum(counted[:-1].sum(axis=1), (counted[-1] - counted[:-1]).sum(axis=1)) >= LEAST_ROWS
    evidence = np.where(enough, evidence, -np.inf)
    cut = int(np.argmax(evidence))
    if evidence[cut] < LEAST_EVIDENCE:
        return None
    return SeasonalOnset(cut + 1, float(before[cut]), float(after[cut]))


def _excess(hits: Counts, rows: Floats, offsets: Floats) -> Floats:
    """The most likely excess for each of several parts: hits (parts), rows (parts, offsets). Newton's method, in steps
    that are cut, so that it stays where the likelihood is concave; bounded where all rows, or none, are hits."""
    excess: Floats = np.zeros(len(hits))
    for _ in range(STEPS):
        shares: Floats = expit(excess[:, None] + offsets)
        slope = (rows * shares * (1 - shares)).sum(axis=1)
        step = (hits - (rows * shares).sum(axis=1)) / np.maximum(slope, np.finfo(np.float64).tiny)
        moved: Floats = np.clip(excess + np.clip(step, -LONGEST_STEP, LONGEST_STEP), -MOST_EXCESS, MOST_EXCESS)
        if bool((np.abs(moved - excess) < 1e-9).all()):
            return moved
        excess = moved
    return excess


def _likelihood(excess: Floats, hits: Counts, rows: Floats, offsets: Floats) -> Floats:
    """The logarithm, without what does not depend on the excess."""
    found: Floats = excess * hits - (rows * np.logaddexp(0.0, excess[:, None] + offsets)).sum(axis=1)
    return found
