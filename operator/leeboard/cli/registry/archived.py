"""Versions outside a cluster: beside their artefacts in object storage, or in a bundle that was exported."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from leeboard.api import names
from leeboard.api.base import API_VERSION
from leeboard.api.lineage_digest import lineage_digest
from leeboard.api.model_version import ModelVersion
from leeboard.api.version_past import VersionPast
from leeboard.cli.errors import CommandError
from leeboard.cli.registry.pasts import read_past
from leeboard.cli.registry.storing import storage_explained
from leeboard.planning.training.registration import ARCHIVED
from leeboard.storage.digests import digest_of
from leeboard.storage.manifest import Manifest
from leeboard.storage.store import Store

MANIFEST = "manifest.json"
INDEX = "bundle.json"
CONTRACT = 2
"""Of a bundle. 2 tells the past of each version: who reads 1 only would let serve what was rolled back."""
_READABLE = (1, CONTRACT)
LARGEST_DOCUMENT = 1 << 20


@dataclass(frozen=True)
class Archived:
    """One version: its document, and where the files of its artefact lie, `prefix` below `store`; None without files.

    `past` is what a bundle tells beside its document; None where nothing tells.
    """

    document: dict[str, Any]
    store: Store | None
    prefix: str
    past: VersionPast | None = None

    @property
    def registered_at(self) -> str:
        """When it was registered; empty where nothing tells."""
        annotations = self.document["metadata"].get("annotations") or {}
        return str(annotations.get(names.REGISTERED_AT, ""))

    @property
    def version(self) -> ModelVersion:
        """The document as a type."""
        return ModelVersion.parse(self.document)

    @property
    def lineage(self) -> str:
        """The lineage's digest."""
        return lineage_digest(self.version.spec)


def canonical(document: Any) -> bytes:
    """JSON with sorted keys and without spaces, so that the same document has the same digest."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def read_storage(store: Store, uri: str) -> Iterator[Archived]:
    """Every version below a folder in storage. Raises CommandError for a document that is none or lies elsewhere."""
    with storage_explained():
        keys = [entry.key for entry in store.list() if entry.key.rpartition("/")[2] == ARCHIVED]
        for key in keys:
            prefix = key.removesuffix(ARCHIVED)
            yield Archived(_document(store.get(key), uri + key), store, prefix)


def read_bundle(store: Store, place: str) -> Iterator[Archived]:
    """Every version of a bundle. Raises CommandError where a digest is not the one in its index."""
    with storage_explained():
        index = json.loads(store.get(INDEX))
        if index.get("contract") not in _READABLE:
            raise CommandError(f"{place}: contract {index.get('contract')}; this command reads up to {CONTRACT}")
        for entry in index["versions"]:
            folder = f"versions/{entry['name']}/"
            data = store.get(f"{folder}{ARCHIVED}")
            if digest_of(data) != entry["documentDigest"]:
                raise CommandError(f"{place}: {entry['name']} is not what was exported: its document's digest differs")
            document = _document(data, f"{place}{folder}")
            files = store if entry["artefact"] else None
            past = read_past(entry, index.get("exportedAt", ""))
            found = Archived(document, files, f"{folder}artefact/", past)
            if found.lineage != entry["lineageDigest"]:
                raise CommandError(f"{place}: {entry['name']} is not what was exported: its lineage's digest differs")
            yield found


def verify_artefact(archived: Archived, store: Store, prefix: str) -> Manifest:
    """The manifest of an artefact, with every file it names there in its size. Raises CommandError."""
    name, artefact = archived.version.metadata.name, archived.version.spec.artifact
    with storage_explained():
        data = store.get(f"{prefix}{MANIFEST}")
        if digest_of(data) != artefact.digest:
            raise CommandError(f"{name}: DigestMismatch: its {MANIFEST} is {digest_of(data)}, not {artefact.digest}")
        manifest = Manifest.parse(data)
        sizes = {entry.key: entry.bytes for entry in store.list(f"{prefix}model/")}
    for file in manifest.files:
        if sizes.get(f"{prefix}model/{file.path}") != file.bytes:
            raise CommandError(f"{name}: DigestMismatch: {file.path} is missing, or has another size than registered")
    return manifest


def _document(data: bytes, place: str) -> dict[str, Any]:
    if len(data) > LARGEST_DOCUMENT:
        raise CommandError(f"{place} is larger than {LARGEST_DOCUMENT} bytes: no ModelVersion")
    try:
        document: dict[str, Any] = json.loads(data)
        ModelVersion.parse(document)
    except (ValueError, TypeError, ValidationError) as error:
        raise CommandError(f"{place} holds no ModelVersion", str(error)[:200]) from error
    if (document.get("apiVersion"), document.get("kind")) != (API_VERSION, ModelVersion.KIND):
        raise CommandError(f"{place} holds {document.get('kind')} of {document.get('apiVersion')}")
    return document
