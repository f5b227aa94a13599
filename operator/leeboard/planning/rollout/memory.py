"""What the versions remember of their Model, for when that was deleted and made again, or has lost its status.

A Model that is pruned takes its Deployments and its status with it; its versions stay. They say which of them served
last and which were rolled back, so that the Model made again serves what served before, and nothing that had failed.
"""

from collections.abc import Iterable
from typing import Any

from leeboard.api.model import Model
from leeboard.api.model_status import ModelStatus, Quarantined
from leeboard.api.model_version import ModelVersion
from leeboard.api.version_past import RolledBack
from leeboard.planning.restored import past_to_note


def kept(version: ModelVersion, model: Model | None) -> dict[str, Any]:
    """What a version's status remembers. A Model without a champion knows nothing yet, and so changes nothing."""
    champion = model.status.champion if model is not None else None
    if model is None or champion is None:
        return {}
    name = version.metadata.name
    found = next((one for one in model.status.quarantined if one.name == name), None)
    rolled_back = RolledBack(reason=found.reason, message=found.message, at=found.at) if found is not None else None
    since = champion.since if champion.name == name else version.status.champion_since
    return {"champion_since": since, "rolled_back": rolled_back}


def brought_along(version: ModelVersion, model: Model | None) -> dict[str, Any]:
    """What a restored version's status takes from its past, once, when there is a Model that it counts for.

    When it was champion elsewhere bears only on a Model without one, which is a registry that is made anew: beside a
    champion it must not be taken for the last one later.
    """
    past = past_to_note(version)
    if model is None or past is None:
        return {}
    since = past.champion_since if model.status.champion is None else version.status.champion_since
    return {"restored": past, "rolled_back": past.rolled_back, "champion_since": since}


def last_champion(versions: Iterable[ModelVersion]) -> ModelVersion | None:
    """The version that became champion last, as the versions say."""
    served = [(one.status.champion_since, one) for one in versions if one.status.champion_since is not None]
    return max(served, key=lambda one: (one[0], one[1].metadata.name))[1] if served else None


def forgotten(status: ModelStatus, versions: Iterable[ModelVersion]) -> tuple[Quarantined, ...]:
    """The versions that were rolled back, oldest first, where the status knows of no past of its own; else none."""
    if status.champion is not None or status.candidate is not None or status.history or status.quarantined:
        return ()
    if status.commands.retry:
        return ()  # the last one that was shut out got another rollout: that is no loss
    found = [
        Quarantined(name=one.metadata.name, **one.status.rolled_back.model_dump())
        for one in versions
        if one.status.rolled_back is not None
    ]
    return tuple(sorted(found, key=lambda one: (one.at, one.name)))


def rolled_back_elsewhere(
    versions: Iterable[ModelVersion], known: Iterable[Quarantined], most: int
) -> tuple[Quarantined, ...]:
    """Restored versions that are to be shut out before they are judged, beside those that are `known`, oldest first.

    No more than there is room for among `most`; those that are left stay unjudged, and so serve nobody.
    """
    names = {one.name for one in known}
    found = [
        Quarantined(name=one.metadata.name, **past.rolled_back.model_dump())
        for one in versions
        if (past := past_to_note(one)) is not None and past.rolled_back is not None and one.metadata.name not in names
    ]
    newest = sorted(found, key=lambda one: (one.at, one.name), reverse=True)[: max(0, most - len(names))]
    return tuple(reversed(newest))
