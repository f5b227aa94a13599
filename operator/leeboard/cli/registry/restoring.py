"""What a restore would do with each archived version, and doing it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from leeboard.api import names
from leeboard.api.lineage_digest import lineage_digest
from leeboard.api.model_version import ModelVersion
from leeboard.cli.errors import CommandError
from leeboard.cli.registry.archived import MANIFEST, Archived, canonical, verify_artefact
from leeboard.cli.registry.pasts import in_words
from leeboard.cli.registry.storing import Access, storage_explained
from leeboard.storage.digests import digest_of_file
from leeboard.storage.store import Store

Action = Literal["create", "present", "conflict"]


@dataclass(frozen=True)
class Intent:
    """One archived version, and what becomes of it."""

    archived: Archived
    action: Action
    message: str = ""


def intents(archived: Iterable[Archived], live: Iterable[ModelVersion], champions: Iterable[str]) -> list[Intent]:
    """What to do, in the order in which to do it: what serves first, then from the newest to the oldest.

    `champions` are labels of versions; after them come those that served last elsewhere. In that order the operator
    never sees an old version as the only one, and rolls none out that others overtake.
    """
    there = {one.metadata.name: lineage_digest(one.spec) for one in live}
    first = set(champions)
    ordered = sorted(archived, key=lambda one: (one.registered_at, one.version.metadata.name), reverse=True)
    last = _last_champions(ordered)
    ordered.sort(
        key=lambda one: (
            names.label_value(one.version.metadata.name) not in first,
            one.version.metadata.name not in last,
        )
    )
    return [_intent(one, there.get(one.version.metadata.name)) for one in _once(ordered)]


def _last_champions(archived: Iterable[Archived]) -> set[str]:
    """Of each Model the version that became champion last, as their pasts tell."""
    latest: dict[str, tuple[datetime, str]] = {}
    for one in archived:
        since = one.past.champion_since if one.past is not None else None
        if since is not None:
            model, mine = one.version.spec.model_ref.name, (since, one.version.metadata.name)
            latest[model] = max(latest.get(model, mine), mine)
    return {name for _, name in latest.values()}


def _once(archived: Iterable[Archived]) -> Iterator[Archived]:
    """Each version once; two documents of one name have to have the same lineage. Raises CommandError."""
    seen: dict[str, str] = {}
    for one in archived:
        name = one.version.metadata.name
        if name not in seen:
            seen[name] = one.lineage
            yield one
        elif seen[name] != one.lineage:
            raise CommandError(f"two versions {name} of different lineage are archived")


def _intent(archived: Archived, live: str | None) -> Intent:
    if live is None:
        return Intent(archived, "create", in_words(archived.past) if archived.past is not None else "")
    if live == archived.lineage:
        return Intent(archived, "present", "it is there, with the same lineage")
    return Intent(archived, "conflict", "another lineage is registered under its name")


def verified(intent: Intent, reach: Access) -> None:
    """Look whether the artefact is where it would be taken from, as it was registered. Raises CommandError."""
    archived = intent.archived
    if archived.store is not None:
        verify_artefact(archived, archived.store, archived.prefix)
    else:
        verify_artefact(archived, reach.open(archived.version.spec.artifact.uri), "")


def upload(archived: Archived, reach: Access, target: str) -> dict[str, Any]:
    """Bring the files of a version below a folder in storage; its document with their new places.

    Nothing is overwritten: other bytes at a place are an error. Every file of the model is hashed on the way.
    Raises CommandError.
    """
    spec, name = archived.version.spec, archived.version.metadata.name
    root = f"{target}{name}/"
    source = archived.store or reach.open(spec.artifact.uri)
    prefix = archived.prefix if archived.store is not None else ""
    manifest = verify_artefact(archived, source, prefix)
    digests = {f"model/{file.path}": file.digest for file in manifest.files} | {MANIFEST: spec.artifact.digest}
    for stored in (spec.profile, spec.golden_samples, spec.accelerated):
        if stored is not None:
            digests[stored.uri.removeprefix(spec.artifact.uri)] = stored.digest
    with storage_explained(), tempfile.TemporaryDirectory(prefix="leeboard-") as scratch:
        _carry(source, prefix, reach.open(root), digests, Path(scratch))
    return moved(archived.document, spec.artifact.uri, root)


def _carry(source: Store, prefix: str, target: Store, digests: dict[str, str], scratch: Path) -> None:
    for entry in source.list(prefix):
        key = entry.key.removeprefix(prefix)
        if key.endswith("/"):
            continue
        path = scratch / "file"
        source.read_to(entry.key, path)
        if key in digests and digest_of_file(path) != digests[key]:
            raise CommandError(f"DigestMismatch: {key} is not what was registered")
        target.put_file(key, path)


def moved(document: dict[str, Any], before: str, root: str) -> dict[str, Any]:
    """A version whose files lie elsewhere. Digests, and so its lineage, stay."""
    spec = dict(document["spec"])
    for part in ("artifact", "profile", "goldenSamples", "accelerated"):
        if part in spec:
            spec[part] = spec[part] | {"uri": root + spec[part]["uri"].removeprefix(before)}
    return {**document, "spec": spec}


def may_be_approved(archived: Archived) -> bool:
    """Whether it had an approval that somebody may give it anew: what is shut out would not serve by one."""
    return archived.past is not None and bool(archived.past.approvals) and archived.past.rolled_back is None


def manifest_for(document: dict[str, Any], archived: Archived, namespace: str, *, approver: str = "") -> dict[str, Any]:
    """The object to create: as it was registered, in this namespace, as old as it is, with its past.

    With an `approver` it is approved, where it was before: it has to be who creates it.
    """
    metadata = {"name": document["metadata"]["name"], "namespace": namespace}
    if document["metadata"].get("labels"):
        metadata["labels"] = document["metadata"]["labels"]
    annotations: dict[str, str] = {}
    if archived.registered_at:
        annotations[names.REGISTERED_AT] = archived.registered_at
    if archived.past is not None and archived.past.tells:
        annotations[names.RESTORED] = canonical(archived.past.dump()).decode()
    if approver and may_be_approved(archived):
        annotations[names.APPROVED_BY] = approver
    if annotations:
        metadata["annotations"] = annotations
    return {**document, "metadata": metadata}
