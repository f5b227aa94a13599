"""The job beside the rounds that merges and removes observations, while no round runs."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from pydantic import ValidationError

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.durations import parse_duration
from leeboard.api.model import Model
from leeboard.api.reasons import Reason, explain
from leeboard.evaluator.failures import EvaluationError
from leeboard.evaluator.labels import ledger_reach
from leeboard.evaluator.metrics import EvaluatorMetrics
from leeboard.evaluator.places import Kube, Place, Places
from leeboard.evaluator.retention.planner import Keeping
from leeboard.evaluator.retention.tidying import Outcome, Tidying
from leeboard.kube.errors import KubeError
from leeboard.kube.resources import DRIFT_MONITOR, MODEL, Resource
from leeboard.observability.context import about
from leeboard.storage import StorageError

LOG = logging.getLogger("leeboard.evaluator.retention")
BETWEEN_LOOKS = 60.0
"""Seconds."""
AFTER_ALL, AFTER_ERROR, AFTER_REFUSAL = timedelta(hours=1), timedelta(hours=1), timedelta(days=1)
"""Until a folder is gone through again; one where there is more to do comes with the next look."""
PATIENCE = 5.0
"""Seconds that a step waits for the end of a round: rounds that follow each other without rest only slow this down."""
NEEDS = "to merge and remove files, the keys have to be allowed to list, read, write and delete below observations/"
MODEL_LOOK_BACK = timedelta(minutes=10)
"""What figures of a Model without a rollout are of."""

Kept = TypeVar("Kept", Model, DriftMonitor)


class Moments:
    """When there is time for what is not urgent. Threads may ask."""

    def __init__(self) -> None:
        self._idle, self._ended = threading.Event(), threading.Event()
        self._idle.set()

    @contextlib.contextmanager
    def busy(self) -> Iterator[None]:
        """A round runs."""
        self._idle.clear()
        try:
            yield
        finally:
            self._idle.set()

    def end(self) -> None:
        """The process ends: nothing goes on."""
        self._ended.set()
        self._idle.set()

    def may_go_on(self) -> bool:
        """Waits for the end of a round; False where the process ends."""
        self._idle.wait(PATIENCE)
        return not self._ended.is_set()


@dataclass(frozen=True)
class Folder:
    """What lies at one URI: it may be of several Models, and then what is kept longest counts."""

    models: tuple[Model, ...]
    keeping: Keeping


def folders(models: Iterable[Model], monitors: Iterable[DriftMonitor], now: datetime) -> list[Folder]:
    """The folders of Models, each once, with what is kept there."""
    windows: dict[tuple[str | None, str], timedelta] = {}
    for monitor in monitors:
        watched = (monitor.metadata.namespace, monitor.spec.model_ref.name)
        windows[watched] = max(windows.get(watched, timedelta(0)), parse_duration(monitor.spec.window.length))
    found: dict[tuple[str | None, str], list[Model]] = {}
    for model in models:
        found.setdefault((model.spec.storage.endpoint, model.spec.storage.uri), []).append(model)
    return [
        Folder(
            tuple(those),
            Keeping(
                retain=max(parse_duration(one.spec.observations.retain) for one in those),
                look_back=max(_look_back(one, windows, now) for one in those),
                rows=_rows(those),
                reach=max(ledger_reach(parse_duration(one.spec.prediction.label_delay)) for one in those),
            ),
        )
        for those in found.values()
    ]


def _rows(models: Iterable[Model]) -> dict[str, timedelta]:
    """How long Models keep logged rows. Their files do not tell those of one name in several namespaces apart."""
    found: dict[str, list[timedelta | None]] = {}
    for model in models:
        logging = model.spec.serving.logging
        kept = parse_duration(logging.retain) if logging is not None and logging.retain is not None else None
        found.setdefault(model.metadata.name, []).append(kept)
    return {name: max(filter(None, kept)) for name, kept in found.items() if all(kept)}


def _look_back(model: Model, windows: dict[tuple[str | None, str], timedelta], now: datetime) -> timedelta:
    candidate = model.status.candidate
    began = [one.compared_since for one in model.status.challengers if one.compared_since is not None]
    began += [candidate.compared_since] if candidate is not None else []
    rollout = now - min(began, default=now)
    return max(MODEL_LOOK_BACK, rollout, windows.get((model.metadata.namespace, model.metadata.name), timedelta(0)))


@dataclass
class Retention:
    """Goes through the folders of all Models; `clock` gives the time, timezone-aware."""

    kube: Kube
    places: Places
    metrics: EvaluatorMetrics
    namespaces: tuple[str, ...]
    clock: Callable[[], datetime]
    moments: Moments
    _due: dict[str, tuple[Place | None, datetime]] = field(default_factory=dict)
    _tidyings: dict[Place, Tidying] = field(default_factory=dict)
    _complaints: dict[str, str] = field(default_factory=dict)

    async def repeat(self, stop: asyncio.Event) -> None:
        """Look after look, until `stop`."""
        while not stop.is_set():
            try:
                await self.look()
            except Exception:
                # figures come without it, and the next look may be better
                LOG.exception("observations are not tidied")
                self.metrics.untidied(Reason.EVALUATION_FAILED)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), BETWEEN_LOOKS)

    async def look(self) -> None:
        """Go through every folder whose time has come. What fails for one stays with it."""
        now = self.clock()
        try:
            models, monitors = await self._all(MODEL, Model), await self._all(DRIFT_MONITOR, DriftMonitor)
        except KubeError:
            return  # the rounds tell of it
        except ValidationError as error:
            # an object that cannot be read may look further back than any other
            self._complain("", f"nothing is removed while a {error.title} cannot be read")
            return
        self._complaints.pop("", None)
        found = {one.models[0].metadata.uid: one for one in folders(models, monitors, now)}
        for uid, folder in found.items():
            with about(MODEL.kind, folder.models[0].metadata.namespace, folder.models[0].metadata.name):
                self._due[uid] = await self._looked_at(uid, folder, now)
        for gone in set(self._due) - set(found):
            del self._due[gone]
            self._complaints.pop(gone, None)
        places = {place for place, _ in self._due.values()}
        self._tidyings = {place: tidying for place, tidying in self._tidyings.items() if place in places}

    async def _all(self, resource: Resource, kind: type[Kept]) -> list[Kept]:
        """Raises KubeError, and ValidationError where one of them cannot be read."""
        return [kind.parse(raw) for one in self.namespaces or (None,) for raw in await self.kube.list(resource, one)]

    async def _looked_at(self, uid: str, folder: Folder, now: datetime) -> tuple[Place | None, datetime]:
        """How the folder is reached, and when its time comes again; other keys are tried at once."""
        before, due = self._due.get(uid, (None, now))
        place: Place | None = None
        try:
            place = await self.places.place_of(folder.models[0])
            if now < due and place == before:
                return before, due
            done = await asyncio.to_thread(self._tidied, place, folder.keeping, now)
        except (EvaluationError, StorageError) as error:
            if now < due and place == before:
                return before, due
            self._failed(uid, error.reason, error.message)
            return place, now + (AFTER_REFUSAL if error.reason is Reason.STORAGE_FORBIDDEN else AFTER_ERROR)
        except Exception:
            # a fault of ours must not cost the others their retention
            LOG.exception("observations are not tidied")
            self.metrics.untidied(Reason.EVALUATION_FAILED)
            return place, now + AFTER_ERROR
        self._complaints.pop(uid, None)
        return place, now + (AFTER_ALL if done else timedelta(0))

    def _tidied(self, place: Place, keeping: Keeping, now: datetime) -> bool:
        if place not in self._tidyings:
            store = self.places.observations(place).store
            self._tidyings[place] = Tidying(store, self._count, self.moments.may_go_on)
        return self._tidyings[place].tidy(keeping, now)

    def _count(self, outcome: Outcome, count: int) -> None:
        told = {
            "compacted": self.metrics.compacted,
            "expired": self.metrics.out_of_time,
            "forgotten": self.metrics.rows_out_of_time,
        }
        told[outcome](count)

    def _failed(self, uid: str, reason: Reason, message: str) -> None:
        self.metrics.untidied(reason)
        advice = f"; {NEEDS}" if reason is Reason.STORAGE_FORBIDDEN else ""
        self._complain(uid, f"observations are not tidied: {reason}: {explain(reason, message)}{advice}")

    def _complain(self, key: str, text: str) -> None:
        """Say it once, until it is something else or was good in between."""
        if self._complaints.get(key) != text:
            self._complaints[key] = text
            LOG.warning("%s", text)
