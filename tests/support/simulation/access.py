"""One process' way to the simulated API server: every call may wait, fail, lose its answer, or be the last."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from leeboard.kube.errors import KubeError, Unreachable
from leeboard.kube.resources import Resource
from tests.support.simulation.kube import Raw, SimulatedKube

Moment = Callable[[str, str, str], None]
"""Called with verb, kind and name."""


def _nothing(verb: str, kind: str, name: str) -> None:
    return None


@dataclass
class Weather:
    """What the network does to calls: by default nothing.

    `latency()` gives seconds before and after the server acts; `refusal()` gives what the server answers instead of
    acting, or None; `loses_answer()` says whether an answer that was given gets lost.
    """

    latency: Callable[[], float] = lambda: 0.0
    refusal: Callable[[], KubeError | None] = lambda: None
    loses_answer: Callable[[], bool] = lambda: False


@dataclass
class Access:
    """Implements `leeboard.kube.protocol.Kube` for a process of the name `actor`."""

    kube: SimulatedKube
    actor: str
    weather: Weather = field(default_factory=Weather)
    before: Moment = _nothing
    after: Moment = _nothing
    careless: Callable[[str], None] = lambda text: None
    calls: int = 0

    async def get(self, resource: Resource, namespace: str, name: str) -> Raw:
        return await self._call("get", resource.kind, name, lambda: self.kube.get(resource, namespace, name))

    async def list(self, resource: Resource, namespace: str | None = None, **options: Any) -> list[Raw]:
        return await self._call("list", resource.kind, "", lambda: self.kube.list(resource, namespace, **options))

    async def pages(
        self, resource: Resource, namespace: str | None = None, *, selector: str = ""
    ) -> AsyncIterator[Sequence[Raw]]:
        yield await self.list(resource, namespace, selector=selector)

    async def apply(self, obj: Raw) -> Raw:
        return await self._call("apply", obj["kind"], obj["metadata"]["name"], lambda: self.kube.apply(obj))

    async def hand_over(self, obj: Raw) -> Raw:
        return await self._call("hand over", obj["kind"], obj["metadata"]["name"], lambda: self.kube.hand_over(obj))

    async def create(self, obj: Raw) -> Raw:
        return await self._call("create", obj["kind"], obj["metadata"]["name"], lambda: self.kube.create(obj))

    async def delete(
        self, resource: Resource, namespace: str, name: str, *, uid: str | None = None, version: str | None = None
    ) -> None:
        if uid is None:
            self.careless(f"delete {resource.kind} {name} without saying which")
        await self._call(
            "delete",
            resource.kind,
            name,
            lambda: self.kube.delete(resource, namespace, name, uid=uid, version=version),
        )

    async def replace(self, obj: Raw) -> Raw:
        return await self._call("replace", obj["kind"], obj["metadata"]["name"], lambda: self.kube.replace(obj))

    async def replace_status(self, obj: Raw) -> Raw:
        return await self._call("status", obj["kind"], obj["metadata"]["name"], lambda: self.kube.replace_status(obj))

    async def merge_patch(self, resource: Resource, namespace: str, name: str, patch: Raw) -> Raw:
        return await self._call(
            "patch", resource.kind, name, lambda: self.kube.merge_patch(resource, namespace, name, patch)
        )

    async def _call(self, verb: str, kind: str, name: str, act: Callable[[], Awaitable[Any]]) -> Any:
        self.calls += 1
        if latency := self.weather.latency():
            await asyncio.sleep(latency)
        if (refusal := self.weather.refusal()) is not None:
            raise refusal
        self.before(verb, kind, name)
        present, self.kube.actor = self.kube.actor, self.actor
        try:
            answer = await act()  # the server acts at once: nothing else runs meanwhile
        finally:
            self.kube.actor = present
        self.after(verb, kind, name)
        if latency := self.weather.latency():
            await asyncio.sleep(latency)
        if verb not in ("get", "list") and self.weather.loses_answer():
            raise Unreachable(f"{verb} {kind} {name}: the answer got lost")
        return answer
