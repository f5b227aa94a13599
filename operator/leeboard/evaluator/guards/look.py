"""One look at a rollout: candidate and champion over the same stretch of time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from leeboard.api.guard import Guard
from leeboard.api.model import Model
from leeboard.evaluator.drift_figures import Observed, Profile, observe
from leeboard.evaluator.guards.evidence import Evidence
from leeboard.evaluator.labels import Rows
from leeboard.evaluator.observations import Observations
from leeboard.evaluator.windows import Window


@dataclass(frozen=True, eq=False)
class Side:
    """One of the two versions with its windows; `read_profile` raises EvaluationError where it has none."""

    name: str
    windows: Sequence[Window]
    read_profile: Callable[[], Profile]

    @cached_property
    def profile(self) -> Profile:
        """Its reference."""
        return self.read_profile()

    @cached_property
    def observed(self) -> Observed:
        """Its windows on the bins of its reference."""
        return observe(self.profile, self.windows)

    @property
    def requests(self) -> int:
        """That its pods counted."""
        return sum(one.requests for one in self.windows)


@dataclass(frozen=True, eq=False)
class Look:
    """A rollout since the candidate got its first request. What is read from storage is read once."""

    model: Model
    candidate: Side
    champion: Side
    observations: Observations
    since: datetime
    now: datetime

    @property
    def sides(self) -> tuple[Side, Side]:
        """Candidate, champion."""
        return self.candidate, self.champion

    @cached_property
    def feedback(self) -> list[Rows]:
        """Labels that came since, at the pods of any version that served meanwhile."""
        status = self.model.status
        others = [one.name for one in (status.draining, *status.challengers) if one is not None]
        names = dict.fromkeys((self.candidate.name, self.champion.name, *others))
        return self.observations.feedback(list(names), self.since)

    @cached_property
    def ledgers(self) -> tuple[list[Rows], list[Rows]]:
        """The predictions of both."""
        first, second = (self.observations.ledger(one.name, self.since) for one in self.sides)
        return first, second

    def nothing(self, guard: Guard, alpha: float, lacks: str, message: str) -> Evidence:
        """That a guard has no figure yet."""
        return Evidence.model_validate(
            {
                "guard": guard.type,
                "subject": guard.subject,
                "alpha": alpha,
                "samples": tuple(one.requests for one in self.sides),
                "lacks": lacks,
                "message": message[:512],
            }
        )
