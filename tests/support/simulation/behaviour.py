"""How the workloads of a simulated cluster behave; a story or a seed changes it as it goes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from tests.support.played_gateway import Mood

Said = Any
"""What a container leaves as its last words: an object, or text."""


@dataclass(frozen=True)
class Ending:
    """How one attempt of a Job ends: after `seconds`, with an exit code, in a container; 0 is success."""

    code: int = 0
    said: Said = ""
    container: str = ""
    seconds: float = 30.0


@dataclass(frozen=True)
class Behaviour:
    """Attempts of trainings and evaluations in order (the last one counts for all further ones), and of servers.

    `commit`, `data` and `metric` are what runs observe. Versions in `broken` cannot load; those in `slow` never get
    ready. Requests keep `busy` pods of what is autoscaled at work. A Job whose part is in `hanging` neither starts nor
    ends.
    """

    training: tuple[Ending, ...] = (Ending(),)
    evaluation: tuple[Ending, ...] = (Ending(),)
    hanging: frozenset[str] = frozenset()
    commit: str = "0123456789" * 4
    data: str = "a"
    metric: str = "0.73"
    broken: frozenset[str] = frozenset()
    slow: frozenset[str] = frozenset()
    ready_after: float = 5.0
    busy: int = 1
    gateway: Mood = "accepts"

    def attempt(self, part: str, number: int) -> Ending:
        """How that attempt, counted from 0, of a training or an evaluation ends."""
        endings = self.training if part == "training" else self.evaluation
        return endings[min(number, len(endings) - 1)]


@dataclass
class Present:
    """The behaviour as it is now."""

    behaviour: Behaviour = field(default_factory=Behaviour)

    def change(self, **fields: Any) -> None:
        """Replace fields of it."""
        self.behaviour = replace(self.behaviour, **fields)
