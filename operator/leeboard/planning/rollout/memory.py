"""What the versions remember of their Model, for when that was deleted and made again, or has lost its status.

A Model that is pruned takes its Deployments and its status with it; its versions stay. They say which of them served
last and which were rolled back, so that the Model made again serves what served before, and nothing that had failed.
"""

from collections.abc import Iterable
from typing import Any

from leeboard.api.model import Model
from leeboard.api.model_status import ModelStatus, Quarantined
from leeboard.api.model_version import ModelVersion, RolledBack


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


def last_champion(versions: Iterable[ModelVersion]) -> ModelVersion | None:
    """The version that became champion last, as the versions say."""
    served = [(one.status.champion_since, one) for one in versions if one.status.champion_since is not None]
    return max(served, key=lambda one: (one[0], one[1].metadata.name))[1] if served else None


def forgotten(status: ModelStatus, versions: Iterable[ModelVersion]) -> tuple[Quarantined, ...]:
    """The versions that were rolled back, oldest first, where the status knows of no past of its own; else none."""
    if status.champion is not None or status.candidate is not None or status.history or status.quarantined:
        return ()
    found = [
        Quarantined(name=one.metadata.name, **one.status.rolled_back.model_dump())
        for one in versions
        if one.status.rolled_back is not None
    ]
    return tuple(sorted(found, key=lambda one: (one.at, one.name)))
