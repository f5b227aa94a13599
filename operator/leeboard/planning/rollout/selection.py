"""Which version should serve."""

from collections.abc import Iterable
from datetime import UTC, datetime

from leeboard.api import names
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.planning.lineage import imported
from leeboard.planning.restored import past_to_note
from leeboard.planning.rollout.memory import last_champion

_BEGINNING = datetime.min.replace(tzinfo=UTC)


def registered_at(version: ModelVersion) -> datetime | None:
    """When a version was registered; that of a restored one is older than its object, as an annotation says.

    The annotation can make a version older and never newer, so that it brings nothing to serve.
    """
    created = version.metadata.creation_timestamp
    try:
        told = datetime.fromisoformat(version.metadata.annotations.get(names.REGISTERED_AT, ""))
    except ValueError:
        return created
    return created if created is None or told.tzinfo is None else min(created, told)


def age_order(version: ModelVersion) -> tuple[datetime, str]:
    """Sorts versions from the oldest to the newest; names decide between equal seconds."""
    return (registered_at(version) or _BEGINNING, version.metadata.name)


def of_model(model: Model, versions: Iterable[ModelVersion]) -> list[ModelVersion]:
    """The versions of a Model that are not being deleted, the newest first."""
    own = (
        version
        for version in versions
        if version.spec.model_ref.name == model.metadata.name and version.metadata.deletion_timestamp is None
    )
    return sorted(own, key=age_order, reverse=True)


def eligible(model: Model, version: ModelVersion) -> bool:
    """Whether a version may serve: verified, through its gates, and approved where the policy asks for it."""
    if version.status.phase != "Accepted":
        return False
    return not needs_approval(model, version) or bool(version.status.approved_by)


def needs_approval(model: Model, version: ModelVersion) -> bool:
    """Whether somebody has to answer for a version: where the policy asks for it, and always where it is imported."""
    return model.spec.promotion.policy == "Approval" or imported(version)


def wanted_version(model: Model, versions: Iterable[ModelVersion]) -> ModelVersion | None:
    """The version that should serve, or be on its way to; None where the champion should stay.

    A pinned version is taken whatever its gates said, even when it was rolled back or is older than the champion, and
    one that is returned to by command even when it is older. Else it is the newest eligible one that was not rolled
    back and is newer than the champion. A Model without a champion takes the one that served last, unless a newer one
    was registered since the Model was made; while the past of a restored one is still to be noted, it waits for that.
    """
    own, promotion = of_model(model, versions), model.spec.promotion
    champion, rollback = model.status.champion, model.status.rollback
    pinned = promotion.policy == "Pinned"
    if pinned or rollback is not None:
        name = promotion.version if pinned else rollback.to if rollback else ""
        named = next((version for version in own if version.metadata.name == name), None)
        if pinned or named is not None:
            return named if named and (champion is None or champion.name != name) else None
    shut_out = {one.name for one in model.status.quarantined}
    serving = next((version for version in own if champion and version.metadata.name == champion.name), None)
    fit = [version for version in own if version.metadata.name not in shut_out and eligible(model, version)]
    if serving is not None:
        fit = [version for version in fit if age_order(version) > age_order(serving)]
    if champion is None and model.status.candidate is None and any(_may_have_served(version) for version in own):
        return None
    before = last_champion(fit) if champion is None else None
    if before is None:
        return next(iter(fit), None)
    return next((version for version in fit if _made_for(model, version)), before)


def _may_have_served(version: ModelVersion) -> bool:
    """Whether a restored version may turn out to be the last champion; one that was rolled back is not waited for."""
    past = past_to_note(version)
    return past is not None and past.rolled_back is None


def _made_for(model: Model, version: ModelVersion) -> bool:
    """Whether a version was registered since the Model was made."""
    made, registered = model.metadata.creation_timestamp, registered_at(version)
    return made is not None and registered is not None and registered > made


def awaiting_approval(model: Model, versions: Iterable[ModelVersion]) -> ModelVersion | None:
    """The newest version, newer than the champion, that only lacks an approval."""
    champion, shut_out = model.status.champion, {one.name for one in model.status.quarantined}
    for version in of_model(model, versions):
        if champion and version.metadata.name == champion.name:
            return None
        waits = version.status.phase == "AwaitingApproval" and needs_approval(model, version)
        if waits and version.metadata.name not in shut_out:
            return version
    return None


def beyond_retention(model: Model, versions: Iterable[ModelVersion]) -> list[ModelVersion]:
    """The versions to forget: neither in use, nor among the newest `versions.retain` of the others."""
    status = model.status
    places = (status.champion, status.candidate, status.draining, *status.challengers)
    used = {place.name for place in places if place is not None} | {model.spec.promotion.version}
    used |= {*earlier_champions(model)[:1], status.rollback.to if status.rollback else None}
    served_last = last_champion(of_model(model, versions))
    used |= {served_last.metadata.name} if served_last is not None else set()
    # what a version is marked with outlasts its use by a moment, in which nobody may delete it
    idle = [
        version
        for version in of_model(model, versions)
        if version.metadata.name not in used and not version.status.serving_as
    ]
    return idle[model.spec.versions.retain :]


def earlier_champions(model: Model) -> list[str]:
    """The versions that were champion before the present one, the newest first, without those that were rolled back."""
    champion = model.status.champion
    left_out = {one.name for one in model.status.quarantined} | ({champion.name} if champion is not None else set())
    return [one.name for one in reversed(model.status.history) if one.name not in left_out]
