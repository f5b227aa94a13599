"""How far a stretch of a reference may lie from the rest of it, as rarely as is asked for: the tail of what was seen.

Divergences of stretches are told on a scale of surprise. Where rows are independent, the divergence of a stretch is
about a gamma variable, whose mean m and shape a follow from draws without order, and beyond r times the mean it lies
with a chance of no more than exp(-s),

    s = a (r - 1 - ln r)

(Chernoff's bound of a gamma variable). So surprises of independent rows have an exponential tail of scale 1; where
rows come in spells the tail is longer, and its scale is learned from the largest surprises. Of k excesses with mean y
above the (k + 1)-th largest of n stretches, u, the next stretch exceeds u + t with the chance

    (k + 1) / (n + 1) · (1 + t / (k y))^-k

for an exponential tail: excesses of order statistics are independent (Renyi 1953), and a new one over the mean of k is
an F variable of 2 and 2k degrees of freedom. So few stretches make a long tail by themselves. Stretches that follow
each other are alike; k and n are what independent ones would be worth: both divided by the integrated autocorrelation
time (Geyer 1992, "Practical Markov Chain Monte Carlo", section 3.3, the initial positive sequence).

A divergence that cannot be larger than 1 is taken as -ln(1 - d): its tail ends there (a generalised Pareto tail with
a known end; Smith 1987, "Estimating tails of probability distributions").
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LARGEST_SHARE = 0.5
"""Of all stretches, what belongs to the tail at most."""
_NEARLY_ONE = 1 - 1e-12
_LARGEST = 700.0
"""Of an exponent."""


@dataclass(frozen=True)
class Tail:
    """Of divergences: `mean` and `shape` are those of independent rows; `start` and `excess` the surprise that the tail
    begins at, and the mean of what lies beyond; `beyond` of `independent` stretches lie there."""

    mean: float
    shape: float
    start: float
    excess: float
    beyond: float
    independent: float

    def quantile(self, chance: float, *, bounded: bool) -> float:
        """By how much a stretch differs beyond what its number of rows explains; more with no more than that chance.

        A divergence; `bounded` where it is 1 at most.
        """
        if not 0 < chance < 1:
            raise ValueError(f"a chance of {chance}")
        if not self.mean > 0:
            return 0.0
        usual = math.log(1 / chance)
        more = self.mean * (_ratio(self._surprise(chance) / self.shape) - _ratio(usual / self.shape))
        return max(0.0, -math.expm1(-more) if bounded else more)

    def _surprise(self, chance: float) -> float:
        share = (self.beyond + 1) / (self.independent + 1)
        if share <= chance:
            return self.start
        power = min(_LARGEST, math.log(share / chance) / self.beyond)
        return self.start + self.beyond * self.excess * math.expm1(power)


def tail_of(divergences: Floats, of_independent: Floats, *, bounded: bool) -> Tail:
    """The tail of the divergences of stretches, in the order of time; `of_independent` are those of as many rows drawn
    from all of them. Raises ValueError for fewer than four stretches or two draws."""
    if len(divergences) < 4 or len(of_independent) < 2:
        raise ValueError(f"{len(divergences)} stretches and {len(of_independent)} draws")
    found, drawn = _unbounded(divergences, bounded), _unbounded(of_independent, bounded)
    mean, variance = float(np.mean(drawn)), float(np.var(drawn))
    if not (mean > 0 and variance > 0):
        return Tail(0.0, 1.0, 0.0, 0.0, 1.0, float(len(found)))
    shape = mean**2 / variance
    ratios = np.maximum(found / mean, 1.0)
    surprises = np.maximum(shape * (ratios - 1 - np.log(ratios)), 0.0)
    in_order = np.sort(surprises)[::-1]
    beyond = max(2, min(int(LARGEST_SHARE * len(found)), round(2 * math.sqrt(len(found)))))
    start = float(in_order[beyond])
    excess = max(0.0, float(np.mean(in_order[:beyond])) - start)
    alike = autocorrelation_time(found)
    return Tail(mean, shape, start, excess, max(1.0, beyond / alike), max(2.0, len(found) / alike))


def autocorrelation_time(series: Floats) -> float:
    """How many values of a series that follow each other are worth as much as one independent one; 1 or more."""
    centred = series - series.mean()
    variance = float(centred @ centred)
    if variance <= 0:
        return 1.0
    size = 1 << (2 * len(series) - 1).bit_length()
    spectrum = np.fft.rfft(centred, size)
    correlations = np.fft.irfft(spectrum * np.conj(spectrum), size)[: len(series)] / variance
    pairs = correlations[: len(series) // 2 * 2].reshape(-1, 2).sum(axis=1)
    ends = np.flatnonzero(pairs <= 0)
    positive = pairs[: ends[0]] if len(ends) else pairs
    return max(1.0, 2 * float(positive.sum()) - 1)


def _unbounded(divergences: Floats, bounded: bool) -> Floats:
    values: Floats = np.maximum(np.asarray(divergences, dtype=np.float64), 0.0)
    return -np.log1p(-np.minimum(values, _NEARLY_ONE)) if bounded else values


def _ratio(scaled: float) -> float:
    """The r > 1 of which r - 1 - ln r is that, by Newton's method from above."""
    ratio = 1 + scaled + math.sqrt(2 * scaled)
    for _ in range(50):
        step = (ratio - 1 - math.log(ratio) - scaled) / (1 - 1 / ratio) if ratio > 1 else 0.0
        ratio -= step
        if abs(step) <= 1e-12 * ratio:
            break
    return max(1.0, ratio)
