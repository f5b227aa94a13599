"""Which versions may be compared with the champion, and which of them are."""

from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.planning.rollout.challengers.terms import compares, limits_of
from leeboard.planning.rollout.selection import age_order, eligible, of_model
from leeboard.planning.rollout.view import View


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
