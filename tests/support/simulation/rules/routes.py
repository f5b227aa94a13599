"""Routes: nobody is sent to a version that cannot answer, and no version goes while anybody is sent to it."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support.simulation.kube import Raw, SimulatedKube
from tests.support.simulation.pods import pods_of
from tests.support.simulation.rules.change import Change

VERSION = "leeboard.dev/version"
KINDS = ("HTTPRoute", "GRPCRoute")


class RoutesRule:
    """Has no memory."""

    def copy(self) -> RoutesRule:
        return RoutesRule()

    def breaches(self, change: Change) -> Iterator[str]:
        if not change.by_operator:
            return
        if change.kind in KINDS and change.type != "DELETED":
            yield from _unanswered(change)
        if change.kind in ("Deployment", "Service") and change.type == "DELETED":
            version = (change.raw["metadata"].get("labels") or {}).get(VERSION)
            for route in (one for kind in KINDS for one in change.kube.of_kind(kind)):
                # a Gateway refuses the whole route where a Service is missing, whatever its weight
                least = 0 if change.kind == "Service" else 1
                if version in _named(change.kube, route, least):
                    yield f"the {change.kind} of {version} was deleted while {route['kind']} names it"


def _unanswered(change: Change) -> Iterator[str]:
    for version in _named(change.kube, change.raw):
        deployments = [
            one for one in change.kube.of_kind("Deployment") if one["metadata"]["labels"][VERSION] == version
        ]
        ready = [pod for one in deployments for pod in pods_of(change.kube, one) if pod["status"].get("ready")]
        before = _named(change.kube, change.before) if change.before is not None else []
        if not ready and version not in before:
            yield f"{change.kind} {change.name} gives a share to {version}, which has no ready pod"


def _named(kube: SimulatedKube, route: Raw, least: int = 1) -> list[str]:
    """The versions that a route gives a weight of at least so much, by their Services."""
    found = []
    for backend in (one for rule in route["spec"]["rules"] for one in rule["backendRefs"] if one["weight"] >= least):
        service = kube.objects.get(("Service", route["metadata"]["namespace"], backend["name"]))
        found.append(service["spec"]["selector"][VERSION] if service is not None else f"no Service {backend['name']}")
    return found
