"""An S3 client against a server that fails as no well-behaved one does; what a real one answers is in
tests/integration/test_s3.py."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from leeboard.api.reasons import Reason
from leeboard.storage import StorageError, open_store
from leeboard.storage.authorities import AUTHORITIES
from tests.support.web_server import HALF, WebServer, web_server

KEYS = {"AWS_ACCESS_KEY_ID": "leeboard", "AWS_SECRET_ACCESS_KEY": "leeboard-secret"}


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    with web_server(tmp_path_factory.mktemp("web")) as running:
        yield running


def failure(web: WebServer, key: str, most: int | None = None, **environment: str) -> StorageError:
    # a bucket is the first part of the path, and so are the server's faults
    store = open_store("s3://faults/", endpoint=web.address, environment=KEYS | environment)
    with pytest.raises(StorageError) as refused:
        store.get(key, most=most)
    assert "leeboard-secret" not in refused.value.message
    return refused.value


def test_an_answer_that_ends_early(web: WebServer) -> None:
    told = failure(web, "truncated/x")
    assert (told.reason, told.message) == (
        Reason.STORAGE_UNREACHABLE,
        f"s3://faults/truncated/x: the answer ended after {HALF} of {2 * HALF} bytes",
    )


def test_an_answer_that_does_not_end(web: WebServer) -> None:
    told = failure(web, "endless/x", most=200_000)
    assert (told.reason, "at most 200000 were expected" in told.message) == (Reason.DIGEST_MISMATCH, True)


def test_a_certificate_of_an_authority_that_is_not_trusted(tmp_path: Path) -> None:
    with web_server(tmp_path, tmp_path / "certificates") as secured:
        told = failure(secured, "status/404")
        assert (told.reason, "its certificate is not trusted" in told.message) == (Reason.STORAGE_UNREACHABLE, True)
        trusted = {AUTHORITIES: (tmp_path / "certificates" / "ca.crt").read_text()}
        assert failure(secured, "status/404", **trusted).reason is Reason.STORAGE_NOT_FOUND


def test_authorities_that_are_no_certificates(web: WebServer) -> None:
    with pytest.raises(StorageError, match="holds no PEM certificates") as refused:
        open_store("s3://faults/", endpoint=web.address, environment={AUTHORITIES: "x"})
    assert refused.value.reason is Reason.BAD_CONFIGURATION
