"""Storage against a real S3 server."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.cluster.control_plane import LOOPBACK, free_port
from leeboard.api.reasons import Reason
from leeboard.storage import Manifest, StorageError, open_store
from leeboard.storage.digests import digest_of
from tests.support.s3_server import KEYS, S3Server, s3_server


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as running:
        yield running


def test_objects(s3: S3Server, tmp_path: Path) -> None:
    store = s3.store("s3://models/ml/objects/")
    store.put("b", b"two")
    store.put("a/1", b"one")
    assert store.get("a/1") == b"one"
    assert [(entry.key, entry.bytes) for entry in store.list()] == [("a/1", 3), ("b", 3)]
    assert (list(store.folders()), list(store.folders("a/"))) == (["a/"], [])
    assert store.read_to("b", tmp_path / "b") == digest_of(b"two")
    store.delete("b")
    assert [entry.key for entry in store.list()] == ["a/1"]


def test_an_object_is_not_overwritten_unless_asked(s3: S3Server, tmp_path: Path) -> None:
    store = s3.store("s3://models/ml/overwriting/")
    (tmp_path / "other").write_bytes(b"other")
    store.put("a", b"one")
    store.put("a", b"one")
    with pytest.raises(StorageError) as refused:
        store.put_file("a", tmp_path / "other")
    assert refused.value.reason is Reason.STORAGE_CONFLICT
    assert store.get("a") == b"one"
    store.put_file("a", tmp_path / "other", overwrite=True)
    assert store.get("a") == b"other"


def test_an_artefact_there_and_back(s3: S3Server, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "deep").mkdir(parents=True)
    (source / "deep" / "weights").write_bytes(os.urandom(3 << 20))
    manifest = Manifest.of_directory(source)
    store = s3.store("s3://models/ml/artefact/")
    for file in manifest.files:
        store.put_file(file.path, source / file.path)
        assert store.read_to(file.path, target / file.path) == file.digest
    manifest.verify(target)


@pytest.mark.parametrize(
    ("uri", "keys", "reason"),
    [
        ("s3://models/ml/", {}, Reason.STORAGE_NOT_FOUND),
        ("s3://absent/ml/", {}, Reason.STORAGE_NOT_FOUND),
        ("s3://models/ml/", {"AWS_SECRET_ACCESS_KEY": "wrong"}, Reason.STORAGE_FORBIDDEN),
        ("s3://models/ml/", {"AWS_ACCESS_KEY_ID": "nobody"}, Reason.STORAGE_FORBIDDEN),
    ],
)
def test_typed_errors(s3: S3Server, uri: str, keys: dict[str, str], reason: Reason) -> None:
    with pytest.raises(StorageError) as refused:
        s3.store(uri, **keys).get("absent")
    assert refused.value.reason is reason
    assert "leeboard-secret" not in str(refused.value)


def test_a_missing_bucket_cannot_be_listed(s3: S3Server) -> None:
    with pytest.raises(StorageError) as refused:
        list(s3.store("s3://absent/").list())
    assert refused.value.reason is Reason.STORAGE_NOT_FOUND


def test_a_server_that_is_not_there() -> None:
    store = open_store("s3://models/", endpoint=f"http://{LOOPBACK}:{free_port()}", environment=KEYS)
    with pytest.raises(StorageError) as refused:
        store.get("a")
    assert refused.value.reason is Reason.STORAGE_UNREACHABLE
