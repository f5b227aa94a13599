"""Intervals of figures: what sampling, and the reference's own variation from day to day, leave open."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from leeboard.stats.distances import NAMES, Name, distance, divergence_of, from_divergence
from leeboard.stats.distributions import count_codes

DRAWS = 200
NOISE_PERCENTILE = 95


@dataclass(frozen=True)
class Interval:
    """A figure with both ends of its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Noise:
    """How far stretches of `rows` consecutive rows of the reference lie from the rest of it: 95th percentiles."""

    rows: int
    jensen_shannon: float
    psi: float

    def scaled(self, name: Name, rows: int) -> float:
        """As a divergence, for a window of `rows` rows.

        A longer window averages over more stretches, and a divergence that comes of their variation falls with their
        number, as one that comes of sampling falls with the number of rows. No less room is given than one stretch's.
        """
        divergence = float(divergence_of(name, self.jensen_shannon if name == "JensenShannon" else self.psi))
        return divergence * min(1.0, self.rows / max(rows, 1))


def normal_interval(value: float, standard_error: float, alpha: float) -> Interval:
    """value ± z · standard error, with coverage 1 - alpha for a normal estimate."""
    reach = z_value(alpha) * standard_error
    return Interval(value, value - reach, value + reach)


def z_value(alpha: float) -> float:
    """Quantile 1 - alpha / 2 of the standard normal distribution."""
    if not 0 < alpha < 1:
        raise ValueError(f"alpha has to lie between 0 and 1: {alpha}")
    return float(-ndtri(alpha / 2))


def distance_interval(
    name: Name, reference: NDArray[np.int64], window: NDArray[np.int64], *, alpha: float, seed: int, noise: float = 0.0
) -> Interval:
    """Distance between the distributions that two counts are samples of, with an interval.

    Sampling: a parametric bootstrap of both multinomials gives bias and standard error of the divergence, from which
    the ends are taken as for a normal estimate (Efron and Tibshirani 1993, chapters 6 and 10). Variation: `noise` is a
    divergence (`Noise.scaled`) by which a window may differ from its own long-run distribution, in any direction. On
    average that adds to the divergence from the reference, so it is taken off the lower end; the upper end, which
    would be lower without it, stays. The value itself always lies inside.
    Raises ValueError where one of the two is empty.
    """
    if not reference.sum() or not window.sum():
        raise ValueError("a distance needs counts on both sides")
    value = float(distance(name, reference, window))
    generator = np.random.default_rng(seed)
    drawn = divergence_of(name, distance(name, _resample(generator, reference), _resample(generator, window)))
    divergence = float(divergence_of(name, value))
    estimate = 2 * divergence - float(np.mean(drawn))
    reach = z_value(alpha) * float(np.std(drawn, ddof=1))
    low, high = from_divergence(name, estimate - reach - noise), from_divergence(name, estimate + reach)
    return Interval(value, min(low, value), max(high, value))


def block_noise(codes: NDArray[np.int64], size: int, blocks: int) -> Noise:
    """How far each of `blocks` stretches of consecutive rows lies from the rest; rows are in the order of time.

    Raises ValueError for fewer than two blocks or fewer rows than blocks.
    """
    if blocks < 2 or len(codes) < blocks:
        raise ValueError(f"{blocks} blocks of {len(codes)} rows")
    parts = np.stack([count_codes(part, size) for part in np.array_split(codes, blocks)])
    rest = parts.sum(axis=0) - parts
    figures = {name: distance(name, rest, parts) for name in NAMES}
    percentiles = {name: _percentile(values) for name, values in figures.items()}
    return Noise(len(codes) // blocks, percentiles["JensenShannon"], percentiles["PSI"])


def _percentile(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(np.percentile(known, NOISE_PERCENTILE)) if len(known) else 0.0


def _resample(generator: np.random.Generator, counts: NDArray[np.int64]) -> NDArray[np.int64]:
    total = int(counts.sum())
    return generator.multinomial(total, counts / total, size=DRAWS)
