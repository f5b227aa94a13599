"""A story: what users, workloads and the evaluator do, step by step, with time to settle in between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.support.simulation.world import World


@dataclass(frozen=True)
class Step:
    """Something happens, and so many seconds pass."""

    text: str
    act: Callable[[World], Any]
    seconds: float = 60.0


@dataclass(frozen=True)
class Story:
    """The steps, and an assertion about the end, so that a story tells what its title says."""

    title: str
    steps: Sequence[Step]
    end: Callable[[World], Any]

    def __str__(self) -> str:
        return self.title
