"""Which versions a restore from storage alone shuts out: it does not tell which of them were rolled back."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import UTC, datetime

from leeboard.api import names
from leeboard.api.model_version import ModelVersion
from leeboard.api.version_past import VersionPast
from leeboard.cli.registry.archived import Archived
from leeboard.planning.restored import untold

_BEGINNING = datetime.min.replace(tzinfo=UTC)


def held_back(
    archived: Collection[Archived], live: Collection[ModelVersion], serving: Iterable[str], now: datetime
) -> list[Archived]:
    """The versions, with those shut out that storage alone tells of and that are newer than what is known to serve.

    `serving` are labels of versions that serve, or did last. Where none of a Model's is among them, it is the one that
    was champion when the newest version was trained. One that was never known to serve may have been rolled back.
    """
    labels = set(serving)
    return [
        _judged(one, _last_known(one, archived, live, labels), now) if one.past is None else one for one in archived
    ]


def _judged(one: Archived, known: ModelVersion | None, now: datetime) -> Archived:
    if known is not None and _age(one.version) <= _age(known):
        return replace(one, past=VersionPast())
    return replace(one, past=VersionPast(rolled_back=untold(now.astimezone(UTC))))


def _last_known(
    one: Archived, archived: Iterable[Archived], live: Iterable[ModelVersion], labels: set[str]
) -> ModelVersion | None:
    """The version of the same Model that serves, or that served last as far as lineages tell."""
    model = one.version.spec.model_ref.name
    everything = {version.metadata.name: version for version in (*(other.version for other in archived), *live)}
    own = sorted((each for each in everything.values() if each.spec.model_ref.name == model), key=_age, reverse=True)
    serves = next((each for each in own if names.label_value(each.metadata.name) in labels), None)
    if serves is not None:
        return serves
    parents = [each.spec.parent.name for each in own if each.spec.parent is not None]
    by_name = {each.metadata.name: each for each in own}
    return next((by_name[parent] for parent in parents if parent in by_name), None)


def _age(version: ModelVersion) -> tuple[datetime, str]:
    """When it was registered, and its name: of documents, which no API server has given a time, and of live objects."""
    told = version.metadata.annotations.get(names.REGISTERED_AT, "")
    try:
        moment = datetime.fromisoformat(told)
    except ValueError:
        moment = version.metadata.creation_timestamp or _BEGINNING
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC), version.metadata.name
