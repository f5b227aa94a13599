"""Brings a version's files from where they lie: `python -m leeboard_serving.load`, before the server starts.

Nothing is parsed before its digest is the registered one, and nothing is left behind that is not. It alone beside the
exporter has credentials: the process that runs the model never sees them.
"""

import errno
import logging
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from leeboard.api.model_format import FORMATS, is_unsafe
from leeboard.api.model_version import StoredFile
from leeboard.api.reasons import Reason
from leeboard.observability import logs
from leeboard.storage import StorageError, open_store
from leeboard_serving.environment import Folders, allows_unsafe_formats, stored_file, stored_graph, stored_model
from leeboard_serving.failures import ServingError, end
from leeboard_serving.loading.artefact import bring_artefact
from leeboard_serving.loading.cache import Cache
from leeboard_serving.loading.downloads import Downloads, Wanted

LOG = logging.getLogger("leeboard.serving.load")
LARGEST_DOCUMENT = 32 << 20
"""Bytes of profile.json and of golden.json."""


def main() -> int:
    """Load; the exit code is 0, or that of the reason in the termination message."""
    logs.configure("json", "INFO")
    try:
        load(os.environ)
    except (ServingError, StorageError) as error:
        LOG.error("%s: %s", error.reason, error.message)
        return end(os.environ, error.reason, error.message)
    except OSError as error:
        LOG.exception("files cannot be kept")
        return end(os.environ, *_not_kept(error))
    return 0


def load(environment: Mapping[str, str]) -> None:
    """Bring the artefact, profile.json and golden.json into the volume, all of them or none.

    Raises ServingError, StorageError, OSError.
    """
    folders = Folders.of(environment)
    artefact = stored_model(environment)
    files = {
        folders.profile: stored_file(environment, "LEEBOARD_PROFILE"),
        folders.golden: stored_file(environment, "LEEBOARD_GOLDEN"),
    }
    check_format(artefact.format, allow_unsafe=allows_unsafe_formats(environment))
    graph = stored_graph(environment)
    downloads = Downloads(_cache(environment))
    incoming = folders.model / ".incoming"
    try:
        # a container that was restarted finds what the attempt before it left
        for left in (incoming, *files, folders.accelerated, folders.artefact):
            _clear(left)
        manifest = bring_artefact(artefact, environment, downloads, incoming / folders.artefact.name)
        for target, stored in files.items():
            downloads.bring(_wanted(stored, environment, LARGEST_DOCUMENT), incoming / target.name)
        if graph is not None:
            downloads.bring(
                _wanted(graph, environment, graph.bytes), incoming / folders.accelerated.name / "model.onnx"
            )
        # the artefact's folder comes last: where it is, everything is
        for target in (*files, *([folders.accelerated] if graph is not None else []), folders.artefact):
            (incoming / target.name).rename(target)
    finally:
        shutil.rmtree(incoming, ignore_errors=True)
    LOG.info("%s: %d files, %d bytes, verified", artefact.digest, len(manifest.files), manifest.bytes)


def check_format(name: str, *, allow_unsafe: bool) -> None:
    """Raises ServingError (UnsafeFormat) for a format that is not served, or only where that is allowed."""
    if name not in FORMATS:
        raise ServingError(Reason.UNSAFE_FORMAT, f"{name} is not served; {', '.join(FORMATS)} are")
    if is_unsafe(name) and not allow_unsafe:
        text = f"{name} runs code that came with the model, and the Model does not say serving.allowUnsafeFormats"
        raise ServingError(Reason.UNSAFE_FORMAT, text)


def _wanted(stored: StoredFile, environment: Mapping[str, str], most: int) -> Wanted:
    folder, _, name = stored.uri.rpartition("/")
    return Wanted(lambda: open_store(folder + "/", environment=environment), name, stored.digest, most)


def _cache(environment: Mapping[str, str]) -> Cache | None:
    """LEEBOARD_CACHE_FOLDER and LEEBOARD_CACHE_BYTES. Raises ServingError (BadConfiguration)."""
    folder = environment.get("LEEBOARD_CACHE_FOLDER", "")
    if not folder:
        return None
    most = environment.get("LEEBOARD_CACHE_BYTES", "")
    if not most.isdecimal():
        raise ServingError(Reason.BAD_CONFIGURATION, f"LEEBOARD_CACHE_BYTES is {most[:40]!r}, expected is a count")
    return Cache(Path(folder), int(most))


def _clear(path: Path) -> None:
    """Remove a file or a folder with everything in it; it need not be there. Raises OSError."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _not_kept(error: OSError) -> tuple[Reason, str]:
    """Why the volume takes no files."""
    text = f"files cannot be kept: {error.strerror or type(error).__name__}"
    full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    return Reason.DISK_FULL if full else Reason.BAD_CONFIGURATION, text


if __name__ == "__main__":
    sys.exit(main())
