"""Reading from a web server, by urllib3: artefacts that were published elsewhere, named by their digest."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote, urljoin, urlsplit

from urllib3 import BaseHTTPResponse, PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from leeboard.api.reasons import Reason
from leeboard.storage.authorities import authorities_context
from leeboard.storage.digests import copy_digest, read_whole
from leeboard.storage.errors import StorageError
from leeboard.storage.network_facts import fact
from leeboard.storage.store import Entry

MOST_REDIRECTS = 5
TIMEOUT = Timeout(connect=5, read=60)
"""Seconds until there is a connection, and between two pieces of an answer."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_RETRIES = Retry(
    connect=2,
    read=2,
    status=2,
    redirect=0,
    other=0,
    backoff_factor=0.2,
    status_forcelist=(429, 500, 502, 503, 504),
    respect_retry_after_header=False,
    raise_on_status=False,
)
"""Before an answer's body: what ends in the midst of one is for the next attempt of the container."""
_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "leeboard"}
"""The digest is of the bytes as they lie there."""


class HttpStore:
    """A `Store` over a folder of a web server. It is read without credentials, and it cannot be listed or written."""

    def __init__(self, uri: str, *, environment: Mapping[str, str]) -> None:
        """Raises StorageError (BadConfiguration): credentials or a query in the address, malformed authorities."""
        parts = urlsplit(uri)
        if not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment:
            raise StorageError(
                Reason.BAD_CONFIGURATION, f"a {parts.scheme}:// URI is a host and a path, without credentials and query"
            )
        self._root = uri
        self._pool = PoolManager(num_pools=4, ssl_context=authorities_context(environment), headers=_HEADERS)

    def get(self, key: str, *, most: int | None = None) -> bytes:
        """All bytes of a file."""
        with self._answer(key) as body:
            return read_whole(body, most=most, name=key)

    def read_to(self, key: str, path: Path, *, most: int | None = None) -> str:
        """Write a file of the server into a file, in pieces; returns its digest."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._answer(key) as body, path.open("wb") as target:
            return copy_digest(body, target, most=most, name=key)

    def put(self, key: str, data: bytes, *, overwrite: bool = False) -> None:
        """Raises StorageError (StorageForbidden)."""
        self._refuse("written")

    def put_file(self, key: str, path: Path, *, overwrite: bool = False) -> None:
        """Raises StorageError (StorageForbidden)."""
        self._refuse("written")

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """Raises StorageError (StorageForbidden)."""
        self._refuse("listed")

    def folders(self, prefix: str = "") -> Iterator[str]:
        """Raises StorageError (StorageForbidden)."""
        self._refuse("listed")

    def delete(self, key: str) -> None:
        """Raises StorageError (StorageForbidden)."""
        self._refuse("written")

    def _refuse(self, what: str) -> NoReturn:
        raise StorageError(Reason.STORAGE_FORBIDDEN, f"{self._root} is a web server: it is read, and not {what}")

    @contextmanager
    def _answer(self, key: str) -> Iterator[BaseHTTPResponse]:
        """The answer with the file, whichever redirects lead to it."""
        place = self._root + quote(key)
        answer: BaseHTTPResponse | None = None
        try:
            answer = self._followed(place)
            _expect_success(answer.status, place)
            yield answer
        except HTTPError as error:
            raise StorageError(Reason.STORAGE_UNREACHABLE, f"{place}: {fact(error)}") from error
        finally:
            if answer is not None:
                answer.close()

    def _followed(self, place: str) -> BaseHTTPResponse:
        address = place
        for _ in range(MOST_REDIRECTS + 1):
            answer = self._pool.request(
                "GET",
                address,
                preload_content=False,
                decode_content=False,
                redirect=False,
                retries=_RETRIES,
                timeout=TIMEOUT,
            )
            target = answer.headers.get("Location")
            if answer.status not in _REDIRECTS or target is None:
                return answer
            answer.close()
            address = _redirected(place, address, target)
        raise StorageError(Reason.STORAGE_UNREACHABLE, f"{place}: more than {MOST_REDIRECTS} redirects")


def _redirected(place: str, address: str, target: str) -> str:
    """Where a redirect leads: to a web server, without credentials, and never from https to http."""
    there = urljoin(address, target)
    before, after = urlsplit(address), urlsplit(there)
    if after.scheme not in {"http", "https"} or not after.hostname or "@" in after.netloc:
        raise StorageError(Reason.STORAGE_FORBIDDEN, f"{place}: it redirects to what is no address of the web")
    if before.scheme == "https" and after.scheme == "http":
        raise StorageError(Reason.STORAGE_FORBIDDEN, f"{place}: it redirects from https to http")
    return there


def _expect_success(status: int, place: str) -> None:
    if status == 200:
        return
    if status in {404, 410}:
        raise StorageError(Reason.STORAGE_NOT_FOUND, f"{place}: 200 was expected, {status} came")
    if status in {401, 403}:
        raise StorageError(Reason.STORAGE_FORBIDDEN, f"{place}: 200 was expected, {status} came")
    raise StorageError(Reason.STORAGE_UNREACHABLE, f"{place}: 200 was expected, {status} came")
