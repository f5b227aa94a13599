"""Opens the store that a URI names."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from leeboard.api.reasons import Reason
from leeboard.storage.errors import StorageError
from leeboard.storage.file import FileStore
from leeboard.storage.store import Store

ENDPOINT = "LEEBOARD_STORAGE_ENDPOINT"


def open_store(uri: str, *, endpoint: str | None = None, environment: Mapping[str, str]) -> Store:
    """The store at `s3://bucket/prefix/` or `file:///folder/`.

    The endpoint is that of an S3-compatible server; without one, `LEEBOARD_STORAGE_ENDPOINT` of the environment, else
    the provider's own. Credentials are taken from the environment given, never from the process's or a file.
    Raises StorageError (StorageNotFound) for a scheme that is not known.
    """
    parts = urlsplit(uri if uri.endswith("/") else uri + "/")
    if parts.scheme == "file":
        return FileStore(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc:
        # boto3 takes half a second to import, and what serves from files needs none of it
        from leeboard.storage.s3 import S3Store  # noqa: PLC0415

        return S3Store(parts.geturl(), endpoint=endpoint or environment.get(ENDPOINT), environment=environment)
    raise StorageError(
        Reason.STORAGE_NOT_FOUND, f"no storage for {parts.scheme or 'no'}:// URIs; s3:// and file:// are known"
    )
