"""What is measured: a controller, its objects, and how one sees that a rollout is over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from leeboard.kube.resources import Resource
from tests.bench.cluster import Cluster
from tests.bench.process import Busyness

Document = dict[str, Any]
Address = tuple[str, str]
"""(name, namespace)."""

REPLICAS = 2
WEIGHTS = (20, 50)
"""Stages of a rollout, in percent, each over at once; nothing is analysed."""


@dataclass(frozen=True)
class Running:
    """A controller that runs: its pid, how busy it is, and the end of its log."""

    pid: int
    busyness: Callable[[], Awaitable[Busyness]]
    log: Callable[[], str]
    stop: Callable[[], None]


class Contestant(Protocol):
    """One controller on a cluster of its own."""

    name: str
    version: str
    account: str
    """The user of its requests, as the audit log names it."""
    resource: Resource
    """The kind whose status tells of a rollout."""

    def prepare(self, cluster: Cluster) -> None:
        """Install what it needs beside what every cluster has."""

    async def create(self, addresses: Iterable[Address], told: Callable[[int], None]) -> None:
        """Make every object with its first version."""

    async def start(self) -> Running:
        """Start the controller, and wait until it works."""

    async def change(self, address: Address) -> None:
        """Ask for the second version."""

    def serves(self, raw: Document) -> int:
        """Which version, 1 or 2, has all the traffic and the pods that it needs; 0 while none has."""

    def drains(self, raw: Document) -> bool:
        """Whether pods of the version before are still kept."""

    async def close(self) -> None:
        """End what it has opened."""
