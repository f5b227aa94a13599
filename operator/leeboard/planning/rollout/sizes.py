"""How many pods the versions of a Model have, and which of them an autoscaler scales."""

from collections.abc import Iterator
from typing import Any

from leeboard.api.autoscaling import Autoscaling
from leeboard.api.model_status import Candidate, ModelStatus, ServedVersion
from leeboard.planning.plan import ObjectRef, Raw
from leeboard.planning.rollout.challengers.comparison import shadow_of
from leeboard.planning.rollout.view import View
from leeboard.planning.serving.autoscaler import Bounds, autoscaler, handed_over
from leeboard.planning.serving.deployment import adopted_with, deployment
from leeboard.planning.serving.pod import selector


def deployments(view: View) -> tuple[list[Raw], list[Raw]]:
    """The Deployments that there have to be, and numbers of pods that have to be handed over before."""
    status, hand_over, applied = view.status, [], []
    for served, replicas in _sized(view):
        desired, live = _deployment(view, served, replicas), view.live(served.name)
        if desired is not None and live is not None and _is_scaled(view, served, live):
            first, desired = handed_over(desired, live)
            hand_over += [first] if first is not None else []
        applied += [desired] if desired is not None else []
    for one in status.challengers:
        desired = _deployment(view, one, shadow_of(view.model).replicas) if one.stays else None
        applied += [desired] if desired is not None else []
    return hand_over, applied


def _sized(view: View) -> Iterator[tuple[ServedVersion, int]]:
    """Champion and candidate, with the pods that each has to have."""
    champion, candidate = view.status.champion, view.status.candidate
    if champion is not None:
        yield champion, view.replicas
    if candidate is not None and candidate.phase != "RollingBack":
        yield candidate, view.candidate_pods(candidate)


def _is_scaled(view: View, served: ServedVersion, live: Raw) -> bool:
    """Whether something else says how many pods there are: an autoscaler that is to go does until it is gone."""
    there = {one["metadata"]["name"] for one in view.snapshot.autoscalers}
    asked = view.scales(served) if isinstance(served, Candidate) else view.autoscaling is not None
    return asked or live["metadata"]["name"] in there


def _deployment(view: View, served: ServedVersion, replicas: int) -> Raw | None:
    version = view.versions.get(served.name)
    if version is None:
        return None  # what runs is left alone: its template could not be written again
    live = view.live(served.name)
    adopted = adopted_with(live, served.images.server, view.snapshot.settings)
    return deployment(view.model, version, adopted, replicas, live)


def autoscalers(view: View) -> list[Raw]:
    """Those of the champion, and of a candidate that a Gateway gives its share."""
    champion, candidate, asked = view.status.champion, view.status.candidate, view.autoscaling
    if asked is None:
        return []
    found = []
    if champion is not None and view.live(champion.name) is not None:
        found.append(autoscaler(view.model, champion.name, asked, _bounds(view, asked)))
    if candidate is not None and view.scales(candidate) and view.live(candidate.name) is not None:
        least = view.candidate_pods(candidate)
        found.append(autoscaler(view.model, candidate.name, asked, Bounds(least, max(asked.max, least))))
    return found


def _bounds(view: View, asked: Autoscaling) -> Bounds:
    """Those of the champion; beside a candidate it has to be able to take all requests back at any moment."""
    held = view.held_replicas
    if held is None:
        return Bounds(asked.min, asked.max)
    return Bounds.held_at(held) if view.pods_are_the_weight else Bounds(held, max(asked.max, held))


def autoscalers_to_go(view: View) -> list[ObjectRef]:
    """Those of versions that have no share: without requests they would take away the pods that abort needs."""
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
