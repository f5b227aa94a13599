"""One size of one contestant: it starts, nothing happens, everything is rolled out at once, it starts anew."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from e2e.support.narrator import Narrator
from tests.bench.cluster import Cluster
from tests.bench.figures import percentile
from tests.bench.objects import each
from tests.bench.process import QUIET_LOOKS, Busyness, NotSettled, Usage
from tests.bench.requests import LEASES, counted
from tests.bench.watch import meanwhile
from tests.bench_rollout.contestant import Address, Contestant, Running
from tests.bench_rollout.rollouts import Served

PER_NAMESPACE = 20
UNCOUNTED = frozenset({"watch"})


@dataclass(frozen=True)
class Figures:
    """Times in seconds, memory in MiB. Requests are all but watches and those about a Lease."""

    contestant: str
    version: str
    n: int
    first_s: float
    rollout_s: float
    rollout_p50_s: float
    rollout_p99_s: float
    rollout_cpu_s: float
    requests_per_rollout: float
    idle_s: float
    idle_requests_per_minute: float
    idle_cpu_percent: float
    restart_s: float
    restart_requests: int
    restart_cpu_s: float
    memory_mib: float
    memory_peak_mib: float
    requests: dict[str, int] = field(default_factory=dict)


async def measure(contestant: Contestant, n: int, idle_s: float, cluster: Cluster, narrator: Narrator) -> Figures:
    """All phases. Raises NotSettled, KubeError, RuntimeError."""
    contestant.prepare(cluster)
    run = _Run(contestant, n, cluster, narrator)
    try:
        return await run.all(idle_s)
    finally:
        await contestant.close()


class _Run:
    def __init__(self, contestant: Contestant, n: int, cluster: Cluster, narrator: Narrator) -> None:
        self._contestant = contestant
        self._cluster = cluster
        self._narrator = narrator
        spaces = max(1, n // PER_NAMESPACE)
        self._addresses = [(f"model-{number:04}", f"team-{number % spaces:03}") for number in range(n)]
        self._served = Served(contestant, cluster)

    async def all(self, idle_s: float) -> Figures:
        n, name = len(self._addresses), self._contestant.name
        with self._narrator.step("objects", f"{name}: {n} objects"):
            namespaces = sorted({namespace for _, namespace in self._addresses})
            spaces = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": one}} for one in namespaces]
            self._cluster.plane.client("").apply(*spaces)
            await self._contestant.create(self._addresses, self._told("created"))
        async with meanwhile(self._served.follow()):
            began = time.monotonic()
            running = await self._contestant.start()
            try:
                with self._narrator.step("start", f"{name} starts: all get their pods"):
                    first = await self._settled(running, 1) - began
                idle = await self._idle(running, idle_s)
                rollout = await self._roll_out(running)
                usage = Usage.of(running.pid)
            finally:
                running.stop()
            restart = await self._restart()
        return Figures(
            contestant=name,
            version=self._contestant.version,
            n=n,
            first_s=round(first, 1),
            **(idle | rollout | restart),
            memory_mib=usage.memory_mib,
            memory_peak_mib=usage.memory_peak_mib,
        )

    async def _idle(self, running: Running, seconds: float) -> dict[str, Any]:
        with self._narrator.step("idle", f"nothing happens for {seconds:.0f} s"):
            mark, began, before = self._mark(), time.monotonic(), Usage.of(running.pid)
            await asyncio.sleep(seconds)
            lasted, after = time.monotonic() - began, Usage.of(running.pid)
            sent = self._since(mark)
        return {
            "idle_s": round(lasted, 1),
            "idle_requests_per_minute": round(60 * sum(sent.values()) / lasted, 2),
            "idle_cpu_percent": round(100 * (after.cpu_s - before.cpu_s) / lasted, 2),
        }

    async def _roll_out(self, running: Running) -> dict[str, Any]:
        """Everything gets its second version at once; it ends when nothing of the first version is left."""
        asked: dict[Address, float] = {}
        n, mark, before = len(self._addresses), self._mark(), Usage.of(running.pid)

        async def change(address: Address) -> None:
            asked[address] = time.monotonic()
            await self._contestant.change(address)

        with self._narrator.step("rollout", f"all {n} are rolled out at once"):
            await each(self._addresses, change, self._told("asked for"))
            await self._settled(running, 2)
            after, sent = Usage.of(running.pid), self._since(mark)
        delays = [self._served.since[address] - at for address, at in asked.items()]
        return {
            "rollout_s": round(max(self._served.since.values()) - min(asked.values()), 1),
            "rollout_p50_s": round(percentile(delays, 50), 2),
            "rollout_p99_s": round(percentile(delays, 99), 2),
            "rollout_cpu_s": round(after.cpu_s - before.cpu_s, 2),
            "requests_per_rollout": round(sum(sent.values()) / n, 2),
            "requests": dict(sent),
        }

    async def _restart(self) -> dict[str, Any]:
        mark, began = self._mark(), time.monotonic()
        with self._narrator.step("restart", "it starts anew with everything there"):
            running = await self._contestant.start()
            try:
                at = await self._settled(running, 2)
                usage, sent = Usage.of(running.pid), self._since(mark)
            finally:
                running.stop()
        return {
            "restart_s": round(at - began, 1),
            "restart_requests": sum(sent.values()),
            "restart_cpu_s": round(usage.cpu_s, 2),
        }

    async def _settled(self, running: Running, version: int) -> float:
        """When all serve the version and the controller has come to rest. Raises NotSettled."""
        n = len(self._addresses)
        deadline = time.monotonic() + 180 + 1.5 * n
        before, since, quiet = -1, 0.0, 0
        while quiet < QUIET_LOOKS:
            now = time.monotonic()
            self._cluster.check()
            seen, there = await running.busyness(), self._served.count(version)
            done = self._served.finished(version)
            self._narrator.detail(f"{there} of {n} serve version {version}, {done} alone, {seen.waiting} keys wait")
            if done == n and _at_rest(seen, before):
                since, quiet = (since if quiet else now), quiet + 1
            else:
                quiet = 0
            before = seen.reconciles
            if now > deadline:
                raise NotSettled(f"{there} of {n} serve version {version}: {seen}\n{running.log()[-4000:]}")
            await asyncio.sleep(1)
        return since

    def _mark(self) -> int:
        return len(self._cluster.plane.requests_of(self._contestant.account))

    def _since(self, mark: int) -> Counter[str]:
        sent = self._cluster.plane.requests_of(self._contestant.account)[mark:]
        return Counter(
            counted([one for one in sent if one.verb not in UNCOUNTED and not one.resource.startswith(LEASES)])
        )

    def _told(self, what: str) -> Callable[[int], None]:
        def told(done: int) -> None:
            if done % 100 == 0 or done == len(self._addresses):
                self._narrator.detail(f"{done} of {len(self._addresses)} {what}")

        return told


def _at_rest(seen: Busyness, reconciles: int) -> bool:
    return seen.waiting == 0 and seen.working == 0 and seen.reconciles == reconciles
