"""A scrape of many series without holding up everything else that the process does meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import NamedTuple

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Metric, generate_latest
from prometheus_client.registry import Collector, RestrictedRegistry

from leeboard.observability import protobuf
from leeboard.observability.negotiation import prefers_protobuf


class Exposition(NamedTuple):
    """What a scrape is answered with."""

    body: bytes
    content_type: str


class _Collected(Collector):
    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


async def exposition(registry: CollectorRegistry | RestrictedRegistry, accept: str | None) -> Exposition:
    """The registry in the format that the scrape's header Accept prefers: Prometheus' text, or its protobuf.

    The event loop collects, because what is collected from changes on it; the encoding, the greater part of the work,
    is done in a thread.
    """
    families = list(registry.collect())
    if prefers_protobuf(accept or ""):
        return Exposition(await asyncio.to_thread(protobuf.encoded, families), protobuf.CONTENT_TYPE)
    return Exposition(await asyncio.to_thread(generate_latest, _Collected(families)), CONTENT_TYPE_LATEST)
