"""Seeded plays of a whole namespace: whatever goes wrong at once, invariants hold and everything comes to rest.

`pytest tests/simulation/test_random_plays.py -k seed-17` plays one again; when it fails, its notes tell what happened,
line by line. Every operator has two workers, and in every second play there are two operators that both lead.
"""

from __future__ import annotations

from tests.support.simulation.chaos import Chaos


def test_whatever_goes_wrong_it_comes_to_rest(seed: int) -> None:
    Chaos(seed, leaders=1 + seed % 2).play()
