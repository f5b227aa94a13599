"""The manifest: canonical, complete, and unforgiving."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

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


def document(*paths: str, digest: str = digest_of(b""), size: int = 0) -> bytes:
    return json.dumps({"files": [{"path": path, "digest": digest, "bytes": size} for path in paths]}).encode()


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        (["a//b"], "no plain path"),
        (["a/./b"], "no plain path"),
        (["a/"], "no plain path"),
        (["a\\..\\b"], "no plain path"),
        (["a\0b"], "no plain path"),
        (["a\nb"], "no plain path"),
        (["\ud800"], "no plain path"),
        (["x" * 256], "no plain path"),
        (["x/" * 512 + "x"], "no plain path"),
        (["a", "a"], "one place"),
        (["Model.skops", "model.skops"], "one place"),
        (["Stra\u00dfe", "STRASSE"], "one place"),
        (["caf\u00e9", "cafe\u0301"], "one place"),
        (["a", "a/b"], "a file and a folder"),
        (["A/b", "a"], "a file and a folder"),
    ],
)
def test_paths_that_not_every_file_system_keeps(paths: list[str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Manifest.parse(document(*paths))


@pytest.mark.parametrize("data", [document("a", digest="md5:0"), document("a", size=-1)])
def test_digests_and_sizes_that_cannot_be(data: bytes) -> None:
    with pytest.raises(ValueError, match="digest or size"):
        Manifest.parse(data)


def test_what_is_registered(artefact: Path) -> None:
    manifest = Manifest.of_directory(artefact)
    data = manifest.to_bytes()
    assert Manifest.registered(data, manifest.digest, 700) == manifest
    assert Manifest.registered(data, manifest.digest) == manifest
    for stored, most, reason, said in (
        (data + b" ", None, "DigestMismatch", f"registered as {manifest.digest}"),
        (data, 699, "DigestMismatch", "names 700 bytes, registered are 699"),
    ):
        with pytest.raises(StorageError, match=said) as refused:
            Manifest.registered(stored, manifest.digest, most)
        assert refused.value.reason == reason
    with pytest.raises(StorageError, match=r"manifest\.json is no manifest") as refused:
        Manifest.registered(b"[]", digest_of(b"[]"))
    assert refused.value.reason == "BadData"


@pytest.mark.parametrize("data", [b"{}", b"[]", b'{"files": [1]}', b"no json", b"[" * 10**6])
def test_what_is_no_manifest(data: bytes) -> None:
    with pytest.raises(ValueError):
        Manifest.parse(data)


PATHS = st.lists(st.text(alphabet="aAéßſ./\\ \0~:\u0301", min_size=1, max_size=12), min_size=1, max_size=4)


@given(PATHS)
@example(["a/../b"])
@example(["A", "a"])
@settings(max_examples=300, derandomize=True, deadline=None)
def test_whatever_is_accepted_lies_below_the_folder_and_each_file_for_itself(paths: list[str]) -> None:
    try:
        accepted = [file.path for file in Manifest.parse(document(*paths)).files]
    except ValueError:
        return
    folder = Path("/leeboard/model/model")
    places = [os.path.normpath(folder / path) for path in accepted]
    assert all(place.startswith(f"{folder}/") for place in places)
    assert len({place.upper().lower() for place in places}) == len(places)
