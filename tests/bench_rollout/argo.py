"""Argo Rollouts' controller: a Rollout whose new template comes by a canary of two steps."""

from __future__ import annotations

import asyncio
import re
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from e2e.cluster import modules, processes
from e2e.cluster.binaries import PROGRAMS, binary
from e2e.cluster.control_plane import free_port
from leeboard.kube.client import KubeClient
from leeboard.kube.resources import Resource
from tests.bench.cluster import Cluster
from tests.bench.process import Busyness
from tests.bench.scenario import administrator
from tests.bench_rollout.contestant import REPLICAS, WEIGHTS, Address, Document, Running
from tests.support.installation import service_account_kubeconfig

PROGRAM = PROGRAMS["rollouts-controller"]
MODULE = "github.com/argoproj/argo-rollouts"
SPACE = "argo-rollouts"
GROUP, VERSION = "argoproj.io", "v1alpha1"
UNBOUND = 2000
"""Requests a second that its client may send: its own limit of 40 would be most of what is measured."""
AT_ONCE = 200
SAMPLES = ("workqueue_depth", "workqueue_unfinished_work_seconds", "rollout_reconcile_count")
_SAMPLE = re.compile(rf"^({'|'.join(SAMPLES)})(?:\{{.*\}})? (\S+)$", re.M)


class ArgoRollouts:
    """One replica that needs no lease, with all rights, its client unbound."""

    name = "Argo Rollouts"
    version = PROGRAM.version
    account = f"system:serviceaccount:{SPACE}:{SPACE}"
    resource = Resource(GROUP, VERSION, "Rollout", "rollouts")

    def prepare(self, cluster: Cluster) -> None:
        """Its kinds, its namespace, and an account with all rights."""
        self._cluster = cluster
        definitions = modules.module(MODULE, PROGRAM.version) / "manifests" / "crds"
        kubectl = cluster.plane.client("")
        for path in sorted(definitions.glob("*-crd.yaml")):
            kubectl("apply", "--server-side", "-f", str(path))
        about = {"name": SPACE, "namespace": SPACE}
        kubectl.apply(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}},
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": about},
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "ClusterRoleBinding",
                "metadata": {"name": SPACE},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
                "subjects": [{"kind": "ServiceAccount", **about}],
            },
        )
        kubectl.established(f"rollouts.{GROUP}")

    async def create(self, addresses: Iterable[Address], told: Callable[[int], None]) -> None:
        """Rollouts with their first template."""
        self._kube: KubeClient = await administrator(self._cluster.plane.kubeconfig)
        wanted = [_rollout(*address) for address in addresses]
        for begin in range(0, len(wanted), AT_ONCE):
            some = wanted[begin : begin + AT_ONCE]
            await asyncio.to_thread(self._cluster.plane.client("").apply, *some)
            told(begin + len(some))

    async def start(self) -> Running:
        """The process, once its metrics answer; it lists before it works, which they do not tell."""
        folder: Path = self._cluster.folder / f"argo-{free_port()}"
        await asyncio.to_thread(folder.mkdir)
        health, metrics = free_port(), free_port()
        who = service_account_kubeconfig(self._cluster.plane, SPACE, folder, namespace=SPACE)
        command = [
            *(str(binary("rollouts-controller")), f"--kubeconfig={who}", "--leader-elect=false", "--loglevel=warn"),
            *(f"--healthzPort={health}", f"--metricsPort={metrics}", f"--qps={UNBOUND}", f"--burst={UNBOUND}"),
        ]
        process = processes.start("controller", command, folder, environment={"POD_NAMESPACE": SPACE})
        log = folder / "controller.log"
        await asyncio.to_thread(processes.wait_until, self.name, lambda: _answers(metrics), seconds=120, log=log)

        def stop() -> None:
            processes.stop(process.pid)
            process.wait(timeout=10)

        return Running(process.pid, lambda: _busyness(metrics), lambda: log.read_text(errors="replace"), stop)

    async def change(self, address: Address) -> None:
        """A template with another image."""
        name, namespace = address
        patch = {"spec": {"template": {"spec": {"containers": [_container("2")]}}}}
        await self._kube.merge_patch(self.resource, namespace, name, patch)

    def serves(self, raw: Document) -> int:
        """Healthy with the template that was asked for as the stable one: no pod of the other is left."""
        status: dict[str, Any] = raw.get("status", {})
        stable = status.get("stableRS")
        seen = status.get("observedGeneration") == str(raw["metadata"]["generation"])
        if not seen or status.get("phase") != "Healthy" or not stable or stable != status.get("currentPodHash"):
            return 0
        return int(raw["spec"]["template"]["spec"]["containers"][0]["image"].rsplit(":", 1)[1])

    def drains(self, raw: Document) -> bool:
        """Without a traffic router they are gone before it is Healthy."""
        return False

    async def close(self) -> None:
        """End the connection."""
        await self._kube.close()


def _rollout(name: str, namespace: str) -> Document:
    labels = {"app": name}
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": "Rollout",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": REPLICAS,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [_container("1")]}},
            "strategy": {"canary": {"steps": [{"setWeight": weight} for weight in WEIGHTS]}},
        },
    }


def _container(version: str) -> Document:
    return {"name": "server", "image": f"registry.example/server:{version}", "ports": [{"containerPort": 8080}]}


def _answers(port: int) -> bool:
    try:
        return bool(_text(port))
    except OSError:
        return False


def _text(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        text: str = answer.read().decode()
    return text


async def _busyness(port: int) -> Busyness:
    found = dict.fromkeys(SAMPLES, 0.0)
    for name, value in _SAMPLE.findall(await asyncio.to_thread(_text, port)):
        found[name] += float(value)
    waiting, working, reconciles = found.values()
    return Busyness(int(waiting), int(working > 0), int(reconciles))
