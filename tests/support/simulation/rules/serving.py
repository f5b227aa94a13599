"""Serving: nothing that an operator does takes the last ready pod from callers, or makes the champion smaller."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from tests.support.simulation.kube import Raw, SimulatedKube
from tests.support.simulation.pods import is_leaving, pods_of
from tests.support.simulation.rules.change import Change

MODEL, VERSION = "leeboard.dev/model", "leeboard.dev/version"
UNKNOWN = timedelta(seconds=5)
"""How long a request may be on its way with what its sender knew before, refusals and repetitions among it."""
_NEVER = datetime.min.replace(tzinfo=UTC)


class ServingRule:
    """Remembers how many pods the callers of each Model reach, when one was lost, and the least size asked of it."""

    def __init__(self) -> None:
        self._reached: dict[str, int] = {}
        self._least: dict[str, int] = {}
        self._lost: dict[str, datetime] = {}

    def copy(self) -> ServingRule:
        other = ServingRule()
        other._reached, other._least, other._lost = dict(self._reached), dict(self._least), dict(self._lost)
        return other

    def breaches(self, change: Change) -> Iterator[str]:
        if change.kind == "Model" and change.type != "DELETED":
            serving = change.raw["spec"]["serving"]
            replicas = (serving.get("autoscaling") or {}).get("min", serving["replicas"])
            self._least[change.name] = min(replicas, self._least.get(change.name, replicas))
        if change.kind not in ("Service", "Deployment", "Pod"):
            return
        labels = change.raw["metadata"].get("labels") or {}
        model = labels.get(MODEL)
        service = change.kube.objects.get(("Service", change.raw["metadata"]["namespace"], model or ""))
        if model is None:
            return
        if change.kind == "Pod" and change.before is not None and change.before["status"].get("ready"):
            self._lost[model] = change.now
        if service is None:
            if change.kind == "Service" and change.name == model:
                self._reached[model] = 0  # somebody took it away; what comes back may reach nobody yet
            return
        reached = _reached(change.kube, service["spec"]["selector"])
        if change.by_operator:
            yield from self._by_operator(change, model, reached)
        self._reached[model] = reached

    def _by_operator(self, change: Change, model: str, reached: int) -> Iterator[str]:
        # the first Service may come a moment after the last pod was lost: nobody called yet
        first = change.type == "ADDED" and self._lost.get(model, _NEVER) >= change.now - UNKNOWN
        if reached == 0 and self._reached.get(model, 1) > 0 and change.kind in ("Service", "Deployment") and not first:
            yield f"{change.type} {change.kind} {change.name}: callers of {model} reach no ready pod any more"
        service = change.kube.live("Service", model)
        chosen = [one for one in change.kube.of_kind("Deployment") if _selects(service["spec"]["selector"], one)]
        if change.name == model and change.kind == "Service" and len(chosen) > 2:
            yield f"the Service {model} reaches {[one['metadata']['name'] for one in chosen]}"
        if change.kind == "Deployment":
            yield from self._champion_stays(change, model)

    def _champion_stays(self, change: Change, model: str) -> Iterator[str]:
        address = ("Model", change.raw["metadata"]["namespace"], model)
        champion = (change.kube.objects.get(address) or {}).get("status", {}).get("champion", {}).get("name")
        if champion is None or change.raw["metadata"]["labels"][VERSION] != champion:
            return
        if change.type == "DELETED":
            yield f"the Deployment of the champion {champion} was deleted"
        elif change.raw["spec"]["replicas"] < self._least[model]:
            yield f"the champion {champion} was scaled to {change.raw['spec']['replicas']} pods"
        if change.before is not None and change.before["spec"]["template"] != change.raw["spec"]["template"]:
            yield f"the pods of the champion {champion} are restarted"


def _reached(kube: SimulatedKube, selector: Raw) -> int:
    """Ready pods behind a selector that will stay: of Deployments that are there, as many as they ask for."""
    found = 0
    for deployment in kube.of_kind("Deployment"):
        if _selects(selector, deployment):
            ready = [p for p in pods_of(kube, deployment) if p["status"].get("ready") and not is_leaving(p)]
            found += min(len(ready), deployment["spec"]["replicas"])
    return found


def _selects(selector: Raw, deployment: Raw) -> bool:
    return bool(selector.items() <= deployment["spec"]["template"]["metadata"]["labels"].items())
