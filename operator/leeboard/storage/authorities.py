"""Certificate authorities of a user's own: the PEM text in the environment that a store is opened with."""

import atexit
import shutil
import ssl
import tempfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from leeboard.api.reasons import Reason
from leeboard.storage.digests import digest_of
from leeboard.storage.errors import StorageError

AUTHORITIES = "LEEBOARD_STORAGE_CA"
"""Variable with the certificates, PEM. Where it is there, no other authority is trusted."""
SECRET_KEY = "ca.crt"  # noqa: S105 - the name of a key in a Secret, and certificates are public
"""Where they stand in the Secret of `storage.secretRef`."""


def authorities_context(environment: Mapping[str, str]) -> ssl.SSLContext:
    """What https servers are verified by. Raises StorageError (BadConfiguration) where there is no certificate."""
    text = environment.get(AUTHORITIES, "")
    if not text:
        return ssl.create_default_context()
    try:
        return ssl.create_default_context(cadata=text)
    except (ssl.SSLError, ValueError) as error:
        raise StorageError(
            Reason.BAD_CONFIGURATION, f"{SECRET_KEY} of the Secret in storage.secretRef holds no PEM certificates"
        ) from error


def authorities_file(environment: Mapping[str, str]) -> str | None:
    """The same as a file, for clients that want one; None: the system's. Raises StorageError (BadConfiguration)."""
    text = environment.get(AUTHORITIES, "")
    if not text:
        return None
    authorities_context(environment)
    path = _folder() / f"{digest_of(text.encode()).removeprefix('sha256:')}.pem"
    if not path.exists():
        path.write_text(text, encoding="ascii")
    return str(path)


@lru_cache(maxsize=1)
def _folder() -> Path:
    """A folder that this process alone can write, gone with it."""
    folder = Path(tempfile.mkdtemp(prefix="leeboard-authorities-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
