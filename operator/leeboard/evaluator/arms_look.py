"""The figures of an A/B test or a bandit: what the requests of every version got, and what predictions earned.

What was earned in a stretch of time is settled once that is over, and stands in the status from then on: it is neither
read again, nor lost with the files that it came from.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard.api.ab_test import ABTest
from leeboard.api.bandit import Bandit
from leeboard.api.durations import parse_duration
from leeboard.api.model import Model
from leeboard.api.model_status import Challenger, ServedVersion
from leeboard.evaluator.figures import figure, written
from leeboard.evaluator.guards import blocks
from leeboard.evaluator.guards.evidence import Evidence
from leeboard.evaluator.guards.gathered import gathered
from leeboard.evaluator.guards.look import Look, Side
from leeboard.evaluator.guards.record import Looked, guarded, rows_of, tested, traffic_of
from leeboard.evaluator.guards.record import Traffic as Counted
from leeboard.evaluator.guards.tested import ArmLooked, SharedLooked, Tested
from leeboard.evaluator.labels import LEDGER_REACH, Rows
from leeboard.evaluator.model_figures import Traffic
from leeboard.evaluator.observations import Observations
from leeboard.evaluator.propensities import logged
from leeboard.evaluator.rewards import Earning, Trials
from leeboard.planning.rollout.arms import figures as arms
from leeboard.planning.rollout.arms import pace
from leeboard.planning.rollout.arms.logged import Epoch, worth
from leeboard.planning.rollout.challengers.terms import limits_of
from leeboard.planning.traffic.taken_over import SETTLED
from leeboard.stats.bandit import NO_REWARDS, Rewards

LATE = timedelta(minutes=2)
"""How long after a stretch of time exporters may write what they counted in it."""
CONFIDENCE = 1.96
"""Standard errors of 95 %, for one look."""
Raw = dict[str, Any]


@dataclass(frozen=True, eq=False)
class ArmsLook:
    """One look at a test or a bandit: the champion since it began, and the challengers, since each of them is there.
    `read` gives a version since a moment."""

    model: Model
    test: ABTest | Bandit
    champion: ServedVersion
    compared: tuple[tuple[Challenger, datetime], ...]
    read: Callable[[ServedVersion, datetime], Side]
    observations: Observations
    now: datetime

    @cached_property
    def sides(self) -> tuple[tuple[Side, datetime], ...]:
        """Champion first, each with since when it counts."""
        served = ((self.champion, self.since), *self.compared)
        return tuple((self.read(one, since), since) for one, since in served)

    def document(self) -> Raw:
        """`arms` of `status.evaluation`, without what guards say. Raises StorageError."""
        log = self.log
        rows = [self._row(side, since) | _worth(log, side.name) for side, since in self.sides]
        return {
            **arms.terms_of_figures(self.test),
            "champion": self.champion.name,
            "since": written(self.since),
            "until": written(self._at(len(self._until))),
            "versions": rows,
        } | ({"log": [one.dump() for one in log]} if log else {})

    def looked(self, queried: Mapping[str, Sequence[Evidence]]) -> tuple[Raw, dict[str, tuple[datetime, Looked]]]:
        """The document with what guards say, and for each challenger since when it counts and what there is to record.
        Raises StorageError."""
        document, analysis = self.document(), self.model.spec.rollout.analysis
        rows = {row["name"]: row for row in document["versions"]}
        sides: dict[str, tuple[Counted, Counted]] = {}
        evidence: dict[str, tuple[Evidence, ...]] = {}
        for side, since in self.sides[1:]:
            pair = Look(self.model, side, self.read(self.champion, since), self.observations, since, self.now)
            found = gathered(pair, queried.get(side.name, ()))
            rows[side.name]["guards"] = list(rows_of(analysis, found))
            evidence[side.name], sides[side.name] = found, (traffic_of(side.windows), traffic_of(pair.champion.windows))
        test = self._recorded(rows, sides)
        looks: dict[str, tuple[datetime, Looked]] = {}
        for side, since in self.sides[1:]:
            name = side.name
            look = tested(analysis, name, self.now, sides[name], found=evidence[name], test=test)
            looks[name] = since, look
        return document, looks

    def _recorded(self, rows: Mapping[str, Raw], sides: Mapping[str, tuple[Counted, Counted]]) -> Tested:
        analysis, longest = self.model.spec.rollout.analysis, self.model.spec.rollout.analysis.max_duration
        closes = None if longest is None else max(since for _, since in self.compared) + parse_duration(longest)
        kept = [
            ArmLooked.of(
                name,
                row["requests"],
                tuple(arms.read(one) for one in row["rewards"]),
                guarded(analysis, sides[name], tuple(row["guards"])) if name in sides else None,
            )
            for name, row in rows.items()
        ]
        most = limits_of(self.model).most
        over = closes is not None and self.now >= closes
        return Tested(test=self.test, most=most, over=over, arms=tuple(kept), shared=self._shared())

    def _shared(self) -> tuple[SharedLooked, ...]:
        decided = [one for one in self.model.status.shares for epoch in self.log if epoch.is_of(one)]
        return tuple(SharedLooked.of(epoch, one.stretches) for epoch, one in zip(self.log, decided, strict=True))

    @cached_property
    def log(self) -> tuple[Epoch, ...]:
        """What was earned by the shares of the time, of a bandit."""
        if not isinstance(self.test, Bandit):
            return ()
        told = (self.model.status.evaluation or {}).get("arms") or {}
        before = told.get("log") if self._before[1] else None
        found = {name: trials for name, (_, trials) in self._earned.items() if trials is not None}
        return logged(self.model.status.shares, self.since, self.champion.name, before, found)

    @cached_property
    def since(self) -> datetime:
        """From when on stretches are counted: as before while any challenger of before is still there."""
        return self._before[0] if self._before[1] else min(since for _, since in self.compared)

    @cached_property
    def _before(self) -> tuple[datetime, dict[str, arms.ArmFigures]]:
        """What an earlier look has settled; nothing where no challenger of that test is left."""
        evaluation = self.model.status.evaluation or {}
        told = evaluation.get("arms") or {}
        # a document of an evaluation that failed has them, too
        found = arms.arm_figures({"champion": self.champion.name, "arms": told}, self.test)
        try:
            since = datetime.fromisoformat(str(told.get("since")))
        except (ValueError, AttributeError):
            return self.now, {}
        same = any(one.name in found and found[one.name].since == _milliseconds(began) for one, began in self.compared)
        usable = same and self.champion.name in found and since.tzinfo is not None
        return (since, found) if usable else (self.now, {})

    @cached_property
    def _until(self) -> NDArray[np.float64]:
        last = self.now - LATE
        if isinstance(self.test, Bandit):
            elapsed = pace.ends(self.test, (last - self.since).total_seconds())
            return np.array([self.since.timestamp() + one for one in elapsed])
        return blocks.ends(self.since, last)

    @cached_property
    def _settled(self) -> int:
        """Stretches that an earlier look has counted."""
        return min((len(one.rewards) for one in self._before[1].values()), default=0)

    @cached_property
    def _feedback(self) -> list[Rows]:
        status = self.model.status
        places = (status.champion, status.candidate, status.draining, *status.challengers)
        return self.observations.feedback([one.name for one in places if one is not None], self.since)

    def _at(self, stretches: int) -> datetime:
        return datetime.fromtimestamp(self._until[stretches - 1], UTC) if stretches else self.since

    def _row(self, side: Side, since: datetime) -> Raw:
        row = Traffic.of(side.windows).described(side.name) | {"since": written(since)}
        share = self._share(side, since)
        told = {"share": figure(share)} if share is not None else {}
        return row | told | {"rewards": [arms.written(one) for one in self._earned[side.name][0]]}

    @cached_property
    def _earned(self) -> dict[str, tuple[list[Rewards], Trials | None]]:
        """By version what it earned in every stretch, and the trials that became known since the look before."""
        return {side.name: self._earned_by(side, since) for side, since in self.sides}

    def _earned_by(self, side: Side, since: datetime) -> tuple[list[Rewards], Trials | None]:
        before = self._before[1].get(side.name)
        known = before is not None and before.since == _milliseconds(since)
        earlier = list(before.rewards) if known and before is not None else [NO_REWARDS] * self._settled
        if len(self._until) <= len(earlier):
            return earlier, None
        prediction = self.model.spec.prediction
        earning = Earning(self.test.metric, prediction.task, parse_duration(prediction.label_delay))
        first = max(since, self._at(len(earlier)) - (earning.wait if earning.awaited else LEDGER_REACH))
        last = self._at(len(self._until)) - (earning.wait if earning.awaited else timedelta(0))
        ledger = self.observations.ledger(side.name, first, last) if last > first else []
        found = earning.trials(ledger, self._feedback, since).known_in(self._until, len(earlier))
        return [*earlier, *found.by_stretch(self._until, len(earlier))], found

    def _share(self, side: Side, since: datetime) -> float | None:
        """Its part of the requests of all since it has been there, of a bandit since shares have changed; None where
        there are none."""
        if isinstance(self.test, Bandit) and self.model.status.shares:
            since = max(since, self.model.status.shares[-1].at + SETTLED)
        counted = [sum(window.requests for window in one.windows if window.start >= since) for one, _ in self.sides]
        whole = sum(counted)
        own = sum(window.requests for window in side.windows if window.start >= since)
        return own / whole if whole else None


def _worth(log: Sequence[Epoch], version: str) -> Raw:
    """What a version is worth by the propensities, with two standard errors; empty where nothing is known."""
    found = worth(log, version)
    if found is None:
        return {}
    low, high = (found.value + side * CONFIDENCE * found.standard_error for side in (-1, 1))
    return {"worth": {"value": figure(found.value), "low": figure(low), "high": figure(high)}}


def kept(evaluation: Mapping[str, Any] | None) -> Raw:
    """What an evaluation that failed keeps of the one before: files of settled stretches may be gone by the next."""
    told = (evaluation or {}).get("arms")
    return {"arms": told} if told else {}


def _milliseconds(moment: datetime) -> datetime:
    """As `written` tells it."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
