"""One round of evaluation: every Model with a champion, and every DriftMonitor whose time has come."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from leeboard.api.base import API_VERSION
from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.durations import parse_duration
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.api.reasons import Reason
from leeboard.evaluator.arms_look import kept
from leeboard.evaluator.failures import EvaluationError
from leeboard.evaluator.figures import written
from leeboard.evaluator.guards.records import Records
from leeboard.evaluator.kpis import Kpis
from leeboard.evaluator.labelling import LabellingWindow, labelling_figures
from leeboard.evaluator.metrics import EvaluatorMetrics
from leeboard.evaluator.model_look import ModelLooks
from leeboard.evaluator.monitor_look import MonitorLook
from leeboard.evaluator.observations import Observations
from leeboard.evaluator.placebo import Placebo, Real, placebo, seed_of
from leeboard.evaluator.places import Kube, Place, Places, Raw
from leeboard.evaluator.report_page import report_page
from leeboard.kube.errors import KubeError, NotFound
from leeboard.kube.resources import DRIFT_MONITOR, MODEL, MODEL_VERSION, Resource
from leeboard.observability.context import about
from leeboard.planning.drift.looking import verdict_of
from leeboard.storage import StorageError

LOG = logging.getLogger("leeboard.evaluator")
AT_ONCE = 4
"""Objects that are evaluated at the same time."""


@dataclass
class Rounds:
    """Evaluates; `clock` gives the time, timezone-aware. `notify` is given all monitors, and must not wait."""

    kube: Kube
    places: Places
    metrics: EvaluatorMetrics
    namespaces: tuple[str, ...]
    clock: Callable[[], datetime]
    kpis: Kpis = field(default_factory=Kpis)
    notify: Callable[[Iterable[DriftMonitor]], None] = lambda _: None
    _evaluated: dict[str, datetime] = field(default_factory=dict)
    _complaints: dict[str, str] = field(default_factory=dict)
    _looks: ModelLooks = field(init=False)

    def __post_init__(self) -> None:
        """Rollouts are remembered from look to look."""
        self._looks = ModelLooks(self.places, self.kpis, Records(LOG.warning))

    async def run(self) -> None:
        """One round. Raises KubeError where the API server does not answer; what fails for one object stays with it."""
        models = {(m.metadata.namespace, m.metadata.name): m for m in await self._all(MODEL, Model)}
        listed = await self._all(MODEL_VERSION, ModelVersion)
        versions = {(v.metadata.namespace, v.metadata.name): v for v in listed}
        monitors = await self._all(DRIFT_MONITOR, DriftMonitor)
        self.notify(monitors)
        self._forget({one.metadata.uid for one in (*models.values(), *monitors)})
        gate = asyncio.Semaphore(AT_ONCE)
        tasks = [self._model(gate, model, versions) for model in models.values() if model.status.champion is not None]
        for monitor in monitors:
            model = models.get((monitor.metadata.namespace, monitor.spec.model_ref.name))
            if model is None or model.status.champion is None or not self._is_due(monitor):
                continue
            version = versions.get((model.metadata.namespace, model.status.champion.name))
            if version is not None:
                tasks.append(self._monitor(gate, monitor, model, version))
        await asyncio.gather(*tasks)

    async def _all(self, resource: Resource, kind: Any) -> list[Any]:
        """The objects of a kind that can be read; one that cannot is left out, and told of."""
        found: list[Any] = []
        for namespace in self.namespaces or (None,):
            for raw in await self.kube.list(resource, namespace):
                try:
                    found.append(kind.parse(raw))
                except ValidationError as error:
                    metadata = raw.get("metadata", {})
                    first = error.errors(include_url=False, include_input=False)[0]
                    place = ".".join(str(part) for part in first["loc"])
                    name = f"{resource.kind} {metadata.get('namespace')}/{metadata.get('name')}"
                    self._complain(str(metadata.get("uid")), name, f"{place}: {first['msg']}")
        return found

    def _is_due(self, monitor: DriftMonitor) -> bool:
        before = self._evaluated.get(_key(monitor))
        return before is None or self.clock() - before >= parse_duration(monitor.spec.window.every)

    async def _model(
        self, gate: asyncio.Semaphore, model: Model, versions: Mapping[tuple[str, str], ModelVersion]
    ) -> None:
        async def figures(now: datetime) -> Raw:
            place = await self.places.place_of(model)
            queried = await self._looks.queried(model, now)
            return await asyncio.to_thread(self._looks.figures, place, model, versions, now, queried)

        champion, candidate = model.status.champion, model.status.candidate
        about_versions = {
            "champion": champion.name if champion else "",
            "candidate": candidate.name if candidate else "",
        }
        async with gate:
            await self._evaluate(MODEL, model, about_versions, figures)

    async def _monitor(
        self, gate: asyncio.Semaphore, monitor: DriftMonitor, model: Model, version: ModelVersion
    ) -> None:
        async def figures(now: datetime) -> Raw:
            place = await self.places.place_of(model)
            kpis = await self.kpis.figures(model, monitor, version.metadata.name, now)
            return await asyncio.to_thread(self._monitor_figures, place, monitor, model, version, now, kpis=kpis)

        async with gate:
            good = await self._evaluate(DRIFT_MONITOR, monitor, {"version": version.metadata.name}, figures)
        if good:
            self._evaluated[_key(monitor)] = self.clock()

    def _monitor_figures(
        self, place: Place, monitor: DriftMonitor, model: Model, version: ModelVersion, now: datetime, *, kpis: Raw
    ) -> Raw:
        """The figures, and beside them what is made of the same windows: a placebo, rows for labels, a report."""
        profile, observations = self.places.profile(place, version), self.places.observations(place)
        look = MonitorLook(monitor, model, version, profile, observations, now)
        found, task, name = look.figures(kpis), model.spec.prediction.task, version.metadata.name
        figures = {"observedAt": written(now), "version": name, **found.figures}

        def tried() -> Raw:
            seed = seed_of(monitor.metadata.uid, written(now))
            real = Real(found.observed, found.segmented)
            return self._counted(placebo(monitor.spec, task, version, profile, real, seed=seed))

        def page() -> str:
            judged = monitor.model_copy(update={"status": monitor.status.model_copy(update={"evaluation": figures})})
            verdict, _ = verdict_of(judged, model, name, now)
            return report_page(judged, profile, found.observed, verdict, found.windows)

        window = LabellingWindow(name, look.start, now, profile, found.observed, found.feedback)
        self._beside("placebo of", monitor, tried)
        queued = self._beside(
            "rows for labels of", monitor, lambda: labelling_figures(observations, monitor, model, window)
        )
        report = self._beside("report of", monitor, lambda: _reported(observations, monitor, name, page))
        return found.figures | queued | report

    def _counted(self, found: Placebo | None) -> Raw:
        """What the same checks find where nothing drifts is counted, and stands in no figures."""
        if found is not None:
            self.metrics.placebo(alarmed=bool(found.drifted), expected=found.expected)
        return {}

    def _beside(self, what: str, monitor: DriftMonitor, work: Callable[[], Raw]) -> Raw:
        """What is kept beside the windows. Figures count without it: where it cannot be made or kept, that is told, and
        tried again in the next round.
        """
        key, told = f"{monitor.metadata.uid}/{what}", f"{what} {monitor.metadata.namespace}/{monitor.metadata.name}"
        try:
            found = work()
        except StorageError as error:
            self.metrics.failed(DRIFT_MONITOR.kind, error.reason)
            self._complain(key, told, error.message)
            return {}
        except Exception:
            # a fault of ours must not cost the figures
            LOG.exception("%s", told)
            self.metrics.failed(DRIFT_MONITOR.kind, Reason.EVALUATION_FAILED)
            return {}
        self._complaints.pop(key, None)
        return found

    async def _evaluate(
        self, resource: Resource, primary: Any, about_version: Raw, figures: Callable[[datetime], Awaitable[Raw]]
    ) -> bool:
        metadata, began = primary.metadata, time.monotonic()
        with about(resource.kind, metadata.namespace, metadata.name):
            good = await self._write(resource, primary, about_version, figures)
        self.metrics.evaluated(resource.kind, time.monotonic() - began)
        return good

    async def _write(
        self, resource: Resource, primary: Any, about_version: Raw, figures: Callable[[datetime], Awaitable[Raw]]
    ) -> bool:
        """Write figures, or why there are none, as a whole into `status.evaluation`; whether there were any."""
        now, metadata = self.clock(), primary.metadata
        name = f"{resource.kind} {metadata.namespace}/{metadata.name}"
        evaluation: Raw = {"observedAt": written(now), **about_version}
        try:
            evaluation |= await figures(now)
            self._complaints.pop(metadata.uid, None)
        except (EvaluationError, StorageError) as error:
            self._complain(metadata.uid, name, f"{error.reason}: {error.message}")
            evaluation["error"] = self._failed(resource, error.reason, error.message)
        except Exception as error:
            # a fault of ours that one object's data brought to light must not cost all others their figures
            LOG.exception("%s", name)
            evaluation["error"] = self._failed(resource, Reason.EVALUATION_FAILED, type(error).__name__)
        if "error" in evaluation:
            evaluation |= kept(primary.status.evaluation)
        status = {
            "apiVersion": API_VERSION,
            "kind": resource.kind,
            "metadata": {"namespace": metadata.namespace, "name": metadata.name},
            "status": {"evaluation": evaluation},
        }
        try:
            await self.kube.apply_status(status)
        except NotFound:
            return False  # deleted since it was listed
        except KubeError as error:
            self.metrics.failed(resource.kind, "Write")
            self._complain(f"{metadata.uid}/write", name, error.message)
            return False
        self._complaints.pop(f"{metadata.uid}/write", None)
        self.metrics.written(resource.kind)
        return "error" not in evaluation

    def _failed(self, resource: Resource, reason: Reason, message: str) -> Raw:
        self.metrics.failed(resource.kind, reason)
        return {"reason": str(reason), "message": message[:1024]}

    def _complain(self, key: str, name: str, text: str) -> None:
        """Say it once, until it is something else or was good in between."""
        if self._complaints.get(key) != text:
            self._complaints[key] = text
            LOG.warning("%s: %s", name, text)

    def _forget(self, living: set[str]) -> None:
        self._looks.records.forget(living)
        for memory in (self._evaluated, self._complaints):
            for key in [key for key in memory if key.partition("/")[0] not in living]:
                del memory[key]


def _reported(observations: Observations, monitor: DriftMonitor, version: str, page: Callable[[], str]) -> Raw:
    """Keep the report: the newest one, and while an episode is open that of the episode. Raises StorageError."""
    episode = monitor.status.episode
    name = episode.id if episode is not None and episode.ended_at is None else "newest"
    key = f"observations/{version}/reports/{monitor.metadata.name}/{name}.html"
    observations.store.put(key, page().encode(), overwrite=True)
    return {"report": key}


def _key(monitor: DriftMonitor) -> str:
    return f"{monitor.metadata.uid}/{monitor.metadata.generation}"
