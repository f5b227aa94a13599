"""Events about children that tell nothing of themselves: a Job that gets no pod, a pod that its node does not set up.

Kubernetes says why only by Events. To watch all Events of a cluster for the few that matter would cost more than
everything else; these are asked for when a plan wants them, by object, and at most once a minute.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from leeboard.engine.store import Store
from leeboard.kube.errors import KubeError
from leeboard.kube.protocol import Kube, Raw
from leeboard.kube.resources import EVENT
from leeboard.planning.plan import ObjectRef

AGAIN_AFTER = timedelta(minutes=1)
MOST = 50
"""Events of one object that are kept."""
_KEPT = ("reason", "note", "eventTime", "deprecatedLastTimestamp")

logger = logging.getLogger(__name__)


class WarningEvents:
    """Looks up Events of type Warning, and keeps them in `store`."""

    def __init__(self, kube: Kube, store: Store, clock: Callable[[], datetime]) -> None:
        self._kube = kube
        self._store = store
        self._clock = clock
        # the oldest first
        self._asked: OrderedDict[str, datetime] = OrderedDict()

    def due(self, children: Iterable[ObjectRef]) -> list[ObjectRef]:
        """Those that have not been asked about within the last minute."""
        now = self._clock()
        while self._asked and now - next(iter(self._asked.values())) >= AGAIN_AFTER:
            self._asked.popitem(last=False)
        return [one for one in children if one.uid and one.uid not in self._asked]

    async def look_up(self, children: Iterable[ObjectRef]) -> bool:
        """Ask about those that are due; whether anything new was learned."""
        learned = False
        for child in self.due(children):
            uid = str(child.uid)
            self._asked[uid] = self._clock()
            try:
                found = await self._kube.list(EVENT, child.namespace, fields=f"regarding.uid={uid},type=Warning")
            except KubeError as error:
                # what is not known is not told; the state does not depend on it
                logger.warning("Events of %s %s/%s: %s", child.kind, child.namespace, child.name, error.message)
                continue
            learned = self._store.keep_warnings(uid, tuple(_kept(one) for one in found[-MOST:])) or learned
        return learned


def _kept(event: Raw) -> Raw:
    return {name: event[name] for name in _KEPT if event.get(name)}
