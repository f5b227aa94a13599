"""One look at a Model: its traffic and, during a canary, the figures of its guards and the record of the rollout."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from leeboard.api.model import Model
from leeboard.api.model_status import Candidate, ServedVersion
from leeboard.api.model_version import ModelVersion
from leeboard.api.reasons import Reason
from leeboard.evaluator.arms_look import ArmsLook
from leeboard.evaluator.challengers import compared
from leeboard.evaluator.drift_figures import Profile
from leeboard.evaluator.failures import EvaluationError
from leeboard.evaluator.figures import written
from leeboard.evaluator.guards.evidence import Evidence
from leeboard.evaluator.guards.gathered import gathered
from leeboard.evaluator.guards.look import Look, Side
from leeboard.evaluator.guards.queries import asked
from leeboard.evaluator.guards.record import RolloutRecord, looked, traffic_of
from leeboard.evaluator.guards.records import Records
from leeboard.evaluator.kpis import Kpis
from leeboard.evaluator.leaving import leaving_figures
from leeboard.evaluator.model_figures import Traffic, model_figures
from leeboard.evaluator.observations import Observations
from leeboard.evaluator.places import Place, Places
from leeboard.evaluator.routed import routed_figures
from leeboard.evaluator.windows import Window
from leeboard.planning.rollout.arms.callers import callers_of
from leeboard.planning.rollout.guards.rule import share_of
from leeboard.storage import StorageError

Raw = dict[str, Any]
WITHOUT_CANDIDATE = timedelta(minutes=10)
"""How far back the figures of a Model reach while there is no rollout."""


@dataclass(frozen=True)
class ModelLooks:
    """Looks at Models; `versions` are those of the registry, by namespace and name."""

    places: Places
    kpis: Kpis
    records: Records = field(default_factory=Records)

    async def queried(self, model: Model, now: datetime) -> dict[str, list[Evidence]]:
        """What Prometheus says of the guards that ask it, by the version that has callers beside the champion."""
        champion, candidate = model.status.champion, model.status.candidate
        if champion is None:
            return {}
        compared = [(one.name, since) for one, since in callers_of(model)]
        if candidate is not None and _is_compared(candidate):
            compared.append((candidate.name, candidate.compared_since))
        alpha = share_of(model.spec.rollout.analysis)
        return {
            name: await asked(self.kpis, model, (name, champion.name), (since, now), alpha) for name, since in compared
        }

    def figures(
        self,
        place: Place,
        model: Model,
        versions: Mapping[tuple[str, str], ModelVersion],
        now: datetime,
        queried: Mapping[str, Sequence[Evidence]] | None = None,
    ) -> Raw:
        """`status.evaluation` of a Model. Blocks; raises EvaluationError and StorageError."""
        champion, candidate = model.status.champion, model.status.candidate
        if champion is None:
            raise EvaluationError(Reason.NO_VERSION, "no champion")
        observations = self.places.observations(place)
        since = candidate.compared_since if candidate else max(champion.since, now - WITHOUT_CANDIDATE)

        def side(served: ServedVersion, since: datetime) -> Side:
            profile = partial(self._profile, place, versions, (model.metadata.namespace, served.name))
            return Side(served.name, observations.windows(served.name, since, now).windows, profile)

        of_champion = side(champion, since)
        of_candidate = side(candidate, since) if candidate else None
        traffic = [(one.name, Traffic.of(one.windows)) for one in (of_candidate, of_champion) if one is not None]
        figures = {"since": written(since)} | model_figures(traffic[0] if of_candidate else None, traffic[-1])
        figures |= compared(observations, model, champion, now)
        read = partial(self._windows, observations, now)
        figures |= leaving_figures(model, read) | routed_figures(model, read)
        if candidate is not None and of_candidate is not None and _is_compared(candidate):
            look = Look(model, of_candidate, of_champion, observations, since, now)
            figures |= self._guarded(look, candidate, (queried or {}).get(candidate.name, ()))
        figures |= self._tested(model, observations, side, now, queried or {})
        try:
            self.records.end(observations.store, model, now)
        except StorageError as error:
            self.records.complain(f"record of a rollout of {model.metadata.name}: {error.message}")
        return figures

    def _guarded(self, look: Look, candidate: Candidate, queried: Sequence[Evidence]) -> Raw:
        """`guards` and `record`: what they say, and where all of it is kept."""
        model, analysis = look.model, look.model.spec.rollout.analysis
        sides = [traffic_of(one.windows) for one in look.sides]
        assert candidate.canary_started_at is not None  # noqa: S101 - it is compared
        found = looked(analysis, candidate.canary_started_at, look.now, (sides[0], sides[1]), gathered(look, queried))
        begun = _begun(model, look.candidate.name, candidate.canary_started_at)
        figures: Raw = {"guards": list(found.guards)}
        try:
            return figures | {"record": self.records.look(look.observations.store, model, begun, found)}
        except StorageError as error:
            # figures count without it
            self.records.complain(f"record of the rollout of {model.metadata.name}: {error.message}")
            return figures

    @staticmethod
    def _windows(observations: Observations, now: datetime, version: str, since: datetime) -> Sequence[Window]:
        return observations.windows(version, since, now).windows

    def _tested(
        self,
        model: Model,
        observations: Observations,
        side: Callable[[ServedVersion, datetime], Side],
        now: datetime,
        queried: Mapping[str, Sequence[Evidence]],
    ) -> Raw:
        """`arms`, where champion and challengers share the callers."""
        champion, test, compared = model.status.champion, model.spec.rollout.shared, callers_of(model)
        if champion is None or test is None or not compared:
            return {}
        look = ArmsLook(model, test, champion, tuple(compared), side, observations, now)
        document, looks = look.looked(queried)
        rows = {row["name"]: row for row in document["versions"]}
        for name, (since, found) in looks.items():
            try:
                rows[name]["record"] = self.records.look(observations.store, model, _begun(model, name, since), found)
            except StorageError as error:
                self.records.complain(f"record of the test of {name}: {error.message}")
        return {"arms": document}

    def _profile(
        self, place: Place, versions: Mapping[tuple[str, str], ModelVersion], address: tuple[str, str]
    ) -> Profile:
        version = versions.get(address)
        if version is None:
            raise EvaluationError(Reason.VERSION_NOT_FOUND, f"there is no version {address[1]}")
        return self.places.profile(place, version)


def _begun(model: Model, version: str, since: datetime) -> RolloutRecord:
    """The record of a rollout without a look."""
    champion = model.status.champion
    return RolloutRecord(
        namespace=model.metadata.namespace,
        model=model.metadata.name,
        candidate=version,
        champion=champion.name if champion is not None else "",
        started_at=since,
        analysis=model.spec.rollout.analysis,
    )


def _is_compared(candidate: Candidate | None) -> bool:
    return candidate is not None and candidate.phase == "Canary" and candidate.canary_started_at is not None
