"""One size: N Models come, the operator is started anew, some change, some are added, and then nothing happens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kubernetes.aio import client as aio_client
from kubernetes.aio import config as aio_config

from e2e.support.narrator import Narrator
from leeboard.engine.sensor import MANAGED
from leeboard.kube.client import KubeClient
from leeboard.kube.resources import CHILDREN, DEPLOYMENT, MODEL, PRIMARIES
from tests.bench import objects
from tests.bench.cluster import Cluster
from tests.bench.figures import Figures, percentile
from tests.bench.process import Busyness, Usage, settled
from tests.bench.requests import counted, reconciling
from tests.bench.watch import ReadyModels, meanwhile, watch
from tests.support.installation import OperatorProcess

PER_NAMESPACE = 20
CHANGED = 50
ADDED = 100
ADDED_EVERY = 0.5


@dataclass(frozen=True)
class Size:
    """How many Models in how many namespaces, and for how long nothing happens in the end."""

    models: int
    namespaces: int
    idle_s: float
    relist_s: int

    def addresses(self) -> list[tuple[str, str]]:
        """(name, namespace) of every Model."""
        return [(f"model-{number:04}", f"team-{number % self.namespaces:03}") for number in range(self.models)]

    def patience(self, fixed: float, each: float) -> float:
        """Seconds that a phase may take: some in any case, and some for each Model."""
        return fixed + each * self.models


async def measure(size: Size, cluster: Cluster, narrator: Narrator) -> Figures:
    """All phases for one size. Raises NotSettled, KubeError, TimeoutError."""
    kube = await administrator(cluster.plane.kubeconfig)
    try:
        return await _Run(size, cluster, narrator, kube).all()
    finally:
        await kube.close()


class _Run:
    def __init__(self, size: Size, cluster: Cluster, narrator: Narrator, kube: KubeClient) -> None:
        self._size = size
        self._cluster = cluster
        self._narrator = narrator
        self._kube = kube
        self._models = ReadyModels(cluster.plane.kubeconfig, MODEL)

    async def all(self) -> Figures:
        with self._narrator.step("objects", f"{self._size.models} Models in {self._size.namespaces} namespaces"):
            await self._populate()
        async with meanwhile(self._models.follow()):
            first = await self._first_start()
            second = await self._second_start()
        used = {**self._cluster.cpu_seconds(), "this program": time.process_time()}
        self._narrator.say("CPU, s: " + ", ".join(f"{name} {seconds:.0f}" for name, seconds in used.items()))
        return Figures(n=self._size.models, namespaces=self._size.namespaces, **first, **second)

    async def _populate(self) -> None:
        names = [f"team-{number:03}" for number in range(self._size.namespaces)]
        spaces = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in names]
        self._cluster.plane.client("").apply(*spaces)
        await objects.create(self._kube, self._size.addresses(), self._told("created"))

    async def _first_start(self) -> dict[str, Any]:
        """The operator finds N Models whose status names a champion, and nothing that serves, until all serve."""
        mark = self._cluster.requests.mark()
        with (
            self._narrator.step("rollout", "the operator starts: every Model gets Deployment, Services and pod"),
            self._operator() as (op, began),
        ):
            limit = self._size.patience(120, 1.0)
            at = await settled(op, seconds=limit, also=lambda: self._ready(self._size.models), progress=self._shown)
            usage = Usage.of(op.pid)
            op.stop()
        requests = reconciling(self._cluster.requests.since(mark))
        return {
            "first_s": round(at - began, 1),
            "first_cpu_s": usage.cpu_s,
            "first_requests": len(requests),
        }

    async def _second_start(self) -> dict[str, Any]:
        """The operator is started with everything there; then some Models change, some are added, then nothing."""
        mark = self._cluster.requests.mark()
        with self._operator() as (op, began):
            with self._narrator.step("start", "the operator starts anew with everything there"):
                limit = self._size.patience(90, 0.5)
                at = await settled(op, seconds=limit, also=lambda: self._ready(self._size.models), progress=self._shown)
                usage, requests = Usage.of(op.pid), self._cluster.requests.since(mark)
            found = {
                "settled_s": round(at - began, 1),
                "cpu_s": usage.cpu_s,
                "start_requests": len(requests),
            }
            found |= await self._change(op)
            found |= await self._add(op)
            found |= await self._idle(op)
            usage = Usage.of(op.pid)
            problems = op.problems()
            if problems:
                self._narrator.say(
                    f"{len(problems)} warnings in the operator's log, the last: {problems[-1]['message']}"
                )
        return found | {"memory_mib": usage.memory_mib, "memory_peak_mib": usage.memory_peak_mib}

    async def _change(self, op: OperatorProcess) -> dict[str, Any]:
        chosen = self._size.addresses()[:CHANGED]
        mark = self._cluster.requests.mark()
        with self._narrator.step("change", f"one edit of each of {len(chosen)} Models"):
            for name, namespace in chosen:
                await self._kube.merge_patch(MODEL, namespace, name, {"spec": {"serving": {"replicas": 2}}})
            await settled(op, seconds=self._size.patience(120, 0.2), progress=self._shown)
        requests = reconciling(self._cluster.requests.since(mark))
        return {"requests_per_change": round(len(requests) / len(chosen), 2), "changes": counted(requests)}

    async def _add(self, op: OperatorProcess) -> dict[str, Any]:
        """New Models with a version each, two a second; the time from a version's creation to its Deployment."""
        names = [f"new-{number:03}" for number in range(ADDED)]
        created: dict[str, float] = {}
        seen: dict[str, float] = {}
        before, mark = len(self._models.ready), self._cluster.requests.mark()
        with self._narrator.step("first child", f"{ADDED} new Models, two a second"):
            async with meanwhile(self._see_deployments(names, seen)):
                for number, name in enumerate(names):
                    namespace = f"team-{number % self._size.namespaces:03}"
                    await self._kube.create(objects.model(name, namespace))
                    created[name] = time.monotonic()
                    await self._kube.create(objects.version(name, namespace))
                    await asyncio.sleep(ADDED_EVERY)
                await settled(
                    op,
                    seconds=self._size.patience(180, 0.2),
                    also=lambda: self._ready(before + ADDED),
                    progress=self._shown,
                )
        delays = [seen[name] - since for name, since in created.items()]
        requests = reconciling(self._cluster.requests.since(mark))
        return {
            "requests_per_model": round(len(requests) / ADDED, 2),
            "added": counted(requests),
            "p50_first_child_s": round(percentile(delays, 50), 3),
            "p99_first_child_s": round(percentile(delays, 99), 3),
        }

    async def _see_deployments(self, names: Sequence[str], seen: dict[str, float]) -> None:
        """Of these Models alone: what is there already would come first, and delay what is timed."""
        selector = f"{MANAGED},leeboard.dev/model in ({','.join(names)})"
        async for kind, raw in watch(self._cluster.plane.kubeconfig, DEPLOYMENT, selector):
            if kind == "ADDED":
                seen.setdefault(raw["metadata"]["labels"]["leeboard.dev/model"], time.monotonic())

    async def _idle(self, op: OperatorProcess) -> dict[str, Any]:
        seconds = self._size.idle_s
        with self._narrator.step("idle", f"nothing happens for {seconds:.0f} s"):
            mark, began, before = self._cluster.requests.mark(), time.monotonic(), Usage.of(op.pid)
            for _ in range(int(seconds)):
                await asyncio.sleep(1)
                self._cluster.check()
            lasted, after = time.monotonic() - began, Usage.of(op.pid)
            requests = self._cluster.requests.since(mark)
        lists = sum(request.verb == "list" for request in requests)
        relists = int(lasted // self._size.relist_s)
        return {
            "objects": await self._objects(),
            "idle_s": round(lasted, 1),
            "idle_requests_per_minute": round(60 * len(reconciling(requests)) / lasted, 2),
            "idle_cpu_percent": round(100 * (after.cpu_s - before.cpu_s) / lasted, 2),
            "relists": relists,
            "requests_per_relist": round(lists / relists, 1) if relists else 0.0,
            "idle": counted(requests),
        }

    async def _objects(self) -> int:
        listed = [await self._kube.list(one, metadata_only=True) for one in PRIMARIES]
        listed += [await self._kube.list(one, selector=MANAGED, metadata_only=True) for one in CHILDREN]
        return sum(map(len, listed))

    @contextmanager
    def _operator(self) -> Iterator[tuple[OperatorProcess, float]]:
        """The operator's process and the monotonic time when it began."""
        process = OperatorProcess(
            self._cluster.plane, self._cluster.folder, LEEBOARD_RELIST_INTERVAL=f"{self._size.relist_s}s"
        )
        began = time.monotonic()
        with process as running:
            yield running, began

    def _ready(self, wanted: int) -> bool:
        self._cluster.check()
        return len(self._models.ready) >= wanted

    def _shown(self, seen: Busyness) -> None:
        self._narrator.detail(
            f"{len(self._models.ready)} Models ready, {seen.waiting} keys wait, {seen.reconciles} looks"
        )

    def _told(self, what: str) -> Any:
        def told(done: int) -> None:
            if done % 100 == 0 or done == self._size.models:
                self._narrator.detail(f"{done} of {self._size.models} {what}")

        return told


async def administrator(kubeconfig: Path) -> KubeClient:
    configuration = aio_client.Configuration()
    await aio_config.load_kube_config(config_file=str(kubeconfig), client_configuration=configuration)
    return KubeClient(configuration, field_manager="bench")
