"""Carries out a plan, in the order that makes a crash between any two calls harmless:

hand over → apply → create → delete → one status write → events.

Children come before the status because a plan is made from the status that is recorded, never from the one it is
about to record: a run is recorded by one reconcile and its Job created by the next, and so is every step of a
rollout. What is repeated after a crash is therefore an apply (idempotent), a create (an object of the same name and
owner counts as done), a delete (gone counts as done) or the status write itself, whose resourceVersion lets only
one of two writers move the state. Events come last: they tell of what is recorded.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from leeboard.api import names
from leeboard.api.reasons import Reason, explain
from leeboard.controllers.base import Key, controlled_by, label_of
from leeboard.engine.applied import Applied
from leeboard.engine.store import Store
from leeboard.engine.warning_events import WarningEvents
from leeboard.engine.watch_lag import WatchLag
from leeboard.kube.errors import AlreadyExists, Conflict, Forbidden, Invalid, KubeError, NotFound
from leeboard.kube.events import EventRecorder
from leeboard.kube.protocol import Kube
from leeboard.kube.resources import PRIMARIES, ROUTES, resource_of
from leeboard.planning.conditions import Wanted, set_conditions
from leeboard.planning.kubernetes_texts import policy_fact, quota_fact
from leeboard.planning.plan import Event, ObjectRef, Plan, Raw

MOST_OF_REFUSALS = 800
"""Characters, beside which a hint finds room."""
_PRIMARY_KINDS = frozenset(resource.kind for resource in PRIMARIES)
_NEED_NOT_BE_KNOWN = frozenset(resource.kind for resource in ROUTES)

logger = logging.getLogger(__name__)


class ChildrenRejected(Exception):
    """The API server refused children; the primary's status says so already."""


class Executor:
    """Carries out plans through `kube`, and keeps `store` abreast of its own writes.

    `wrote(before, after)` is told of every status that the API server took.
    """

    def __init__(
        self,
        *,
        kube: Kube,
        store: Store,
        lag: WatchLag,
        recorder: EventRecorder,
        clock: Callable[[], datetime],
        wrote: Callable[[Raw, Raw], None] | None = None,
    ) -> None:
        self._kube = kube
        self._store = store
        self._lag = lag
        self._recorder = recorder
        self._clock = clock
        self._told = wrote
        self._applied = Applied()
        self._warnings = WarningEvents(kube, store, clock)

    async def execute(self, primary: Raw, plan: Plan) -> bool:
        """Carry out the plan made for this live object; whether something was learned that a new plan should know.

        Raises:
            Conflict: the object changed meanwhile; nothing of the state has moved, plan again.
            ChildrenRejected: some children were refused; everything else was carried out.
            KubeError: any other request failed.
        """
        refused: list[tuple[Raw, KubeError]] = []
        learned = False
        writes = ((self._hand_over, plan.hand_over), (self._apply, plan.apply), (self._create, plan.create))
        for write, objects in writes:
            for desired in objects:
                try:
                    await write(desired)
                except (Invalid, Forbidden, AlreadyExists) as error:
                    refused.append((desired, error))
                except NotFound:
                    if desired["kind"] not in _NEED_NOT_BE_KNOWN:
                        raise
                    self._lag.forget(Key.of(desired))
                    learned = self._store.miss(desired["kind"]) or learned
        for orphan in plan.delete:
            await self._delete(orphan)
        rejection = refusal_event(refused)
        changed = await self._write_status(primary, plan.status, rejection)
        events = plan.events if rejection is None or not changed else (*plan.events, rejection)
        for event in events:
            await self._emit(primary, event)
        if rejection is not None:
            raise ChildrenRejected("; ".join(error.message for _, error in refused))
        return await self._warnings.look_up(plan.explain) or learned

    def leaves_children(self, plan: Plan) -> bool:
        """Whether carrying the plan out would send no request but for a status, going by what is known of children."""
        return (
            not plan.delete
            and not plan.hand_over
            and all(self._exists(desired) for desired in plan.create)
            and all(self._applied.is_current(desired, self._store.get(Key.of(desired))) for desired in plan.apply)
        )

    def _exists(self, desired: Raw) -> bool:
        known = self._store.get(Key.of(desired))
        return known is not None and is_same(desired, known)

    async def _apply(self, desired: Raw) -> None:
        if self._applied.is_current(desired, self._store.get(Key.of(desired))):
            return
        result = await self._kube.apply(desired)
        self._wrote(result)
        self._applied.remember(desired, result)

    async def _hand_over(self, desired: Raw) -> None:
        self._wrote(await self._kube.hand_over(desired))

    async def _create(self, desired: Raw) -> None:
        if self._exists(desired):
            return
        try:
            self._wrote(await self._kube.create(desired))
        except AlreadyExists:
            metadata = desired["metadata"]
            resource = resource_of(desired["apiVersion"], desired["kind"])
            live = await self._kube.get(resource, metadata["namespace"], metadata["name"])
            if not is_same(desired, live):
                raise
            self._store.put(live)

    async def _delete(self, orphan: ObjectRef) -> None:
        resource = resource_of(orphan.api_version, orphan.kind)
        try:
            await self._kube.delete(resource, orphan.namespace, orphan.name, uid=orphan.uid)
        except (NotFound, Conflict):
            # Gone, or the name belongs to another object by now: what was to go has gone.
            return

    async def _write_status(self, primary: Raw, planned: Raw | None, rejection: Event | None) -> bool:
        present: Raw = primary.get("status") or {}
        wanted = present if planned is None else planned
        if rejection is not None:
            wanted = stalled(wanted, present, rejection, primary["metadata"].get("generation", 0), self._clock())
        if wanted == present:
            return False
        metadata = {name: value for name, value in primary["metadata"].items() if name != "managedFields"}
        written = await self._kube.replace_status({**primary, "metadata": metadata, "status": wanted})
        self._wrote(written)
        if self._told is not None:
            self._told(primary, written)
        return True

    async def _emit(self, primary: Raw, event: Event) -> None:
        try:
            await self._recorder.record(primary, type=event.type, reason=event.reason, message=event.message)
        except KubeError as error:
            # An Event informs; the state it tells of is recorded. Losing one must not repeat the reconcile.
            logger.warning("event %s of %s was not written: %s", event.reason, Key.of(primary), error.message)

    def _wrote(self, result: Raw) -> None:
        self._store.put(result)
        if result["kind"] in _PRIMARY_KINDS or label_of(result, names.MANAGED_BY) == names.MANAGER:
            self._lag.expect(result)


def is_same(desired: Raw, live: Raw) -> bool:
    """Whether a live object is the one that was to be created: same controller, same labels."""
    wanted = desired["metadata"].get("labels") or {}
    labels = live["metadata"].get("labels") or {}
    owners = [owner["uid"] for owner in desired["metadata"].get("ownerReferences") or ()]
    return wanted.items() <= labels.items() and all(controlled_by(live, uid) for uid in owners)


def stalled(status: Raw, present: Raw, rejection: Event, generation: int, now: datetime) -> Raw:
    """The status with the condition Stalled in place of Reconciling."""
    conditions: list[Any] = [c for c in status.get("conditions", ()) if c["type"] not in ("Reconciling", "Stalled")]
    wanted = [Wanted("Stalled", "True", rejection.reason, rejection.message)]
    mine = set_conditions(present.get("conditions", ()), wanted, generation, now)
    return {**status, "conditions": sorted([*conditions, *mine], key=lambda condition: str(condition["type"]))}


def refusal_event(refused: list[tuple[Raw, KubeError]]) -> Event | None:
    """What is told of children that the API server refused, and how it refused each; None where it refused none."""
    if not refused:
        return None
    taken = all(isinstance(error, AlreadyExists) for _, error in refused)
    reason = Reason.NAME_TAKEN if taken else Reason.CHILD_REJECTED
    texts = [f"{desired['kind']} {desired['metadata']['name']}: {_why(error)}" for desired, error in refused]
    return Event("Warning", reason.value, explain(reason, "; ".join(dict.fromkeys(texts))[:MOST_OF_REFUSALS]))


def _why(error: KubeError) -> str:
    """Fields, quotas and policies by name; what the API server quotes of an object stays in the operator's log."""
    if isinstance(error, AlreadyExists):
        return "there is one already, of another owner"
    found = quota_fact(error.message) or policy_fact(error.message)
    if found is None and isinstance(error, Forbidden):
        return "the operator may not do that"
    return found or "refused"
