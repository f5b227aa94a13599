"""Challengers: which versions are compared with the champion for long, and the moves of a comparison.

A comparison ends in one of three ways: the version is dropped without a verdict, is shut out because of what the
comparison or its pods showed, or becomes candidate with the pods that it has.
"""

from datetime import datetime

from leeboard.api.durations import parse_duration
from leeboard.api.model import Model
from leeboard.api.model_status import Challenger, Images, ModelStatus
from leeboard.api.model_version import ModelVersion
from leeboard.api.reasons import Reason, explain
from leeboard.api.shadow import Challengers, Shadow
from leeboard.planning.rollout.challengers import moves
from leeboard.planning.rollout.challengers.shadow_analysis import Result, shadow_result
from leeboard.planning.rollout.moves import Move
from leeboard.planning.rollout.pausing import paused
from leeboard.planning.rollout.selection import age_order, eligible, of_model
from leeboard.planning.rollout.view import View
from leeboard.planning.serving.deployment import adopted_with, is_settled, unavailable_since
from leeboard.planning.serving.problems import is_fatal


def shadow_of(model: Model) -> Shadow:
    """How challengers are compared."""
    return model.spec.rollout.shadow or Shadow()


def limits_of(model: Model) -> Challengers:
    """How many there may be."""
    return model.spec.rollout.challengers or Challengers()


def compares(view: View) -> bool:
    """Whether newer versions are compared with the champion before one of them becomes candidate."""
    return view.model.spec.rollout.strategy == "Shadow" and view.status.champion is not None and not view.pinned


def contenders(model: Model, versions: tuple[ModelVersion, ...]) -> list[str]:
    """The versions that may take the champion's place, the newest first: eligible, newer than it, not shut out."""
    own, champion = of_model(model, versions), model.status.champion
    shut_out = {one.name for one in model.status.quarantined}
    serving = next((one for one in own if champion is not None and one.metadata.name == champion.name), None)
    return [
        one.metadata.name
        for one in own
        if eligible(model, one)
        and one.metadata.name not in shut_out
        and (serving is None or age_order(one) > age_order(serving))
    ]


def places(model: Model, names: list[str], present: list[str]) -> list[str]:
    """Who of the contenders (the newest first) is to be compared, where `present` are compared already."""
    limits = limits_of(model)
    if limits.when_newer == "Replace":
        return names[: limits.most]
    stay = [name for name in present if name in names]
    return [*stay, *(name for name in reversed(names) if name not in stay)][: limits.most]


def challenger_move(view: View) -> Move | None:
    """The next move of the comparisons that are under way, or the beginning of one; None where none is due."""
    for one in view.status.challengers:
        move = _gone(view, one) if not one.stays else _dropped(view, one) or _pinned(view, one) or _judged(view, one)
        if move is not None:
            return move
    return _winner(view) or _begun(view)


def wanted_names(view: View) -> list[str]:
    """Who is to be compared now."""
    if not compares(view):
        return []
    present = [one.name for one in view.status.challengers if one.stays]
    candidate = view.status.candidate
    on_its_way = candidate.name if candidate is not None else ""
    names = [name for name in contenders(view.model, view.snapshot.versions) if name != on_its_way]
    return places(view.model, names, present)


def is_contender(view: View, version: str) -> bool:
    """Whether a version may take the champion's place, whichever newer ones there are."""
    return compares(view) and not view.returning and version in contenders(view.model, view.snapshot.versions)


def challenger_failure(view: View, one: Challenger) -> tuple[Reason, str] | None:
    """Why the challenger's pods will not do, or None: they cannot work, or took too long."""
    problems = view.problems(one.name)
    if problems and is_fatal(problems[0]):
        return problems[0].reason, view.troubles(one.name)
    if view.available(one, shadow_of(view.model).replicas) or view.now < ready_deadline(view, one):
        return None
    if problems:
        return problems[0].reason, view.troubles(one.name)
    return Reason.NOT_READY_IN_TIME, explain(Reason.NOT_READY_IN_TIME, f"not ready within {view.ready_within}")


def ready_deadline(view: View, one: Challenger) -> datetime:
    """When the pods have to be ready; those that were, may as late as this be ready again."""
    if one.phase == "Comparing":
        return (unavailable_since(view.live(one.name)) or view.now) + view.ready_within
    return (one.phase_started_at or one.since) + view.ready_within


def compared_since(status: ModelStatus, one: Challenger) -> datetime | None:
    """From when on the pairs count: since there is this challenger and this champion."""
    if one.compared_since is None or status.champion is None:
        return None
    return max(one.compared_since, status.champion.since)


def comparison_ends(view: View, one: Challenger) -> datetime:
    """When the comparison may end at the earliest."""
    began = compared_since(view.status, one) or view.now
    return began + parse_duration(shadow_of(view.model).duration)


def comparison_moments(view: View) -> list[datetime]:
    """When time alone may change what becomes of challengers."""
    staying = [one for one in view.status.challengers if one.stays]
    compared = [one for one in staying if one.phase == "Comparing"]
    return [comparison_ends(view, one) for one in compared] + [ready_deadline(view, one) for one in staying]


def result_of(view: View, one: Challenger) -> Result:
    """What the pairs say."""
    rollout = view.model.spec.rollout
    since = compared_since(view.status, one)
    return shadow_result(rollout.analysis, shadow_of(view.model), view.status, one, since=since, now=view.now)


def _gone(view: View, one: Challenger) -> Move | None:
    return moves.forget(view.status, one) if view.gone(one) else None


def _dropped(view: View, one: Challenger) -> Move | None:
    """The end of a comparison that is not asked for any more, or that another version takes the place of."""
    wanted = view.wanted
    if not compares(view):
        if wanted is not None and wanted.metadata.name == one.name:
            return None  # it goes on as candidate, with the pods that it has
        why = "another version is pinned" if view.pinned else f"strategy is {view.model.spec.rollout.strategy} now"
        return moves.drop(view.status, one, why, view.now)
    chosen = wanted_names(view)
    if one.name in chosen:
        return None
    if not is_contender(view, one.name):
        why = "it is not eligible any more, or not newer than the champion"
        return None if view.returning else moves.drop(view.status, one, why, view.now)
    return moves.drop(view.status, one, f"{', '.join(chosen) or 'no version'} is compared instead", view.now)


def _pinned(view: View, one: Challenger) -> Move | None:
    """A tag may name another image tomorrow: before a version gets copies, it is recorded by digest."""
    pinned = view.pinned_image(one) if one.phase == "Starting" else None
    return None if pinned is None else moves.pin(view.status, one, Images(server=pinned))


def _judged(view: View, one: Challenger) -> Move | None:
    """What follows from its pods, and then from the pairs."""
    broken = challenger_failure(view, one)
    if broken is not None:
        return moves.shut_out(view.status, one, *broken, view.now)
    shadow, live = shadow_of(view.model), view.live(one.name)
    if one.phase == "Starting":
        prepared = view.available(one, shadow.replicas) and is_settled(live) and view.marked(one)
        return moves.compare(view.status, one, shadow.percent, view.now) if prepared else None
    if one.requested_weight != shadow.percent:
        return moves.ask_for(view.status, one, shadow.percent)
    result = result_of(view, one)
    if result.verdict == "Abort":
        return moves.shut_out(view.status, one, result.reason, explain(result.reason, result.message), view.now)
    return None


def _winner(view: View) -> Move | None:
    """The newest challenger whose comparison passed and is over, where nothing else is on its way."""
    status = view.status
    free = status.candidate is None and status.draining is None and not view.returning
    if not compares(view) or not free or paused(view) or shadow_of(view.model).then != "Promote":
        return None
    order = {name: place for place, name in enumerate(contenders(view.model, view.snapshot.versions))}
    for one in sorted(status.challengers, key=lambda one: order.get(one.name, len(order))):
        if one.phase != "Comparing" or one.name not in order or view.now < comparison_ends(view, one):
            continue
        result = result_of(view, one)
        if result.verdict == "Pass" and view.available(one, shadow_of(view.model).replicas):
            return moves.crown(status, one, result.message, view.now)
    return None


def _begun(view: View) -> Move | None:
    """The next version that is compared. A place is free once the pods of who had it are gone."""
    candidate = view.status.candidate
    if view.returning or (candidate is not None and candidate.phase != "RollingBack"):
        return None
    present = {one.name for one in view.status.challengers}
    if len(present) >= limits_of(view.model).most:
        return None
    draining = view.status.draining
    taken = present | ({draining.name} if draining is not None else set())
    name = next((name for name in wanted_names(view) if name not in taken), None)
    if name is None:
        return None
    image = adopted_with(view.live(name), None, view.snapshot.settings).server_image
    return moves.begin(view.status, name, Images(server=image), view.now)
