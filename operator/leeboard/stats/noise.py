"""How far a reference varies by itself: what stretches of it, of several lengths, differ from the rest of it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leeboard.stats.distances import UNBOUNDED, Name, divergence_of
from leeboard.stats.distributions import count_codes
from leeboard.stats.measures import Measure
from leeboard.stats.tails import Tail, tail_of

NOISE_PERCENTILE = 95
SHORTEST, MOST_STRETCHES, LEAST_STRETCHES = 50, 2000, 8
"""Rows of the shortest stretches; how many there are of one length at most, and of the longest at least."""
DRAWS = 200
_SEED = 0
_LONGER = math.e
"""A mean of parts is drift no more often than one of them beyond where it is the mean of all that lies beyond: of an
exponential tail, that is where a part lies e times as rarely."""


@dataclass(frozen=True)
class Stretches:
    """Of stretches of one length, `count` of them with `rows` each, the tails of their divergences from the rest."""

    rows: int
    count: int
    tails: Mapping[Name, Tail]


@dataclass(frozen=True)
class Noise:
    """How far stretches of `rows` consecutive rows of the reference lie from the rest of it: 95th percentiles by name;
    and the tails of several lengths, shortest first, none of profiles that were made before there were any.

    Of a distance that is not there no more is known than that it cannot be larger, as a total variation, than
    Jensen-Shannon allows (Lin 1991).
    """

    rows: int
    distances: Mapping[Name, float]
    lengths: tuple[Stretches, ...] = ()

    def of(self, name: Name) -> float:
        """The 95th percentile of that distance; infinite where nothing is known of it."""
        if name in self.distances:
            return self.distances[name]
        if name in {"PSI", "Wasserstein"} or "JensenShannon" not in self.distances:
            return math.inf
        return min(1.0, math.sqrt(2 * math.log(2)) * self.distances["JensenShannon"])

    def within(self, share: float) -> "Noise":
        """That of a part of all rows: a stretch of time varies by as much, and holds fewer rows of it."""
        lengths = tuple(Stretches(_part(one.rows, share), one.count, one.tails) for one in self.lengths)
        return Noise(_part(self.rows, share), self.distances, lengths)

    def scaled(self, name: Name, rows: int, alpha: float) -> float:
        """As a divergence, for a window of `rows` rows, that is exceeded with no more than the chance `alpha` / 2.

        By the tail of stretches as long as the window, or of the longest that are shorter. A longer stretch is a mean
        of shorter ones, and divergences are convex: what these allow at most, it keeps to as well. A window longer than
        all of them averages over several, and a divergence that comes of their variation falls with their number; no
        further than for a whole reference, which knows of nothing longer than itself.
        """
        known = [one for one in self.lengths if name in one.tails]
        if not known:
            return float(divergence_of(name, self.of(name))) * min(1.0, self.rows / max(rows, 1))
        bounded = name not in UNBOUNDED
        fitting = [one for one in known if one.rows <= rows] or known[:1]
        longest = fitting[-1]
        least = min(
            one.tails[name].quantile(alpha / 2 / (1 if one is longest else _LONGER), bounded=bounded) for one in fitting
        )
        if longest is not known[-1]:
            return least
        part = min(1.0, max(longest.rows / max(rows, 1), 1 / longest.count))
        if not bounded:
            return least * part
        return -math.expm1(part * math.log1p(-least)) if least < 1 else 1.0


def block_noise(codes: NDArray[np.int64], size: int, blocks: int, measures: Mapping[Name, Measure]) -> Noise:
    """How far each of `blocks` stretches of consecutive rows lies from the rest; rows are in the order of time.

    Raises ValueError for fewer than two blocks or fewer rows than blocks.
    """
    if blocks < 2 or len(codes) < blocks:
        raise ValueError(f"{blocks} blocks of {len(codes)} rows")
    parts = np.stack([count_codes(part, size) for part in np.array_split(codes, blocks)])
    rest = parts.sum(axis=0) - parts
    distances = {name: noise_percentile(one(rest, parts)) for name, one in measures.items()}
    return Noise(len(codes) // blocks, distances, _lengths(codes, size, measures))


def counts_of_lengths(rows: int, most: int = MOST_STRETCHES, step: int = 2) -> tuple[int, ...]:
    """Into how many stretches so many rows are cut, once for every length: each `step` times as long as the last."""
    shortest = max(SHORTEST, -(-rows // most))
    counts = []
    while rows // shortest >= LEAST_STRETCHES:
        counts.append(rows // shortest)
        shortest *= step
    return tuple(counts)


def tails_of(
    measures: Mapping[Name, Measure],
    stretches: tuple[NDArray[np.int64], NDArray[np.int64]],
    drawn: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> dict[Name, Tail]:
    """The tails of stretches, each the counts to compare with and its own, and of such as are drawn without order."""
    found = {}
    for name, one in measures.items():
        divergences, usual = (_known(divergence_of(name, one(*pair))) for pair in (stretches, drawn))
        if len(divergences) >= LEAST_STRETCHES and len(usual) > 1:
            found[name] = tail_of(divergences, usual, bounded=name not in UNBOUNDED)
    return found


def noise_percentile(values: NDArray[np.float64]) -> float:
    """What distances between stretches of one reference hardly ever exceed; 0 where none is known."""
    known = values[~np.isnan(values)]
    return float(np.percentile(known, NOISE_PERCENTILE)) if len(known) else 0.0


def _lengths(codes: NDArray[np.int64], size: int, measures: Mapping[Name, Measure]) -> tuple[Stretches, ...]:
    known, generator, found = codes >= 0, np.random.default_rng(_SEED), []
    for count in counts_of_lengths(len(codes)):
        stretch = np.arange(len(codes)) * count // len(codes)
        flat = np.bincount(stretch[known] * size + codes[known], minlength=count * size)
        parts = flat.reshape(count, size)
        whole = parts.sum(axis=0)
        rows = int(whole.sum()) // count
        drawn = generator.multivariate_hypergeometric(whole, rows, size=DRAWS, method="marginals")
        tails = tails_of(measures, (whole - parts, parts), (whole - drawn, drawn))
        if tails:
            found.append(Stretches(len(codes) // count, count, tails))
    return tuple(found)


def _known(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Without those of stretches that have no value at all."""
    return values[~np.isnan(values)]


def _part(rows: int, share: float) -> int:
    return max(1, round(rows * share))
