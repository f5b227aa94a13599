"""A scrape of many series without holding up everything else that the process does meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.registry import Collector, RestrictedRegistry


class _Collected(Collector):
    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


async def exposition(registry: CollectorRegistry | RestrictedRegistry) -> bytes:
    """The registry in Prometheus' text format.

    The event loop collects, because what is collected from changes on it; the text, the greater part of the work, is
    made in a thread.
    """
    return await asyncio.to_thread(generate_latest, _Collected(list(registry.collect())))
