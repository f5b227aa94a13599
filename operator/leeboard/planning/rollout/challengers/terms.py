"""On which terms versions are compared with the champion: what each gets, for how long, and what follows."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from leeboard.api.durations import parse_duration
from leeboard.api.model import Model
from leeboard.api.model_status import Challenger, ModelStatus
from leeboard.api.shadow import Challengers, Shadow
from leeboard.planning.rollout.arms.bandit import STEP
from leeboard.planning.rollout.arms.sharing import WHOLE
from leeboard.planning.rollout.view import View
from leeboard.planning.rollout.weights import routed_replicas

COMPARING = ("Shadow", "ABTest", "Bandit")
"""Strategies that compare versions for long before one of them becomes candidate."""


@dataclass(frozen=True)
class Terms:
    """What every challenger gets: copies of `percent` of the champion's requests, or where it is `routed` that share of
    the callers, of a bandit at least; for `duration` at least, and what follows on a comparison that passed."""

    routed: bool
    percent: int
    duration: timedelta
    then: Literal["Promote", "Hold"]


def terms_of(model: Model) -> Terms:
    """The terms of a Model's comparisons."""
    rollout = model.spec.rollout
    if rollout.ab_test is not None:
        asked = rollout.ab_test
        percent = asked.percent if asked.percent is not None else 100 // (limits_of(model).most + 1)
        return Terms(routed=True, percent=percent, duration=parse_duration(asked.duration), then=asked.then)
    if (bandit := rollout.bandit) is not None:
        return Terms(routed=True, percent=bandit.floor, duration=parse_duration(bandit.duration), then=bandit.then)
    shadow = shadow_of(model)
    return Terms(routed=False, percent=shadow.percent, duration=parse_duration(shadow.duration), then=shadow.then)


def shadow_of(model: Model) -> Shadow:
    """How challengers are compared on copies."""
    return model.spec.rollout.shadow or Shadow()


def limits_of(model: Model) -> Challengers:
    """How many there may be."""
    return model.spec.rollout.challengers or Challengers()


def compares(view: View) -> bool:
    """Whether newer versions are compared with the champion before one of them becomes candidate."""
    return view.model.spec.rollout.strategy in COMPARING and view.status.champion is not None and not view.pinned


def challenger_pods(view: View, one: Challenger) -> int:
    """How many pods a challenger has to have: an autoscaler may give it more."""
    terms = terms_of(view.model)
    if not terms.routed:
        return shadow_of(view.model).replicas
    percent = terms.percent
    if view.model.spec.rollout.bandit is not None:
        percent = min(WHOLE, max(percent, one.requested_weight) + STEP)  # what its next share may need
    if view.autoscaling is not None and one.requested_weight > 0:
        return routed_replicas(view.autoscaling.min, percent)
    return routed_replicas(view.replicas, percent)


def free_place(status: ModelStatus, one: Challenger | None = None) -> int:
    """The first place for callers that nobody else has; a challenger that leaves has its own until it is gone."""
    taken = {other.place for other in status.challengers if other != one}
    taken |= {status.candidate.place} if status.candidate is not None else set()
    return next(place for place in range(len(taken) + 1) if place not in taken)
