"""Model: what serves it, and how traffic moves from one version to the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from leeboard.api import names
from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.controllers.base import Cache, Controller, Look, label_of, model_of, namespace_of
from leeboard.controllers.lookup import MODEL_LABEL, named_by_label, of_model, owned, pods_labelled, warnings_about
from leeboard.planning.model import plan_model
from leeboard.planning.plan import Plan, Raw
from leeboard.planning.settings import Settings
from leeboard.planning.snapshot import ModelSnapshot
from leeboard.planning.traffic.routes import KINDS

_LABELLED = frozenset({"Deployment", "Service", "Pod", "PodDisruptionBudget", "HorizontalPodAutoscaler", *KINDS})
_OF_VERSIONS = frozenset({"Deployment", ModelVersion.KIND})
"""What of a plan's deletions is not taken back: all else is made anew by the next plan."""


def observe(live: Raw, cache: Cache, settings: Settings) -> ModelSnapshot:
    """The Model, its versions and monitors, and the children it owns with the pods of their server part."""
    namespace, name, uid = namespace_of(live), live["metadata"]["name"], live["metadata"]["uid"]
    pods = [
        raw for raw in pods_labelled(cache, namespace, MODEL_LABEL, name) if label_of(raw, names.PART) == names.SERVER
    ]
    return ModelSnapshot(
        model=Model.parse(live),
        versions=tuple(ModelVersion.parse(raw) for raw in of_model(cache, ModelVersion.KIND, namespace, name)),
        deployments=tuple(owned(cache, "Deployment", namespace, uid)),
        services=tuple(owned(cache, "Service", namespace, uid)),
        pods=tuple(pods),
        monitors=tuple(DriftMonitor.parse(raw) for raw in of_model(cache, DriftMonitor.KIND, namespace, name)),
        settings=settings,
        warnings=warnings_about(cache, pods),
        autoscalers=tuple(owned(cache, "HorizontalPodAutoscaler", namespace, uid)),
        routes=tuple(raw for kind in KINDS for raw in owned(cache, kind, namespace, uid)),
        missing_kinds=cache.missing_kinds,
    )


def wakes(changed: Raw, cache: Cache) -> Iterable[str]:
    """Versions and monitors name their Model; children and server pods carry its label."""
    if changed["kind"] in (ModelVersion.KIND, DriftMonitor.KIND):
        return [model_of(changed)]
    if changed["kind"] in _LABELLED:
        return named_by_label(cache, Model.KIND, changed, names.MODEL)
    return []


def rests_on(live: Raw, plan: Plan, cache: Cache) -> Iterator[Look]:
    """Before traffic moves, or pods or versions go: what serves, and what callers reach.

    A served version without a Deployment in the cache may have one: writing that anew, with the settings of today,
    would restart its pods.
    """
    namespace, name = namespace_of(live), live["metadata"]["name"]
    served = _served(live.get("status"))
    deployed = {label_of(raw, names.VERSION) for raw in owned(cache, "Deployment", namespace, live["metadata"]["uid"])}
    leaves = any(orphan.kind in _OF_VERSIONS for orphan in plan.delete)
    if not plan.decides and not leaves and {names.label_value(one) for one in served} <= deployed:
        return
    label = (names.MODEL, names.label_value(name))
    yield Look("Service", namespace, labels=(label,))
    yield Look("Deployment", namespace, labels=(label,))
    yield Look("Pod", namespace, labels=(label, (names.PART, names.SERVER)))
    routed = {raw["kind"] for raw in plan.apply} | {orphan.kind for orphan in plan.delete}
    for kind in KINDS:
        if kind in routed or owned(cache, kind, namespace, live["metadata"]["uid"]):
            yield Look(kind, namespace, labels=(label,))
    for monitor in of_model(cache, DriftMonitor.KIND, namespace, name):
        if any(request.get("type") == "Rollback" for request in monitor.get("status", {}).get("requests") or ()):
            yield Look(DriftMonitor.KIND, namespace, monitor["metadata"]["name"])
    versions = served | _served(plan.status)
    if any(orphan.kind == ModelVersion.KIND for orphan in plan.delete):
        # how many may go depends on how many there are
        versions |= {raw["metadata"]["name"] for raw in of_model(cache, ModelVersion.KIND, namespace, name)}
    for version in sorted(versions):
        yield Look(ModelVersion.KIND, namespace, version)


def _served(status: Raw | None) -> set[str]:
    places = [(status or {}).get(place) for place in ("champion", "candidate", "draining")]
    places += (status or {}).get("challengers") or ()
    return {place["name"] for place in places if place}


CONTROLLER = Controller(Model.KIND, observe, plan_model, wakes, rests_on)
