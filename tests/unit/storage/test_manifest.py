"""The manifest: canonical, complete, and unforgiving."""

import json
from pathlib import Path

import pytest

from leeboard.storage import Manifest, StorageError
from leeboard.storage.digests import digest_of


@pytest.fixture
def artefact(tmp_path: Path) -> Path:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.skops").write_bytes(b"weights" * 100)
    (tmp_path / "model" / "é.txt").write_bytes(b"")
    return tmp_path / "model"


def test_the_canonical_bytes(artefact: Path) -> None:
    manifest = Manifest.of_directory(artefact)
    files = [
        {"bytes": 700, "digest": digest_of(b"weights" * 100), "path": "model.skops"},
        {"bytes": 0, "digest": digest_of(b""), "path": "é.txt"},
    ]
    expected = json.dumps({"files": files}, separators=(",", ":"), ensure_ascii=False).encode()
    assert manifest.to_bytes() == expected
    assert manifest.digest == digest_of(expected)
    assert manifest.bytes == 700
    assert Manifest.parse(expected) == manifest
    manifest.verify(artefact)


def flip(folder: Path) -> None:
    data = bytearray((folder / "model.skops").read_bytes())
    data[350] ^= 1
    (folder / "model.skops").write_bytes(bytes(data))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (flip, "model.skops is sha256:"),
        (lambda folder: (folder / "model.skops").unlink(), "model.skops is missing"),
        (lambda folder: (folder / "more").write_bytes(b"x"), "more is not in the manifest"),
    ],
)
def test_any_difference_is_named(artefact: Path, change, said: str) -> None:
    manifest = Manifest.of_directory(artefact)
    change(artefact)
    with pytest.raises(StorageError, match=said) as found:
        manifest.verify(artefact)
    assert found.value.reason == "DigestMismatch"


def test_a_link_is_refused(artefact: Path) -> None:
    (artefact / "link").symlink_to("/etc/passwd")
    with pytest.raises(ValueError, match="link"):
        Manifest.of_directory(artefact)


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", ""])
def test_a_path_that_leads_out_is_refused(path: str) -> None:
    data = json.dumps({"files": [{"path": path, "digest": digest_of(b""), "bytes": 0}]}).encode()
    with pytest.raises(ValueError, match="leads out"):
        Manifest.parse(data)


@pytest.mark.parametrize("data", [b"{}", b'{"files": [1]}', b"no json"])
def test_what_is_no_manifest(data: bytes) -> None:
    with pytest.raises(ValueError):
        Manifest.parse(data)
