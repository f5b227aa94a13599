"""Brings a version's files from object storage: `python -m leeboard_serving.load`, before the server starts.

Nothing is parsed before its digest is the registered one, and nothing is left behind that is not. It alone beside the
exporter has credentials: the process that runs the model never sees them.
"""

import logging
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from leeboard.api.model_version import StoredFile
from leeboard.api.reasons import Reason
from leeboard.observability import logs
from leeboard.storage import Manifest, StorageError, open_store
from leeboard.storage.digests import digest_of
from leeboard_serving.environment import Folders, StoredModel, stored_file, stored_model
from leeboard_serving.failures import ServingError, end

LOG = logging.getLogger("leeboard.serving.load")
FORMAT = "sklearn-skops"


def main() -> int:
    """Load; the exit code is 0, or that of the reason in the termination message."""
    logs.configure("json", "INFO")
    try:
        load(os.environ)
    except (ServingError, StorageError) as error:
        LOG.error("%s: %s", error.reason, error.message)
        return end(os.environ, error.reason, error.message)
    except OSError as error:  # a full disk, or a volume that is not there
        LOG.exception("files cannot be kept")
        return end(
            os.environ, Reason.BAD_CONFIGURATION, f"files cannot be kept: {error.strerror or type(error).__name__}"
        )
    return 0


def load(environment: Mapping[str, str]) -> None:
    """Bring the artefact, profile.json and golden.json into the volume. Raises ServingError, StorageError, OSError."""
    folders = Folders.of(environment)
    artefact = stored_model(environment)
    files = {
        folders.profile: stored_file(environment, "LEEBOARD_PROFILE"),
        folders.golden: stored_file(environment, "LEEBOARD_GOLDEN"),
    }
    if artefact.format != FORMAT:
        raise ServingError(Reason.UNSAFE_FORMAT, f"{artefact.format} is not served; {FORMAT} is")
    manifest = load_artefact(artefact, environment, folders.artefact)
    for target, stored in files.items():
        load_file(stored, environment, target)
    LOG.info("%s: %d files, %d bytes, verified", artefact.digest, len(manifest.files), manifest.bytes)


def load_artefact(artefact: StoredModel, environment: Mapping[str, str], target: Path) -> Manifest:
    """The files that the manifest names, each with its digest, and no others. Raises ServingError and StorageError."""
    store = open_store(artefact.uri, environment=environment)
    data = store.get("manifest.json")
    _verify("manifest.json", digest_of(data), artefact.digest)
    try:
        manifest = Manifest.parse(data)
    except ValueError as error:
        raise ServingError(Reason.BAD_DATA, "manifest.json is no manifest") from error
    # a container that was restarted finds what the attempt before it left
    shutil.rmtree(target, ignore_errors=True)
    try:
        for file in manifest.files:
            _verify(file.path, store.read_to(f"model/{file.path}", target / file.path), file.digest)
    except (StorageError, OSError):
        shutil.rmtree(target, ignore_errors=True)
        raise
    return manifest


def load_file(stored: StoredFile, environment: Mapping[str, str], target: Path) -> None:
    """One file with its digest. Raises StorageError."""
    folder, _, name = stored.uri.rpartition("/")
    try:
        _verify(name, open_store(folder + "/", environment=environment).read_to(name, target), stored.digest)
    except (StorageError, OSError):
        target.unlink(missing_ok=True)
        raise


def _verify(name: str, found: str, registered: str) -> None:
    if found != registered:
        raise StorageError(Reason.DIGEST_MISMATCH, f"{name} is {found}, registered as {registered}")


if __name__ == "__main__":
    sys.exit(main())
