"""Opens the store that a URI names."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from leeboard.api.artifact_uri import mounted_artifact
from leeboard.api.reasons import Reason
from leeboard.storage.errors import StorageError
from leeboard.storage.file import FileStore
from leeboard.storage.store import Store

ENDPOINT = "LEEBOARD_STORAGE_ENDPOINT"
SOURCE = "LEEBOARD_SOURCE_FOLDER"
"""Variable with the folder where the claim or the image that a `pvc://` or `oci://` URI names is mounted."""
_LATER = {"gs": "Google Cloud Storage", "abfs": "Azure", "abfss": "Azure"}


def open_store(uri: str, *, endpoint: str | None = None, environment: Mapping[str, str]) -> Store:
    """The store at `s3://bucket/prefix/`, `http(s)://host/path/`, `pvc://claim/path/`, `oci://image@digest/path/` or
    `file:///folder/`.

    The endpoint is that of an S3-compatible server; without one, `LEEBOARD_STORAGE_ENDPOINT` of the environment, else
    the provider's own. Credentials and certificate authorities are taken from the environment given, never from the
    process's or a file. A claim or an image is read where `LEEBOARD_SOURCE_FOLDER` says that it is mounted.
    Raises StorageError: StorageNotFound for a scheme that is not known, BadConfiguration for a malformed URI.
    """
    address = uri if uri.endswith("/") else uri + "/"
    parts = urlsplit(address)
    if parts.scheme == "file":
        return FileStore(Path(unquote(parts.path)))
    # clients take half a second to import, and what serves from files needs none of them
    if parts.scheme == "s3" and parts.netloc:
        from leeboard.storage.s3 import S3Store  # noqa: PLC0415

        return S3Store(parts.geturl(), endpoint=endpoint or environment.get(ENDPOINT), environment=environment)
    if parts.scheme in {"http", "https"}:
        from leeboard.storage.http import HttpStore  # noqa: PLC0415

        return HttpStore(address, environment=environment)
    if parts.scheme in {"pvc", "oci"}:
        return _mounted(address, environment)
    raise StorageError(Reason.STORAGE_NOT_FOUND, _unknown(parts.scheme))


def _mounted(uri: str, environment: Mapping[str, str]) -> Store:
    place = mounted_artifact(uri)
    if place is None or ".." in place.path.split("/"):
        raise StorageError(
            Reason.BAD_CONFIGURATION,
            f"{uri} is neither pvc://<claim>/<path> nor oci://<repository>@sha256:<digest>/<path>",
        )
    folder = environment.get(SOURCE, "")
    if not folder:
        raise StorageError(Reason.STORAGE_NOT_FOUND, f"{uri} is read in pods that mount it, and here it is not mounted")
    if place.image and not Path(folder).is_dir():
        # an API server without the feature drops such a volume without a word
        text = f"{uri} is not mounted: Kubernetes mounts images from 1.35 on, before it by its feature gate ImageVolume"
        raise StorageError(Reason.STORAGE_NOT_FOUND, text)
    return FileStore(Path(folder) / place.path)


def _unknown(scheme: str) -> str:
    known = "s3://, https://, http://, pvc:// and oci:// are"
    if scheme in _LATER:
        return f"{scheme}:// ({_LATER[scheme]}) is not read yet; {known}"
    return f"no storage for {scheme or 'no'}:// URIs; {known}"
