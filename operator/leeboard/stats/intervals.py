"""Intervals of figures: what sampling, and the reference's own variation from day to day, leave open."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import betaincinv, ndtri

from leeboard.stats.distances import UNBOUNDED, Name, divergence_of, from_divergence
from leeboard.stats.measures import Measure

DRAWS = 200
DRAWS_OF_ONE = 400
CHI_SQUARED: frozenset[Name] = frozenset({"JensenShannon", "Hellinger", "PSI"})
"""Divergences that are, of two samples that are nearly alike, a multiple of Pearson's chi-square."""


@dataclass(frozen=True)
class Interval:
    """A figure with both ends of its interval."""

    value: float
    low: float
    high: float


def normal_interval(value: float, standard_error: float, alpha: float) -> Interval:
    """value ± z · standard error, with coverage 1 - alpha for a normal estimate."""
    reach = z_value(alpha) * standard_error
    return Interval(value, value - reach, value + reach)


def share_interval(count: int, rows: int, *, alpha: float, drift_alpha: float) -> Interval:
    """A share with its exact interval (Clopper and Pearson 1934); the ends are wrong with chances as in
    `distance_interval`. Raises ValueError without rows."""
    if not 0 <= count <= rows or rows == 0:
        raise ValueError(f"{count} of {rows} rows")
    low = float(betaincinv(count, rows - count + 1, drift_alpha / 2)) if count else 0.0
    high = float(betaincinv(count + 1, rows - count, 1 - alpha / 2)) if count < rows else 1.0
    return Interval(count / rows, low, high)


def widened(interval: Interval, factor: float) -> Interval:
    """Both ends as many times as far from the value."""
    value = interval.value
    return Interval(value, value - factor * (value - interval.low), value + factor * (interval.high - value))


def z_value(alpha: float) -> float:
    """Quantile 1 - alpha / 2 of the standard normal distribution."""
    if not 0 < alpha < 1:
        raise ValueError(f"alpha has to lie between 0 and 1: {alpha}")
    return float(-ndtri(alpha / 2))


def distance_interval(
    measure: Measure,
    reference: NDArray[np.int64],
    window: NDArray[np.int64],
    *,
    alpha: float,
    seed: int,
    noise: float = 0.0,
    drift_alpha: float | None = None,
) -> Interval:
    """Distance between the distributions that two counts are samples of, with an interval.

    Sampling: a parametric bootstrap of both multinomials gives bias and standard error of the divergence, from which
    the ends are taken as for a normal estimate (Efron and Tibshirani 1993, chapters 6 and 10); the lower one, which
    decides about drift and may have to be very sure, from the law that the divergence has near its least value, where
    it is known (`_least_divergence`). Variation: `noise` is a divergence (`Noise.scaled`) by which a window may differ
    from its own long-run distribution, in any direction. On average that adds to the divergence from the reference, so
    it is taken off the lower end; the upper end, which would be lower without it, stays. Of a divergence that is 1 at
    most, what two distributions have in common (1 less the divergence) is made less by each of the two: these multiply.
    Where counts leave the figure open (`Measure.gap`), the ends include that. The value itself always lies inside.
    The ends are each wrong with a chance of `alpha` / 2, the lower one of `drift_alpha` / 2 where that is given.
    Raises ValueError where one of the two is empty.
    """
    if not reference.sum() or not window.sum():
        raise ValueError("a distance needs counts on both sides")
    known, found = measure.cells(reference), measure.cells(window)
    value = float(measure.of(known, found))
    generator = np.random.default_rng(seed)
    drawn = divergence_of(measure.name, measure.of(_resample(generator, known), _resample(generator, found)))
    estimate = 2 * float(divergence_of(measure.name, value)) - float(np.mean(drawn))
    error = float(np.std(drawn, ddof=1))
    surely = drift_alpha if drift_alpha is not None else alpha
    least = _least_divergence(measure, known, found, surely, generator)
    if least is None:
        least = estimate - z_value(surely) * error
    below, above = measure.gap(known, found)
    low = from_divergence(measure.name, _without(measure.name, least, noise)) - below
    high = from_divergence(measure.name, estimate + z_value(alpha) * error) + above
    return Interval(value, min(max(low, 0.0), value), max(high, value))


def _least_divergence(
    measure: Measure, a: NDArray[np.int64], b: NDArray[np.int64], alpha: float, generator: np.random.Generator
) -> float | None:
    """The smallest divergence of which that of two counts of cells is not too large; None where the law is not known.

    Two samples of one distribution have divergences that follow, as a multiple, chi-square (Pardo 2006, "Statistical
    Inference Based on Divergence Measures", chapter 3), not central where the distributions differ. Far out a normal
    law would be found wanting: chi-square has a long tail. With few rows a cell multiple and degrees of freedom are a
    little different from what they are in the limit; both are taken from draws of the two samples together.
    """
    if measure.name not in CHI_SQUARED or np.count_nonzero(a + b) < 2:
        return None
    shares = (a + b) / (a.sum() + b.sum())
    samples = (generator.multinomial(int(one.sum()), shares, size=DRAWS_OF_ONE) for one in (a, b))
    drawn = divergence_of(measure.name, measure.of(*samples))
    mean, variance = float(np.mean(drawn)), float(np.var(drawn))
    if not variance > 0:
        return None
    freedom, unit = 2 * mean**2 / variance, variance / (2 * mean)
    found = float(divergence_of(measure.name, measure.of(a, b)))
    return unit * _least_noncentrality(found / unit, freedom, alpha / 2)


def _least_noncentrality(found: float, freedom: float, tail: float) -> float:
    """The noncentrality at which a chi-square of `found` or more has the chance `tail`; 0 where none is that small.

    By Abdel-Aty's approximation (Biometrika 1954, 41:538): the cube root is nearly normal, in its tails too.
    """
    z = -float(ndtri(tail))

    def excess(noncentrality: float) -> float:
        mean = freedom + noncentrality
        variance = 2 * (1 + noncentrality / mean) / (9 * mean)
        return float((np.cbrt(found / mean) - (1 - variance)) / math.sqrt(variance) - z)

    if excess(0.0) <= 0:
        return 0.0
    return float(brentq(excess, 0.0, found))


def _without(name: Name, divergence: float, noise: float) -> float:
    """What is left of a divergence without variation; below 0 where that explains all of it."""
    if name in UNBOUNDED or not noise > 0:
        return divergence - noise
    return 1 - (1 - divergence) / (1 - noise) if noise < 1 else -math.inf


def _resample(generator: np.random.Generator, counts: NDArray[np.int64]) -> NDArray[np.int64]:
    total = int(counts.sum())
    return generator.multinomial(total, counts / total, size=DRAWS)
