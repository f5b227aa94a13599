"""What a cluster looks like in which everything has come to rest."""

from __future__ import annotations

from collections.abc import Iterator

from leeboard.api.model import Model
from leeboard.planning.serving.service import champion_of, live_apex
from tests.support.simulation.behaviour import Behaviour
from tests.support.simulation.kube import Raw, SimulatedKube

PRIMARIES = ("Model", "ModelVersion", "TrainingJob", "DriftMonitor")
VERSION = "leeboard.dev/version"


def unrest(kube: SimulatedKube, behaviour: Behaviour) -> Iterator[str]:
    """One text for everything that is not as it should be at rest."""
    for kind in PRIMARIES:
        for raw in kube.of_kind(kind):
            seen = (raw.get("status") or {}).get("observedGeneration")
            if seen != raw["metadata"]["generation"]:
                yield f"{kind} {raw['metadata']['name']}: generation {raw['metadata']['generation']}, seen {seen}"
    for job in kube.of_kind("TrainingJob"):
        active = [
            r["id"]
            for r in job.get("status", {}).get("runs", ())
            if r["phase"] in ("Pending", "Training", "Evaluating")
        ]
        if active:
            yield f"the runs {active} have not ended"
    for model in kube.of_kind("Model"):
        yield from _unserved(kube, model, behaviour)


def _unserved(kube: SimulatedKube, model: Raw, behaviour: Behaviour) -> Iterator[str]:
    status = model.get("status") or {}
    champion, candidate = status.get("champion"), status.get("candidate")
    served = {place["name"] for place in (champion, candidate, status.get("draining")) if place}
    if not served:
        # a status was lost, and then the version itself: what callers reach is left alone
        reached = champion_of(live_apex(Model.parse(model), kube.of_kind("Service")))
        known = {one["metadata"]["name"] for one in kube.of_kind("ModelVersion")}
        served = {reached} - known if reached else set()
    deployed = {one["metadata"]["labels"][VERSION] for one in kube.of_kind("Deployment")}
    if deployed != served:
        yield f"the versions {sorted(deployed)} have pods; in status are {sorted(served)}"
    if status.get("draining"):
        yield f"{status['draining']['name']} still drains"
    if candidate and champion and not behaviour.broken:
        yield f"the rollout of {candidate['name']} has not ended: {candidate}"
    if champion is None:
        return
    wanted = _size(model["spec"]["serving"], behaviour)
    pods = [pod for pod in kube.of_kind("Pod") if pod["metadata"]["labels"].get(VERSION) == champion["name"]]
    ready = sum(1 for pod in pods if pod["status"].get("ready"))
    if ready != wanted and champion["name"] not in behaviour.broken:
        yield f"the champion {champion['name']} has {ready} of {wanted} ready pods"
    selected = kube.live("Service", model["metadata"]["name"])["spec"]["selector"].get(VERSION)
    if candidate is None and selected != champion["name"]:
        yield f"callers reach {selected or 'every version'}, the champion is {champion['name']}"


def _size(serving: Raw, behaviour: Behaviour) -> int:
    """Pods that a champion should have: those asked for, or those that the load needs."""
    asked = serving.get("autoscaling")
    return min(max(behaviour.busy, asked.get("min", 1)), asked["max"]) if asked else int(serving["replicas"])
