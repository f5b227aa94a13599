"""Which objects serve which version, and since when, by a watch of the bench's own."""

from __future__ import annotations

import time

from tests.bench.cluster import Cluster
from tests.bench.watch import watch
from tests.bench_rollout.contestant import Address, Contestant


class Served:
    """The version that each object serves, as its status says."""

    def __init__(self, contestant: Contestant, cluster: Cluster) -> None:
        self._contestant = contestant
        self._kubeconfig = cluster.plane.kubeconfig
        self._version: dict[Address, int] = {}
        self._draining: set[Address] = set()
        self.since: dict[Address, float] = {}
        """When the second version was first seen to serve, monotonic seconds."""

    async def follow(self) -> None:
        """Keep it up to date until cancelled."""
        async for kind, raw in watch(self._kubeconfig, self._contestant.resource):
            address = raw["metadata"]["name"], raw["metadata"]["namespace"]
            version = 0 if kind == "DELETED" else self._contestant.serves(raw)
            self._version[address] = version
            (self._draining.add if self._contestant.drains(raw) else self._draining.discard)(address)
            if version == 2:
                self.since.setdefault(address, time.monotonic())

    def count(self, version: int) -> int:
        """How many serve that version."""
        return sum(one == version for one in self._version.values())

    def finished(self, version: int) -> int:
        """How many serve it, and have nothing left of the version before."""
        return sum(one == version and address not in self._draining for address, one in self._version.items())
