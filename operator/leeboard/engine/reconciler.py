"""Looks at one object and brings the cluster nearer to what it asks for; the workers that do so, key by key."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from leeboard.controllers.base import Controller, Key, Look
from leeboard.engine.executor import ChildrenRejected, Executor
from leeboard.engine.live_looks import LiveLooks
from leeboard.engine.metrics import Metrics
from leeboard.engine.status_rate import StatusRate
from leeboard.engine.store import Store
from leeboard.engine.watch_lag import WatchLag
from leeboard.engine.workqueue import WorkQueue
from leeboard.kube.errors import Conflict, Invalid, KubeError, NotFound
from leeboard.kube.protocol import Kube
from leeboard.kube.resources import PRIMARIES
from leeboard.observability.context import about
from leeboard.planning.plan import Plan, Raw
from leeboard.planning.settings import Settings

logger = logging.getLogger(__name__)

RESOURCES = {resource.kind: resource for resource in PRIMARIES}
RECONCILE_TIMEOUT = 60.0
AT_ONCE = timedelta(milliseconds=100)


@dataclass(frozen=True)
class Reconciler:
    """One look at one object: a plan from what is known of it, and where that asks for more than a status, a live GET.

    The copy in the store may be behind, but what it is behind by is on its way over a watch and wakes the object again:
    doing nothing on the word of a copy is safe, and costs no request. A status is written on the word of a copy, too:
    its resourceVersion goes along, and the API server refuses it where the copy is behind. Children are not: a stale
    copy would give them to an object that is gone, or start a run that has ended.
    """

    kube: Kube
    store: Store
    lag: WatchLag
    executor: Executor
    controllers: Mapping[str, Controller]
    settings: Settings
    clock: Callable[[], datetime]
    rate: StatusRate = field(default_factory=StatusRate)

    async def reconcile(self, key: Key) -> timedelta | None:
        """Gives when to look again although nothing changes. Raises what `Executor.execute` raises."""
        known = self.store.trusted(key)
        if known is not None:
            plan = self._plan(key, known)
            if plan.decides and self.executor.leaves_children(plan):
                plan = await self._well_founded(key, known, plan)
            if self.executor.leaves_children(plan):
                # a refusal means that the copy is behind
                with suppress(Conflict, NotFound):
                    return await self._carry_out(key, known, plan)
        try:
            live = await self.kube.get(RESOURCES[key.kind], key.namespace, key.name)
        except NotFound:
            self.store.remove(key)
            self.lag.forget(key)
            self.rate.forget(key)
            return None
        self.lag.expect(live)
        self.store.put(live)
        return await self._carry_out(key, live, await self._well_founded(key, live, self._plan(key, live)))

    async def _carry_out(self, key: Key, primary: Raw, plan: Plan) -> timedelta | None:
        if plan.status is not None and not plan.decides and (wait := self.rate.wait(key, self.clock())) is not None:
            # what would be told with it is told then
            plan = replace(plan, status=None, events=(), requeue_after=min(wait, plan.requeue_after or wait))
        learned = await self.executor.execute(primary, plan)
        return AT_ONCE if learned else plan.requeue_after

    async def _well_founded(self, key: Key, primary: Raw, plan: Plan) -> Plan:
        """The plan for an object, made again until everything it rests on has been read live."""
        looks, seen = LiveLooks(self.kube, self.store), set[Look]()
        while unseen := set(self.controllers[key.kind].rests_on(primary, plan, self.store)) - seen:
            for look in sorted(unseen, key=lambda one: (one.kind, one.name)):
                await looks.take(look)
            seen |= unseen
            plan = self._plan(key, primary)
        return plan

    def _plan(self, key: Key, primary: Raw) -> Plan:
        if primary["metadata"].get("deletionTimestamp"):
            return Plan()  # its children go with it, by their owner references
        controller = self.controllers[key.kind]
        return controller.plan(controller.observe(primary, self.store, self.settings), self.clock())


@dataclass(frozen=True)
class Workers:
    """Take keys from the queue and reconcile them, each within 60 seconds."""

    queue: WorkQueue[Key]
    reconciler: Reconciler
    metrics: Metrics

    async def run(self, count: int) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            for number in range(count):
                group.create_task(self._work(), name=f"worker-{number}")

    async def _work(self) -> None:
        while True:
            key = await self.queue.take()
            try:
                await self.work_on(key)
            finally:
                self.queue.done(key)
            # A look that needs no request never waits: without this, thousands of them would hold up everything else.
            await asyncio.sleep(0)

    async def work_on(self, key: Key) -> None:
        """Reconcile one key and decide when it comes again."""
        with about(*key):
            await self._work_on(key)

    async def _work_on(self, key: Key) -> None:
        started = asyncio.get_running_loop().time()
        result, terminal = "error", False
        try:
            async with asyncio.timeout(RECONCILE_TIMEOUT):
                again = await self.reconciler.reconcile(key)
            self.queue.succeeded(key)
            result = "success" if again is None else "requeue_after"
            if again is not None:
                self.queue.add_after(key, again.total_seconds())
        except Conflict:
            # Somebody else wrote first: not an error, look again.
            result = "requeue"
            self.queue.retry(key)
        except Exception as error:
            terminal = isinstance(error, ChildrenRejected | Invalid)
            self._failed(key, error)
        finally:
            seconds = asyncio.get_running_loop().time() - started
            self.metrics.reconciled(key.kind, result, seconds, terminal=terminal)

    def _failed(self, key: Key, error: Exception) -> None:
        known = isinstance(error, KubeError | ChildrenRejected | TimeoutError)
        at_least = error.retry_after or 0.0 if isinstance(error, KubeError) else 0.0
        delay = self.queue.retry(key, at_least=at_least)
        # A traceback only where the cause is in this program.
        logger.error(
            "reconciling %s %s/%s failed, again in %.2f s: %s: %s",
            *(key.kind, key.namespace, key.name, delay, type(error).__name__, error),
            exc_info=None if known else error,
        )
