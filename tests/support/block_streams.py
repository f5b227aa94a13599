"""Streams of blocks for simulations: who answers is drawn at random, and failures by rates that may change."""

from collections.abc import Callable

import numpy as np

from leeboard.stats.sequential_blocks import Block

Curve = Callable[[np.ndarray], np.ndarray]
"""From the places of blocks, 0 to 1, to shares or rates."""


def constant(value: float) -> Curve:
    return lambda places: np.full_like(places, value)


def blocks(
    generator: np.random.Generator, count: int, size: int, *, share: Curve, rate_a: Curve, rate_b: Curve
) -> list[Block]:
    """`count` blocks of `size` requests; each goes to a with the block's share."""
    places = np.linspace(0, 1, count)
    trials_a = generator.binomial(size, share(places))
    trials_b = size - trials_a
    failures_a = generator.binomial(trials_a, rate_a(places))
    failures_b = generator.binomial(trials_b, rate_b(places))
    columns = (failures_a, trials_a, failures_b, trials_b)
    return [Block(*map(int, row)) for row in zip(*columns, strict=True)]
