"""The past that a restored version brings along: read once, shut out by its Model first where that is called for.

Until it is noted in the version's status the version is not judged, so that what was rolled back elsewhere is at no
moment fit to serve here.
"""

from datetime import UTC, datetime

from pydantic import ValidationError

from leeboard.api import names
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.api.reasons import Reason, explain
from leeboard.api.version_past import RolledBack, VersionPast

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def told_past(version: ModelVersion) -> VersionPast | None:
    """The past of a restored version, noted or not; None for others.

    An annotation that cannot be read shuts the version out: nobody can tell then whether it was rolled back.
    """
    if version.status.restored is not None:
        return version.status.restored
    text = version.metadata.annotations.get(names.RESTORED)
    if text is None:
        return None
    try:
        return VersionPast.model_validate_json(text)
    except ValidationError:
        at = version.metadata.creation_timestamp or _LONG_AGO
        return VersionPast(rolled_back=untold(at, f"the annotation {names.RESTORED} cannot be read"))


def untold(at: datetime, why: str = "nothing tells whether it was rolled back") -> RolledBack:
    """What shuts a version out of which nobody can tell whether it was rolled back; `at` is when that came out."""
    message = explain(Reason.PAST_UNKNOWN, why)
    return RolledBack(reason=Reason.PAST_UNKNOWN.value, message=message, at=at)


def past_to_note(version: ModelVersion) -> VersionPast | None:
    """The past that the version's status does not hold yet."""
    return told_past(version) if version.status.restored is None else None


def waits_for_its_model(version: ModelVersion, model: Model) -> bool:
    """Whether a restored version has to be shut out by its Model before it is judged."""
    past = past_to_note(version)
    if past is None or past.rolled_back is None:
        return False
    return all(one.name != version.metadata.name for one in model.status.quarantined)
