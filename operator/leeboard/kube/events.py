"""Kubernetes Events of an object, without ever becoming a storm.

Same object, type, reason and message give the same name, so a repetition only counts up the series of the
event that is there (events.k8s.io/v1), also after a restart. On top of that each object has a budget, as
client-go's event spam filter: a burst of 25, then one every five minutes.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

from leeboard.kube.errors import AlreadyExists, NotFound
from leeboard.kube.protocol import Kube, Raw
from leeboard.kube.resources import EVENT

BURST = 25
REFILL_SECONDS = 300.0
REMEMBERED_OBJECTS = 4096
NOTE_LIMIT = 1024


class Budget:
    """A token bucket per key, for the most recent 4,096 keys."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, tuple[float, datetime]] = OrderedDict()

    def take(self, key: str, now: datetime) -> bool:
        """Whether the key may spend one more token now."""
        tokens, since = self._buckets.pop(key, (float(BURST), now))
        tokens = min(float(BURST), tokens + (now - since).total_seconds() / REFILL_SECONDS)
        allowed = tokens >= 1
        self._buckets[key] = (tokens - 1 if allowed else tokens, now)
        if len(self._buckets) > REMEMBERED_OBJECTS:
            self._buckets.popitem(last=False)
        return allowed


class EventRecorder:
    """Writes Events about objects through `kube`."""

    def __init__(self, kube: Kube, *, clock: Callable[[], datetime], controller: str, instance: str) -> None:
        self._kube = kube
        self._clock = clock
        self._controller = controller
        self._instance = instance
        self._budget = Budget()

    async def record(self, regarding: Raw, *, type: str, reason: str, message: str) -> None:
        """Record one event about the raw object `regarding`; silently nothing when its budget is spent.

        Raises the errors of `leeboard.kube.errors`.
        """
        now = self._clock()
        if not self._budget.take(str(regarding["metadata"].get("uid", "")), now):
            return
        event = self._event(regarding, type, reason, message[:NOTE_LIMIT], now)
        try:
            await self._kube.create(event)
        except AlreadyExists:
            await self._count_up(event["metadata"]["namespace"], event["metadata"]["name"], now)

    def _event(self, regarding: Raw, type_: str, reason: str, message: str, now: datetime) -> Raw:
        metadata = regarding["metadata"]
        identity = "\0".join([str(metadata.get("uid", "")), type_, reason, message])
        digest = hashlib.sha256(identity.encode()).hexdigest()[:16]
        return {
            "apiVersion": EVENT.api_version,
            "kind": EVENT.kind,
            "metadata": {"name": f"{metadata['name']}.{digest}", "namespace": metadata["namespace"]},
            "type": type_,
            "reason": reason,
            "action": "Reconcile",
            "note": message,
            "eventTime": _micro_time(now),
            "reportingController": self._controller,
            "reportingInstance": self._instance,
            "regarding": {
                "apiVersion": regarding["apiVersion"],
                "kind": regarding["kind"],
                "namespace": metadata["namespace"],
                "name": metadata["name"],
                "uid": metadata.get("uid", ""),
                "resourceVersion": metadata.get("resourceVersion", ""),
            },
        }

    async def _count_up(self, namespace: str, name: str, now: datetime) -> None:
        try:
            present = await self._kube.get(EVENT, namespace, name)
            count = (present.get("series") or {}).get("count", 1)
            series = {"count": count + 1, "lastObservedTime": _micro_time(now)}
            await self._kube.merge_patch(EVENT, namespace, name, {"series": series})
        except NotFound:
            # It expired between the two requests; the next occurrence creates it again.
            return


def _micro_time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
