"""Tells webhooks what is due, beside the rounds: a webhook that does not answer holds up neither figures nor others.

What was sent is remembered here until it stands in status, and from there on there: a restart sends nothing again that
was recorded. Between the two a crash makes for a repetition, under the same id. A monitor that is gone has no status
any more: what its webhooks heard of is remembered here alone, until they took that it has ended.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from leeboard.api.base import API_VERSION
from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.notifications import Delivery
from leeboard.api.reasons import Reason
from leeboard.evaluator.failures import EvaluationError
from leeboard.evaluator.metrics import EvaluatorMetrics
from leeboard.evaluator.webhooks.addresses import AllowedAddresses
from leeboard.evaluator.webhooks.documents import alerts, document
from leeboard.evaluator.webhooks.receiver import Raw, Receiver
from leeboard.evaluator.webhooks.sender import ALERTS_PATH, NotTaken, send
from leeboard.evaluator.webhooks.signature import headers
from leeboard.kube.errors import Forbidden, KubeError, NotFound
from leeboard.kube.resources import DRIFT_MONITOR, SECRET, Resource
from leeboard.observability.context import about
from leeboard.planning.drift.notifications import Notification, due, failed, parting, recorded, taken

LOG = logging.getLogger("leeboard.evaluator")
FIELD_MANAGER = "leeboard-notifier"
"""Of `status.deliveries`. With the figures' own manager, every write of one field would take the other away."""
AT_ONCE = 32
"""Monitors whose webhooks are told at the same time."""
TIME_TO_END = 12.0
"""Seconds that notifications on their way are given at the end of the process: longer than one takes."""


class Kube(Protocol):
    """What the notifier asks of the API server."""

    async def get(self, resource: Resource, namespace: str, name: str) -> Raw:
        """The live object. Raises NotFound."""

    async def list(self, resource: Resource, namespace: str | None) -> list[Raw]:
        """The live objects of a namespace."""

    async def apply_status(self, obj: Raw, *, field_manager: str | None = None) -> Raw:
        """Server-side apply of the status subresource. Raises NotFound, and Conflict for another uid."""


@dataclass
class Notifier:
    """Sends, and writes `status.deliveries`, which nobody else does; `clock` gives the time, timezone-aware."""

    kube: Kube
    allowed: AllowedAddresses
    metrics: EvaluatorMetrics
    clock: Callable[[], datetime]
    _gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _records: dict[str, tuple[Delivery, ...]] = field(default_factory=dict)
    """By the monitors' uid; newer than what a list of monitors holds, which may have been made before a write."""
    _unwritten: set[str] = field(default_factory=set)
    _seen: dict[str, DriftMonitor] = field(default_factory=dict)
    """Monitors that have a webhook, as they were last seen; and those that are gone, until all is told of them."""

    def look(self, monitors: Iterable[DriftMonitor]) -> None:
        """Begin to tell what is due of all monitors there are. Returns at once; one under way is let go on."""
        living = {monitor.metadata.uid: monitor for monitor in monitors}
        kept = living.keys() | self._tasks.keys() | self._seen.keys()
        self._records = {uid: one for uid, one in self._records.items() if uid in kept}
        self._unwritten &= kept
        for uid, monitor in living.items():
            if uid not in self._tasks and self._has_work(monitor):
                self._begin(uid, self._work(monitor))
        for uid, monitor in self._seen.items():
            if uid not in living and uid not in self._tasks:
                self._begin(uid, self._part(monitor))
        told = {uid: one for uid, one in living.items() if any(action.webhook for action in one.spec.actions)}
        self._seen = {uid: one for uid, one in self._seen.items() if uid not in living} | told

    def _begin(self, uid: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=f"webhooks of {uid}")
        self._tasks[uid] = task
        task.add_done_callback(partial(self._ended, uid))

    def _ended(self, uid: str, task: asyncio.Task[None]) -> None:
        del self._tasks[uid]
        if not task.cancelled() and (error := task.exception()) is not None:
            # ours; the next round begins anew with what is remembered
            LOG.error("webhooks of %s", uid, exc_info=error)

    async def idle(self) -> None:
        """Wait until nothing is under way."""
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def close(self) -> None:
        """Give what is under way the time to end, and end it then."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks.values(), timeout=TIME_TO_END)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _record(self, monitor: DriftMonitor) -> tuple[Delivery, ...]:
        return self._records.get(monitor.metadata.uid, monitor.status.deliveries)

    def _has_work(self, monitor: DriftMonitor) -> bool:
        before, now = self._record(monitor), self._now()
        record = recorded(monitor, before, now)
        return record != before or monitor.metadata.uid in self._unwritten or bool(due(monitor, record, now))

    async def _work(self, monitor: DriftMonitor) -> None:
        uid = monitor.metadata.uid
        async with self._gate:
            with about(DRIFT_MONITOR.kind, monitor.metadata.namespace, monitor.metadata.name):
                self._keep(uid, recorded(monitor, self._record(monitor), self._now()), monitor)
                await self._tell(monitor)
                if uid in self._unwritten:
                    await self._write(monitor)

    async def _part(self, monitor: DriftMonitor) -> None:
        """Tell the webhooks of a monitor that is gone that what they heard of has ended."""
        uid = monitor.metadata.uid
        async with self._gate:
            with about(DRIFT_MONITOR.kind, monitor.metadata.namespace, monitor.metadata.name):
                if not await self._is_gone(monitor):
                    return
                self._records[uid] = parting(self._record(monitor), self._now())
                await self._tell(monitor)
                if not parting(self._records[uid], self._now()):
                    del self._seen[uid]

    async def _is_gone(self, monitor: DriftMonitor) -> bool:
        """By the API server itself: a monitor may only have been left out, because it could not be read."""
        try:
            living = await self.kube.list(DRIFT_MONITOR, monitor.metadata.namespace)
        except KubeError:
            return False
        return monitor.metadata.uid not in {one["metadata"].get("uid") for one in living}

    async def _tell(self, monitor: DriftMonitor) -> None:
        """Everything that is due, each webhook in order, and different ones at the same time.

        Every turn sends or puts off what it found, and a record is finite: it comes to an end.
        """
        uid = monitor.metadata.uid
        while found := due(monitor, self._records[uid], self._now()):
            told = await asyncio.gather(*(self._told(monitor, one) for one in found))
            newer = {(one.webhook, one.episode): one for one in told}
            record = self._records[uid]
            self._keep(uid, tuple(newer.get((one.webhook, one.episode), one) for one in record), monitor)

    async def _told(self, monitor: DriftMonitor, notification: Notification) -> Delivery:
        """The record after one attempt."""
        delivery, now = notification.delivery, self._now()
        try:
            status = await self._sent(monitor, notification, now)
        except EvaluationError as error:
            self.metrics.not_notified(delivery.format, error.reason)
            if error.reason != delivery.reason:
                LOG.warning("webhook %s: %s: %s", delivery.secret, error.reason, error.message)
            http_status = error.http_status if isinstance(error, NotTaken) else 0
            return failed(notification, error.reason, error.message, http_status, now)
        except Exception as error:
            # a fault of ours must not make for a storm: it is recorded and put off as any other
            LOG.exception("webhook %s", delivery.secret)
            self.metrics.not_notified(delivery.format, Reason.WEBHOOK_FAILED)
            return failed(notification, Reason.WEBHOOK_FAILED, type(error).__name__, 0, now)
        self.metrics.notified(delivery.format, notification.type)
        return taken(notification, status, now)

    async def _sent(self, monitor: DriftMonitor, notification: Notification, now: datetime) -> int:
        name, namespace = notification.delivery.secret, monitor.metadata.namespace
        try:
            secret = await self.kube.get(SECRET, namespace, name)
        except NotFound as error:
            raise EvaluationError(Reason.CONFIG_MISSING, f"there is no Secret {name}") from error
        except Forbidden as error:
            raise EvaluationError(Reason.WEBHOOK_FORBIDDEN, f"the Secret {name} may not be read") from error
        except KubeError as error:
            raise NotTaken(f"the Secret {name} could not be read") from error
        receiver = Receiver.of(secret, namespace, self.allowed)
        if notification.delivery.format == "Alertmanager":
            if receiver.url.raw_query_string:
                raise EvaluationError(Reason.BAD_CONFIGURATION, f"url of the Secret {name} must not have a query")
            return await send(receiver, ALERTS_PATH, alerts(monitor, notification, now), {})
        body = document(monitor, notification, now)
        return await send(receiver, "", body, headers(notification.id, now, body, receiver.signing_key))

    def _keep(self, uid: str, record: tuple[Delivery, ...], monitor: DriftMonitor) -> None:
        if record != self._record(monitor):
            self._unwritten.add(uid)
        self._records[uid] = record

    async def _write(self, monitor: DriftMonitor) -> None:
        """Where it cannot be written, the next round tries again."""
        metadata = monitor.metadata
        status = {"deliveries": [one.dump() for one in self._records[metadata.uid]]}
        # the uid keeps the record from another monitor that has taken the name since
        named = {"namespace": metadata.namespace, "name": metadata.name, "uid": metadata.uid}
        obj = {"apiVersion": API_VERSION, "kind": DRIFT_MONITOR.kind, "metadata": named, "status": status}
        try:
            await self.kube.apply_status(obj, field_manager=FIELD_MANAGER)
        except NotFound:
            pass  # deleted since it was listed
        except KubeError as error:
            self.metrics.failed(DRIFT_MONITOR.kind, "Write")
            LOG.warning("deliveries could not be written: %s", error.message)
            return
        self._unwritten.discard(metadata.uid)

    def _now(self) -> datetime:
        """In whole seconds, as they are recorded: what is read back equals what was written."""
        return self.clock().replace(microsecond=0)
