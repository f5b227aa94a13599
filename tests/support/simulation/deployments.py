"""The Deployment controller and the kubelets of the servers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from leeboard.planning.conditions import timestamp
from tests.support.simulation.behaviour import Present
from tests.support.simulation.kube import Raw, SimulatedKube
from tests.support.simulation.pods import age_since, is_leaving, let_go, moment, pods_of, set_status, start_pod

HASH = "pod-template-hash"


class DeploymentController:
    """Keeps as many pods as were asked for, of the newest template; changes templates pod by pod."""

    def __init__(self, kube: SimulatedKube, present: Present) -> None:
        self._kube = kube
        self._present = present
        self._hashes: dict[tuple[str, int], str] = {}

    def turn(self, now: datetime) -> Iterator[datetime]:
        """Bring every Deployment as far as it has come; gives what is due later."""
        for deployment in self._kube.of_kind("Deployment"):
            yield from self._kubelet(deployment, now)
            self._scale(deployment, now)
            self._report(deployment, now)
            yield from self._available_from(deployment)

    def _kubelet(self, deployment: Raw, now: datetime) -> Iterator[datetime]:
        behaviour = self._present.behaviour
        for pod in pods_of(self._kube, deployment):
            version, status = pod["metadata"]["labels"]["leeboard.dev/version"], pod.get("status", {})
            if is_leaving(pod):
                continue
            if version in behaviour.broken:
                set_status(self._kube, pod, _crashing())
                continue
            due = age_since(pod) + timedelta(seconds=behaviour.ready_after)
            if version in behaviour.slow or due > now:
                set_status(self._kube, pod, {"phase": "Running", "containerStatuses": [_container(False)]})
                yield due
            elif not status.get("ready"):
                ready = {"phase": "Running", "ready": timestamp(now), "containerStatuses": [_container(True)]}
                set_status(self._kube, pod, ready)

    def _scale(self, deployment: Raw, now: datetime) -> None:
        wanted, template = deployment["spec"]["replicas"], self._hash(deployment)
        present = [pod for pod in pods_of(self._kube, deployment) if not is_leaving(pod)]
        new = [pod for pod in present if pod["metadata"]["labels"][HASH] == template]
        old = [pod for pod in present if pod["metadata"]["labels"][HASH] != template]
        room = wanted + (1 if old else 0) - len(present)
        for _ in range(min(wanted - len(new), room)):
            start_pod(self._kube, deployment, {"phase": "Pending"}, **{HASH: template})
        # those that are not ready go first, then the youngest
        surplus = sorted(new, key=lambda pod: (bool(pod["status"].get("ready")), -age_since(pod).timestamp()))
        for pod in surplus[: max(0, len(new) - wanted)]:
            let_go(self._kube, pod, now)
        ready = sum(1 for pod in present if pod["status"].get("ready"))
        for pod in sorted(old, key=lambda pod: bool(pod["status"].get("ready"))):
            if not pod["status"].get("ready") or ready > wanted:
                let_go(self._kube, pod, now)
                ready -= bool(pod["status"].get("ready"))

    def _report(self, deployment: Raw, now: datetime) -> None:
        template, wanted = self._hash(deployment), deployment["spec"]["replicas"]
        pods = [pod for pod in pods_of(self._kube, deployment) if not is_leaving(pod)]
        ready = [moment(pod["status"]["ready"]) for pod in pods if pod["status"].get("ready")]
        least = timedelta(seconds=deployment["spec"]["minReadySeconds"])
        available = sum(1 for since in ready if since + least <= now)
        status = {
            "observedGeneration": deployment["metadata"]["generation"],
            "replicas": len(pods),
            "readyReplicas": len(ready),
            "availableReplicas": available,
            "updatedReplicas": sum(1 for pod in pods if pod["metadata"]["labels"][HASH] == template),
            "conditions": [_available(deployment, available >= wanted, now)],
        }
        set_status(self._kube, deployment, status)

    def _hash(self, deployment: Raw) -> str:
        """What tells pods of this template from those of others; reckoned once a generation."""
        known = (deployment["metadata"]["uid"], deployment["metadata"]["generation"])
        if known not in self._hashes:
            text = json.dumps(deployment["spec"]["template"], sort_keys=True)
            self._hashes[known] = hashlib.sha256(text.encode()).hexdigest()[:8]
        return self._hashes[known]

    def _available_from(self, deployment: Raw) -> Iterator[datetime]:
        least = timedelta(seconds=deployment["spec"]["minReadySeconds"])
        for pod in pods_of(self._kube, deployment):
            if pod["status"].get("ready"):
                yield moment(pod["status"]["ready"]) + least


def _available(deployment: Raw, available: bool, now: datetime) -> Raw:
    before = next(iter(deployment.get("status", {}).get("conditions", ())), None)
    if before is not None and before["status"] == str(available):
        return before
    return {"type": "Available", "status": str(available), "lastTransitionTime": timestamp(now)}


def _container(ready: bool) -> Raw:
    return {"name": "server", "ready": ready, "started": ready, "state": {"running": {}}}


def _crashing() -> Raw:
    """A pod whose `load` finds other bytes than were registered."""
    said = json.dumps({"reason": "DigestMismatch", "message": "model.skops"})
    ended = {"terminated": {"exitCode": 1, "message": said}}
    status = {"name": "load", "state": ended, "restartCount": 1}
    return {"phase": "Pending", "initContainerStatuses": [status], "containerStatuses": []}
