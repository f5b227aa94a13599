"""Storage in a folder, and which store a URI opens."""

from pathlib import Path

import pytest

from leeboard.api.reasons import Reason
from leeboard.storage import StorageError, Store, open_store
from leeboard.storage.digests import digest_of


@pytest.fixture
def store(tmp_path: Path) -> Store:
    (tmp_path / "store").mkdir()
    return open_store(f"file://{tmp_path}/store/", environment={})


def test_what_was_put_is_got_listed_and_deleted(store: Store, tmp_path: Path) -> None:
    store.put("b/2", b"two")
    store.put("a/1", b"one")
    assert store.get("b/2") == b"two"
    assert [(entry.key, entry.bytes) for entry in store.list()] == [("a/1", 3), ("b/2", 3)]
    assert [entry.key for entry in store.list("b/")] == ["b/2"]
    store.put("b/c/d/3", b"x")
    store.put("b/e/4", b"x")
    assert list(store.folders()) == ["a/", "b/"]
    assert list(store.folders("b/")) == ["b/c/", "b/e/"]
    assert list(store.folders("none/")) == []
    for key in ("b/c/d/3", "b/e/4"):
        store.delete(key)
    assert store.read_to("a/1", tmp_path / "deep" / "file") == digest_of(b"one")
    assert (tmp_path / "deep" / "file").read_bytes() == b"one"
    store.delete("a/1")
    store.delete("a/1")
    assert [entry.key for entry in store.list()] == ["b/2"]


def test_an_object_is_not_overwritten_unless_asked(store: Store, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"other")
    store.put("a", b"one")
    store.put("a", b"one")
    for write in (lambda: store.put("a", b"other"), lambda: store.put_file("a", tmp_path / "file")):
        with pytest.raises(StorageError) as refused:
            write()
        assert refused.value.reason is Reason.STORAGE_CONFLICT
    assert store.get("a") == b"one"
    before = next(store.list()).etag
    store.put_file("a", tmp_path / "file", overwrite=True)
    assert store.get("a") == b"other"
    assert next(store.list()).etag != before
    assert len(list(store.list())) == 1


@pytest.mark.parametrize(
    ("key", "reason"), [("absent", Reason.STORAGE_NOT_FOUND), ("../outside", Reason.STORAGE_FORBIDDEN)]
)
def test_what_cannot_be_read(store: Store, key: str, reason: Reason) -> None:
    with pytest.raises(StorageError) as refused:
        store.get(key)
    assert refused.value.reason is reason


@pytest.mark.parametrize("uri", ["ftp://host/x/", "s3:///x/", "flights"])
def test_unknown_places(uri: str) -> None:
    with pytest.raises(
        StorageError, match=r"no storage for \w+:// URIs; s3://, https://, http://, pvc:// and oci:// are"
    ):
        open_store(uri, environment={})


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no folder"):
        list(open_store(f"file://{tmp_path}/absent/", environment={}).list())
