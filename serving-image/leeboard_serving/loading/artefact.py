"""The files of a version's artefact: the manifest first, then the signature where one is asked for, then the rest."""

import logging
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from leeboard.api.reasons import Reason
from leeboard.storage import Manifest, StorageError, Store, open_store
from leeboard.storage.manifest import LARGEST_MANIFEST
from leeboard_serving.environment import StoredModel
from leeboard_serving.failures import ServingError
from leeboard_serving.loading.downloads import Downloads, Wanted

LOG = logging.getLogger("leeboard.serving.load")
SIGNATURE_KEYS = "LEEBOARD_SIGNATURE_KEYS"
"""Variable with the folder of the keys that may have signed; without it no signature is asked for."""


def bring_artefact(
    artefact: StoredModel, environment: Mapping[str, str], downloads: Downloads, target: Path
) -> Manifest:
    """Write the files that the manifest names, and no others. Raises ServingError, StorageError and OSError."""

    @cache
    def store() -> Store:
        return open_store(artefact.uri, environment=environment)

    manifest = _manifest(artefact, store, downloads, target.with_name("manifest.json"))
    keys = environment.get(SIGNATURE_KEYS, "")
    if keys:
        _verify_signature(store(), Path(keys), manifest)
    target.mkdir(parents=True, exist_ok=True)
    for file in manifest.files:
        downloads.bring(Wanted(store, f"model/{file.path}", file.digest, file.bytes), target / file.path)
    return manifest


def _manifest(artefact: StoredModel, store: Callable[[], Store], downloads: Downloads, place: Path) -> Manifest:
    downloads.bring(Wanted(store, "manifest.json", artefact.digest, LARGEST_MANIFEST), place)
    data = place.read_bytes()
    place.unlink()
    return Manifest.registered(data, artefact.digest, artefact.bytes)


def _verify_signature(store: Store, keys: Path, manifest: Manifest) -> None:
    # the library is loaded by those alone who ask for signatures
    from leeboard_serving.loading.signature import (  # noqa: PLC0415
        LARGEST,
        NAME,
        public_keys,
        verify_signature,
    )

    trusted = public_keys(keys)
    try:
        bundle = store.get(NAME, most=LARGEST)
    except StorageError as error:
        if error.reason is Reason.STORAGE_NOT_FOUND:
            text = f"there is no {NAME} beside manifest.json, and the Model serves only what is signed"
            raise ServingError(Reason.SIGNATURE_MISSING, text) from error
        raise
    LOG.info("signed by the key %s", verify_signature(bundle, trusted, manifest))
