"""Reading from real web servers, with and without TLS, as they fail: what was expected and what came is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.cluster.control_plane import LOOPBACK, free_port
from leeboard.api.reasons import Reason
from leeboard.storage import StorageError, Store, open_store
from leeboard.storage.authorities import AUTHORITIES
from leeboard.storage.digests import digest_of
from tests.support.web_server import HALF, WebServer, web_server

DATA = b"weights " * 100


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("web")
    (made / "deep folder").mkdir()
    (made / "deep folder" / "é.bin").write_bytes(DATA)
    return made


@pytest.fixture(scope="module")
def plain(folder: Path) -> Iterator[WebServer]:
    with web_server(folder) as running:
        yield running


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def secured(folder: Path, certificates: Path) -> Iterator[WebServer]:
    with web_server(folder, certificates) as running:
        yield running


def opened(uri: str, **environment: str) -> Store:
    return open_store(uri, environment=environment)


def failure(store: Store, key: str = "x", most: int | None = None) -> StorageError:
    with pytest.raises(StorageError) as refused:
        store.get(key, most=most)
    return refused.value


def test_a_file_arrives_with_its_digest(plain: WebServer, tmp_path: Path) -> None:
    store = opened(plain.address)
    assert store.read_to("deep folder/é.bin", tmp_path / "new" / "file") == digest_of(DATA)
    assert (tmp_path / "new" / "file").read_bytes() == DATA
    assert store.get("deep folder/é.bin", most=len(DATA)) == DATA


def test_it_is_read_only(plain: WebServer, tmp_path: Path) -> None:
    store = opened(plain.address)
    for refused in (
        lambda: store.put("x", b""),
        lambda: store.put_file("x", tmp_path),
        lambda: store.delete("x"),
        lambda: list(store.list()),
    ):
        with pytest.raises(StorageError, match="it is read, and not") as told:
            refused()
        assert told.value.reason is Reason.STORAGE_FORBIDDEN


@pytest.mark.parametrize(
    ("path", "reason", "said"),
    [
        ("absent", "StorageNotFound", "200 was expected, 404 came"),
        ("faults/status/410", "StorageNotFound", "200 was expected, 410 came"),
        ("faults/status/401", "StorageForbidden", "200 was expected, 401 came"),
        ("faults/status/403", "StorageForbidden", "200 was expected, 403 came"),
        ("faults/status/206", "StorageUnreachable", "200 was expected, 206 came"),
        ("faults/status/503", "StorageUnreachable", "200 was expected, 503 came"),
        ("faults/truncated", "StorageUnreachable", f"the answer ended after {HALF} of {2 * HALF} bytes"),
        ("faults/reset", "StorageUnreachable", "connection reset"),
        ("faults/redirect/9/x", "StorageUnreachable", "more than 5 redirects"),
        ("faults/to/ftp://host.example/x", "StorageForbidden", "no address of the web"),
        ("faults/to/file:///etc/passwd", "StorageForbidden", "no address of the web"),
        ("faults/to/http://key:word@host.example/", "StorageForbidden", "no address of the web"),
    ],
)
def test_faults_are_typed(plain: WebServer, path: str, reason: str, said: str) -> None:
    told = failure(opened(plain.address), path)
    assert (str(told.reason), said in told.message) == (reason, True), told.message
    assert plain.address in told.message


def test_an_answer_that_does_not_end_is_given_up_at_the_bound(plain: WebServer, tmp_path: Path) -> None:
    store = opened(plain.address)
    told = failure(store, "faults/endless", most=200_000)
    assert (told.reason, "more than 200000 bytes came" in told.message) == (Reason.DIGEST_MISMATCH, True)
    with pytest.raises(StorageError, match="at most 200000 were expected"):
        store.read_to("faults/endless", tmp_path / "file", most=200_000)


def test_what_may_pass_is_asked_again(plain: WebServer) -> None:
    del plain.asked[:]
    failure(opened(plain.address), "faults/status/503")
    assert plain.asked == ["/faults/status/503"] * 3
    failure(opened(plain.address), "faults/status/404")
    assert len(plain.asked) == 4


def test_redirects_are_followed(plain: WebServer) -> None:
    assert opened(plain.address).get("faults/redirect/4/deep folder/é.bin") == DATA


def test_servers_that_are_not_there() -> None:
    told = failure(opened(f"http://{LOOPBACK}:{free_port()}/"))
    assert (told.reason, "connection refused" in told.message) == (Reason.STORAGE_UNREACHABLE, True)
    told = failure(opened("http://nowhere.invalid/"))
    assert (told.reason, "its name cannot be resolved" in told.message) == (Reason.STORAGE_UNREACHABLE, True)


def test_certificates_are_verified_by_the_authorities_that_are_given(secured: WebServer, certificates: Path) -> None:
    key, trusted = "deep folder/é.bin", (certificates / "ca.crt").read_text()
    assert opened(secured.address, **{AUTHORITIES: trusted}).get(key) == DATA
    told = failure(opened(secured.address), key)
    assert (told.reason, "its certificate is not trusted" in told.message) == (Reason.STORAGE_UNREACHABLE, True)
    other = secured.address.replace(LOOPBACK, "localhost")
    told = failure(opened(other, **{AUTHORITIES: trusted}), key)
    assert "its certificate is not trusted" in told.message
    with pytest.raises(StorageError, match=r"ca\.crt of the Secret .* holds no PEM certificates") as malformed:
        opened(secured.address, **{AUTHORITIES: "no certificate"})
    assert malformed.value.reason is Reason.BAD_CONFIGURATION


def test_no_redirect_leaves_https(secured: WebServer, plain: WebServer, certificates: Path) -> None:
    store = opened(secured.address, **{AUTHORITIES: (certificates / "ca.crt").read_text()})
    told = failure(store, f"faults/to/{plain.address}/deep")
    assert (told.reason, "from https to http" in told.message) == (Reason.STORAGE_FORBIDDEN, True)
    asked = len(plain.asked)
    failure(store, f"faults/to/{plain.address}/deep")
    assert len(plain.asked) == asked


@pytest.mark.parametrize("uri", ["http://key:secret@host/x/", "https:///x/", "http://host/x?token=secret/"])
def test_addresses_that_are_refused(uri: str) -> None:
    with pytest.raises(StorageError, match="without credentials and query") as refused:
        opened(uri)
    assert refused.value.reason is Reason.BAD_CONFIGURATION
    assert "secret" not in refused.value.message
