"""What kubelet is told, of a standby and of a leader, in exact loop time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from leeboard.edge.health import ELECTOR_LIMIT, LAG_LIMIT, Health
from leeboard.engine.elector import Elector
from leeboard.engine.leadership import Leadership
from leeboard.engine.lease import Record, Timing, new_lease
from leeboard.engine.watch_lag import WatchLag
from leeboard.kube.errors import Unreachable
from tests.support.fake_kube import FakeKube

pytestmark = pytest.mark.looptime


class Replica:
    """One replica on a server that may be out of reach."""

    def __init__(self, *, held_by: str = "") -> None:
        self.server = FakeKube()
        record = Record(held_by, 3600, "", "", 0)
        self.server.put(record.written_to(new_lease("system", "operator")))
        self.leadership = Leadership()
        self.elector = Elector(
            kube=self.server,
            leadership=self.leadership,
            namespace="system",
            name="operator",
            identity="me",
            timing=Timing(),
            clock=lambda: datetime.fromtimestamp(asyncio.get_running_loop().time(), UTC),
            jitter=lambda: 1.0,
        )
        self.health = Health(self.elector, self.leadership, Timing())

    def out_of_reach(self) -> None:
        def fail(verb: str, kind: str, name: str) -> None:
            raise Unreachable("no answer")

        self.server.before = fail


async def test_a_standby_is_ready_while_it_can_read_the_lease_and_alive_in_any_case() -> None:
    replica = Replica(held_by="other")
    assert replica.health.ready() == (False, "the lease cannot be read")
    contention = asyncio.create_task(replica.elector.run())
    await asyncio.sleep(30)
    assert replica.health.ready() == (True, "standby of other")
    replica.out_of_reach()
    await asyncio.sleep(300)
    assert (replica.health.ready()[0], replica.health.live()[0]) == (False, True)
    contention.cancel()


async def test_an_elector_that_hangs_or_has_died_is_restarted() -> None:
    replica = Replica(held_by="other")
    contention = asyncio.create_task(replica.elector.run())
    await asyncio.sleep(5)
    contention.cancel()
    await asyncio.sleep(ELECTOR_LIMIT - 2)
    assert replica.health.live()[0]
    await asyncio.sleep(2)
    assert replica.health.live() == (False, "nobody has tried for the lease in 61 s")


async def test_a_leader_is_ready_after_its_first_list_and_alive_while_its_watches_are() -> None:
    replica = Replica()
    contention = asyncio.create_task(replica.elector.run())
    await replica.leadership.began.wait()
    watches = replica.health.watches = WatchLag(asyncio.get_running_loop().time)
    assert replica.health.ready() == (False, "the first list is not complete")
    replica.health.synced = True
    assert replica.health.ready() == (True, "leads")
    pod = {"kind": "Pod", "metadata": {"name": "p", "namespace": "ml", "resourceVersion": "7"}}
    watches.expect(pod)
    await asyncio.sleep(LAG_LIMIT - 1)
    assert replica.health.live()[0]
    await asyncio.sleep(1)
    assert replica.health.live() == (False, "the watch of Pod objects is 120 s behind")
    watches.seen(pod)
    assert replica.health.live()[0]
    contention.cancel()
    await asyncio.sleep(11)
    assert replica.health.ready() == (False, "leads no more: the lease was not renewed in time")
