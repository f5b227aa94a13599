"""How many pods the versions of a Model have, and which of them an autoscaler scales."""

from typing import Any

from leeboard.api.model_status import ModelStatus, ServedVersion
from leeboard.planning.plan import ObjectRef, Raw
from leeboard.planning.rollout.challengers import shadow_of
from leeboard.planning.rollout.view import View
from leeboard.planning.serving.autoscaler import Bounds, autoscaler, handed_over
from leeboard.planning.serving.deployment import adopted_with, deployment
from leeboard.planning.serving.pod import selector


def deployments(view: View) -> tuple[list[Raw], list[Raw]]:
    """The Deployments that there have to be, and numbers of pods that have to be handed over before."""
    status, hand_over, applied = view.status, [], []
    if status.champion is not None and (desired := _deployment(view, status.champion, view.replicas)) is not None:
        live = view.live(status.champion.name)
        if live is not None and _is_scaled(view, live):
            first, desired = handed_over(desired, live)
            hand_over += [first] if first is not None else []
        applied.append(desired)
    candidate = status.candidate
    if candidate is not None and candidate.phase != "RollingBack":
        desired = _deployment(view, candidate, view.candidate_pods(candidate))
        applied += [desired] if desired is not None else []
    for one in status.challengers:
        desired = _deployment(view, one, shadow_of(view.model).replicas) if one.stays else None
        applied += [desired] if desired is not None else []
    return hand_over, applied


def _is_scaled(view: View, live: Raw) -> bool:
    """Whether something else says how many pods there are: an autoscaler that is to go does until it is gone."""
    there = {one["metadata"]["name"] for one in view.snapshot.autoscalers}
    return view.autoscaling is not None or live["metadata"]["name"] in there


def _deployment(view: View, served: ServedVersion, replicas: int) -> Raw | None:
    version = view.versions.get(served.name)
    if version is None:
        return None  # what runs is left alone: its template could not be written again
    live = view.live(served.name)
    adopted = adopted_with(live, served.images.server, view.snapshot.settings)
    return deployment(view.model, version, adopted, replicas, live)


def autoscalers(view: View) -> list[Raw]:
    """That of the champion, held at the pods it has while the ratio of pods is the weight of a canary."""
    champion, asked = view.status.champion, view.autoscaling
    if champion is None or asked is None or view.live(champion.name) is None:
        return []
    held = view.held_replicas
    bounds = Bounds(asked.min, asked.max) if held is None else Bounds.held_at(held)
    return [autoscaler(view.model, champion.name, asked, bounds)]


def autoscalers_to_go(view: View) -> list[ObjectRef]:
    """Those of versions that are not champion: without requests they would take away the pods that abort needs."""
    wanted = {one["metadata"]["name"] for one in autoscalers(view)}
    return [
        ObjectRef.of({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler"} | one)
        for one in view.snapshot.autoscalers
        if one["metadata"]["name"] not in wanted
    ]


def scale_of(view: View, status: ModelStatus) -> dict[str, Any]:
    """What the scale subresource tells: the champion's pods that there are, and their labels."""
    champion = status.champion
    if champion is None:
        return {"replicas": 0, "selector": ""}
    labels = selector(view.model.metadata.name, champion.name)
    counted = (view.live(champion.name) or {}).get("status", {}).get("replicas")
    return {
        "replicas": int(counted or 0),
        "selector": ",".join(f"{key}={value}" for key, value in sorted(labels.items())),
    }
