"""The figures of an A/B test: what the callers of every version got, and what predictions earned.

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
from leeboard.evaluator.guards.tested import ArmLooked, Tested
from leeboard.evaluator.labels import LEDGER_REACH, Rows
from leeboard.evaluator.model_figures import Traffic
from leeboard.evaluator.observations import Observations
from leeboard.evaluator.rewards import NOTHING, Earning
from leeboard.planning.rollout.arms import figures as arms
from leeboard.planning.rollout.challengers.terms import limits_of
from leeboard.stats.bandit import Rewards

LATE = timedelta(minutes=2)
"""How long after a stretch of time exporters may write what they counted in it."""
Raw = dict[str, Any]


@dataclass(frozen=True, eq=False)
class ABTestLook:
    """One look at a test: the champion since the test began, and the challengers, since each of them is there. `read`
    gives a version since a moment."""

    model: Model
    test: ABTest
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
        rows = [self._row(side, since) for side, since in self.sides]
        return {
            "metric": self.test.metric.dump(),
            "champion": self.champion.name,
            "since": written(self.since),
            "until": written(self._at(len(self._until))),
            "versions": rows,
        }

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
        return Tested(test=self.test, most=most, over=closes is not None and self.now >= closes, arms=tuple(kept))

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
        found = arms.arm_figures({"champion": self.champion.name, "arms": told}, self.test.metric)
        try:
            since = datetime.fromisoformat(str(told.get("since")))
        except (ValueError, AttributeError):
            return self.now, {}
        same = any(one.name in found and found[one.name].since == _milliseconds(began) for one, began in self.compared)
        usable = same and self.champion.name in found and since.tzinfo is not None
        return (since, found) if usable else (self.now, {})

    @cached_property
    def _until(self) -> NDArray[np.float64]:
        return blocks.ends(self.since, self.now - LATE)

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
        return row | told | {"rewards": [arms.written(one) for one in self._rewards(side, since)]}

    def _rewards(self, side: Side, since: datetime) -> list[Rewards]:
        before = self._before[1].get(side.name)
        known = before is not None and before.since == _milliseconds(since)
        earlier = list(before.rewards) if known and before is not None else [NOTHING] * self._settled
        if len(self._until) <= len(earlier):
            return earlier
        prediction = self.model.spec.prediction
        earning = Earning(self.test.metric, prediction.task, parse_duration(prediction.label_delay))
        first = max(since, self._at(len(earlier)) - (earning.wait if earning.awaited else LEDGER_REACH))
        last = self._at(len(self._until)) - (earning.wait if earning.awaited else timedelta(0))
        ledger = self.observations.ledger(side.name, first, last) if last > first else []
        found = earning.trials(ledger, self._feedback, since)
        return [*earlier, *found.by_stretch(self._until, len(earlier))]

    def _share(self, side: Side, since: datetime) -> float | None:
        """Its part of the requests of all since it has been there; None where there are none."""
        counted = [sum(window.requests for window in one.windows if window.start >= since) for one, _ in self.sides]
        whole = sum(counted)
        own = sum(window.requests for window in side.windows if window.start >= since)
        return own / whole if whole else None


def kept(evaluation: Mapping[str, Any] | None) -> Raw:
    """What an evaluation that failed keeps of the one before: files of settled stretches may be gone by the next."""
    told = (evaluation or {}).get("arms")
    return {"arms": told} if told else {}


def _milliseconds(moment: datetime) -> datetime:
    """As `written` tells it."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
