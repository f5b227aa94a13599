"""What must hold at every moment, whoever crashes: checked at every change of an object."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.support.simulation.kube import Raw, SimulatedKube
from tests.support.simulation.rules.bounds import BoundsRule
from tests.support.simulation.rules.change import Change, Rule
from tests.support.simulation.rules.ownership import OwnershipRule
from tests.support.simulation.rules.rollout import RolloutRule
from tests.support.simulation.rules.routes import RoutesRule
from tests.support.simulation.rules.runs import RunsRule
from tests.support.simulation.rules.serving import ServingRule
from tests.support.simulation.rules.shares import SharesRule
from tests.support.simulation.rules.truth import TruthRule

RULES = (RunsRule, RolloutRule, ServingRule, RoutesRule, SharesRule, OwnershipRule, BoundsRule, TruthRule)


class InvariantBroken(AssertionError):
    """What must hold did not."""


class Invariants:
    """Gathers breaches instead of raising them: who made the change must not be disturbed."""

    def __init__(self, kube: SimulatedKube, now: Callable[[], datetime], rules: list[Rule] | None = None) -> None:
        self._kube = kube
        self._now = now
        self._rules: list[Rule] = rules or [rule() for rule in RULES]
        self.breaches: list[str] = []

    def copy(self, kube: SimulatedKube, now: Callable[[], datetime]) -> Invariants:
        """The same history under another clock."""
        return Invariants(kube, now, [rule.copy() for rule in self._rules])

    def changed(self, type_: Any, before: Raw | None, raw: Raw) -> None:
        """An object changed."""
        change = Change(type_, before, raw, self._kube.actor, self._kube, self._now())
        for rule in self._rules:
            self.breaches += [f"{self._now():%H:%M:%S} {change.actor}: {text}" for text in rule.breaches(change)]

    def careless(self, text: str) -> None:
        """A write without the precondition that it needs."""
        self.breaches.append(text)

    def unexpected(self, error: BaseException) -> None:
        """A reconcile failed for another reason than an answer of the API server."""
        self.breaches.append("".join(traceback.format_exception(error)[-3:]))

    def ended(self, task: asyncio.Task[None]) -> None:
        """A part of the simulation that should go on has ended."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self.unexpected(error)

    def check(self) -> None:
        """Raises InvariantBroken with the first breaches."""
        if self.breaches:
            raise InvariantBroken("\n".join(self.breaches[:5]))
