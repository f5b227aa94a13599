"""How many pods the versions of a Model have, and which of them an autoscaler scales."""

from collections.abc import Iterator
from typing import Any

from leeboard.api.autoscaling import Autoscaling
from leeboard.api.model_status import Candidate, Challenger, ModelStatus, ServedVersion
from leeboard.planning.plan import ObjectRef, Raw
from leeboard.planning.rollout.challengers.terms import challenger_pods
from leeboard.planning.rollout.view import View
from leeboard.planning.serving.autoscaler import Bounds, autoscaler, handed_over
from leeboard.planning.serving.deployment import adopted_with, deployment
from leeboard.planning.serving.pod import selector


def deployments(view: View) -> tuple[list[Raw], list[Raw]]:
    """The Deployments that there have to be, and numbers of pods that have to be handed over before."""
    hand_over, applied = [], []
    for served, replicas in _sized(view):
        desired, live = _deployment(view, served, replicas), view.live(served.name)
        if desired is not None and live is not None and _is_scaled(view, served, live):
            first, desired = handed_over(desired, live)
            hand_over += [first] if first is not None else []
        applied += [desired] if desired is not None else []
    return hand_over, applied


def _sized(view: View) -> Iterator[tuple[ServedVersion, int]]:
    """Who has to have pods, and how many."""
    champion, candidate = view.status.champion, view.status.candidate
    if champion is not None:
        yield champion, view.replicas
    if candidate is not None and candidate.phase != "RollingBack":
        yield candidate, view.candidate_pods(candidate)
    for one in view.status.challengers:
        if one.stays:
            yield one, challenger_pods(view, one)


def _is_scaled(view: View, served: ServedVersion, live: Raw) -> bool:
    """Whether something else says how many pods there are: an autoscaler that is to go does until it is gone."""
    there = {one["metadata"]["name"] for one in view.snapshot.autoscalers}
    asked = view.scales(served) if isinstance(served, Candidate | Challenger) else view.autoscaling is not None
    return asked or live["metadata"]["name"] in there


def _deployment(view: View, served: ServedVersion, replicas: int) -> Raw | None:
    version = view.versions.get(served.name)
    if version is None:
        return None  # what runs is left alone: its template could not be written again
    live = view.live(served.name)
    adopted = adopted_with(live, served.images.server, view.snapshot.settings)
    return deployment(view.model, version, adopted, replicas, live)


def autoscalers(view: View) -> list[Raw]:
    """Those of the champion, and of the versions that a Gateway gives a share."""
    champion, candidate, asked = view.status.champion, view.status.candidate, view.autoscaling
    if asked is None:
        return []
    found = []
    if champion is not None and view.live(champion.name) is not None:
        found.append(autoscaler(view.model, champion.name, asked, _bounds(view, asked)))
    if candidate is not None and view.scales(candidate) and view.live(candidate.name) is not None:
        least = view.candidate_pods(candidate)
        found.append(autoscaler(view.model, candidate.name, asked, Bounds(least, max(asked.max, least))))
    for one in view.status.challengers:
        if view.scales(one) and view.live(one.name) is not None:
            least = challenger_pods(view, one)
            found.append(autoscaler(view.model, one.name, asked, Bounds(least, max(asked.max, least))))
    return found


def _bounds(view: View, asked: Autoscaling) -> Bounds:
    """Those of the champion; beside a candidate it has to be able to take all requests back at any moment."""
    held = view.held_replicas
    if held is None:
        return Bounds(_least(view, asked), asked.max)
    return Bounds.held_at(held) if view.pods_are_the_weight else Bounds(held, max(asked.max, held))


def _least(view: View, asked: Autoscaling) -> int:
    """The champion's fewest pods: beside arms, as many as all requests would need by what these have."""
    shared = [one for one in view.status.challengers if view.scales(one)]
    live = [view.live(one.name) for one in shared]
    pods, share = (
        sum(it["spec"].get("replicas", 1) for it in live if it is not None),
        sum(one.requested_weight for one in shared),
    )
    return asked.within(-(-100 * pods // share)) if share else asked.min


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
