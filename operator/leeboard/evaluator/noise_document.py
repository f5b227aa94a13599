"""The noise of a reference as profile.json has it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from leeboard.evaluator.figures import noise_key
from leeboard.stats.distances import NAMES, Name
from leeboard.stats.noise import Noise, Stretches
from leeboard.stats.tails import Tail

MOST_LENGTHS = 64
_FIELDS = ("mean", "shape", "start", "excess", "beyond", "independent")
"""The order of the numbers of a tail."""


def noise_document(noise: Noise) -> dict[str, Any]:
    """As it is written: `rows`, a percentile for each distance, and `lengths` where their tails are known."""
    distances = {noise_key(name): float(f"{value:.6g}") for name, value in noise.distances.items()}
    lengths = [
        {"rows": one.rows, "count": one.count, **{noise_key(name): _written(tail) for name, tail in one.tails.items()}}
        for one in noise.lengths
    ]
    return {"rows": noise.rows} | distances | ({"lengths": lengths} if lengths else {})


def read_noise(raw: Mapping[str, Any]) -> Noise:
    """As it is read. Raises ValueError (KeyError, TypeError, AttributeError) for what is none."""
    distances = {name: float(raw[noise_key(name)]) for name in NAMES if noise_key(name) in raw}
    rows = int(raw["rows"])
    if rows < 1 or not all(0 <= value < math.inf for value in distances.values()):
        raise ValueError("a noise of no rows, or of what is no distance")
    return Noise(rows, distances, read_lengths(raw))


def read_lengths(raw: Mapping[str, Any]) -> tuple[Stretches, ...]:
    """The tails of every length, none where the profile is older than they are."""
    found = []
    for one in raw.get("lengths") or ():
        tails: dict[Name, Tail] = {name: _tail(one[noise_key(name)]) for name in NAMES if noise_key(name) in one}
        found.append(Stretches(int(one["rows"]), int(one["count"]), tails))
    order = [one.rows for one in found]
    if len(found) > MOST_LENGTHS or order != sorted(set(order)) or any(one.rows < 1 or one.count < 1 for one in found):
        raise ValueError("noise of more lengths than there may be, not in their order, or of no rows")
    return tuple(found)


def _written(tail: Tail) -> list[float]:
    return [float(f"{getattr(tail, name):.3g}") for name in _FIELDS]


def _tail(raw: Sequence[Any]) -> Tail:
    numbers = [float(value) for value in raw]
    if len(numbers) != len(_FIELDS) or not all(0 <= value < math.inf for value in numbers):
        raise ValueError(f"a tail of a noise has {len(_FIELDS)} numbers from 0")
    tail = Tail(*numbers)
    if min(tail.shape, tail.beyond, tail.independent) <= 0:
        raise ValueError("a tail of a noise without stretches, or without a shape")
    return tail
