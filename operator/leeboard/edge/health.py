"""Whether this process is alive, and whether it is of use: what kubelet is told."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from leeboard.engine.elector import Elector
from leeboard.engine.leadership import Leadership
from leeboard.engine.lease import Timing
from leeboard.engine.watch_lag import WatchLag

LAG_LIMIT = 120.0
"""Seconds for which a watch may owe what is known to have changed; then it counts as dead, and a restart heals it."""
ELECTOR_LIMIT = 60.0
"""Seconds without a try for the lease, each of which ends after ten: the elector's task is dead or hangs."""


@dataclass
class Health:
    """`watches` are the leader's, None as long as this process does not lead; `synced` once its first list is complete.

    That these functions are asked shows that the event loop runs. A server that cannot be reached makes nobody
    unhealthy, because no restart brings it back; it makes both replicas not ready.
    """

    elector: Elector
    leadership: Leadership
    timing: Timing
    watches: WatchLag | None = field(default=None)
    synced: bool = field(default=False)

    def live(self) -> tuple[bool, str]:
        """Whether a restart is not needed, and why."""
        idle = _now() - self.elector.tried_at
        if idle >= ELECTOR_LIMIT:
            return False, f"nobody has tried for the lease in {idle:.0f} s"
        if self.watches is not None:
            lag, kind = self.watches.worst()
            if lag >= LAG_LIMIT:
                return False, f"the watch of {kind} objects is {lag:.0f} s behind"
        return True, "alive"

    def ready(self) -> tuple[bool, str]:
        """Whether reconciling goes on, or would at a fail-over, and why."""
        if self.watches is not None:
            if not self.leadership.holds:
                return False, f"leads no more: {self.leadership.reason}"
            return (True, "leads") if self.synced else (False, "the first list is not complete")
        read_at = self.elector.read_at
        if read_at is None or _now() - read_at > self.timing.duration:
            return False, "the lease cannot be read"
        return True, f"standby of {self.elector.holder or 'nobody'}"


def _now() -> float:
    return asyncio.get_running_loop().time()
