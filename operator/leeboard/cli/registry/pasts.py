"""What became of versions where they were: told by the cluster, and written into a bundle."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.api.reasons import Reason
from leeboard.api.version_past import MOST_APPROVALS, Approval, RolledBack, VersionPast
from leeboard.cli.errors import CommandError
from leeboard.cli.show.moments import utc
from leeboard.planning.restored import told_past


def past_of(version: ModelVersion, model: Model | None, approved_at: datetime | None) -> VersionPast:
    """What a cluster knows of a version: approvals here and before, that it was rolled back, and since when it is
    champion. `approved_at` is when it was approved here, where that is known."""
    before, status = told_past(version) or VersionPast(), version.status
    here = (Approval(by=status.approved_by, at=approved_at),) if status.approved_by else ()
    champion = model.status.champion if model is not None else None
    serves = champion is not None and champion.name == version.metadata.name
    return VersionPast(
        approvals=(*before.approvals, *here)[-MOST_APPROVALS:],
        rolled_back=_rolled_back(version, model, before),
        champion_since=champion.since if serves and champion is not None else status.champion_since,
    )


def _rolled_back(version: ModelVersion, model: Model | None, before: VersionPast) -> RolledBack | None:
    """A Model with a champion knows; else the version remembers, or brings it along and nobody has looked at it yet."""
    shut_out = model.status.quarantined if model is not None else ()
    found = next((one for one in shut_out if one.name == version.metadata.name), None)
    if found is not None:
        return RolledBack(reason=found.reason, message=found.message, at=found.at)
    if version.status.restored is None and before.rolled_back is not None:
        return before.rolled_back
    knows = model is not None and model.status.champion is not None
    return None if knows else version.status.rolled_back


def read_past(entry: dict[str, Any], exported_at: str) -> VersionPast:
    """The past that a bundle's index tells of a version. Raises CommandError where it cannot be read.

    Bundles of contract 1 have the standing and the approver only.
    """
    try:
        if "past" in entry:
            return VersionPast.model_validate(entry["past"])
        approver, quarantined = entry.get("approvedBy"), entry.get("standing") == "quarantined"
        rolled_back = RolledBack(
            reason=Reason.ROLLED_BACK.value,
            message="it was quarantined when it was exported",
            at=datetime.fromisoformat(exported_at),
        )
        return VersionPast(
            approvals=(Approval(by=approver),) if approver else (), rolled_back=rolled_back if quarantined else None
        )
    except (ValidationError, ValueError, TypeError) as error:
        raise CommandError(f"what the bundle tells of {entry.get('name')} cannot be read", str(error)[:200]) from error


def in_words(past: VersionPast) -> str:
    """What is told of a past, in a line."""
    return ", ".join(told(past))


def told(past: VersionPast) -> Iterator[str]:
    """What is told of a past, each thing by itself."""
    why = past.rolled_back
    if why is not None:
        unknown = why.reason == Reason.PAST_UNKNOWN
        yield f"held back: {why.message}" if unknown else f"was rolled back: {why.reason} ({utc(why.at)})"
    for one in past.approvals:
        yield f"was approved by {one.by}" + (f" ({utc(one.at)})" if one.at is not None else "")
    if past.champion_since is not None:
        yield f"was champion since {utc(past.champion_since)}"
