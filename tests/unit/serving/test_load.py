"""Loading a version from a folder that stands for a bucket: what arrives, and what a pod says where it must not."""

import json
import os
from pathlib import Path

import pytest

from leeboard.storage import Manifest
from leeboard.storage.digests import digest_of
from leeboard_serving import load
from leeboard_serving.environment import Folders

ARTEFACT = ("r1/model/model.skops", "r1/model/parts/words.json")
DOCUMENTS = ("r1/evaluation/profile.json", "r1/evaluation/golden.json")


@pytest.fixture
def bucket(tmp_path):
    root = tmp_path / "bucket"
    for path in (*ARTEFACT, *DOCUMENTS):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(f"the bytes of {path}".encode())
    (root / "r1/manifest.json").write_bytes(Manifest.of_directory(root / "r1/model").to_bytes())
    (root / "r1/model/not-in-the-manifest").write_text("left by an attempt before")
    return root


@pytest.fixture
def environment(bucket, tmp_path, monkeypatch):
    def stored(path):
        return {"uri": f"file://{bucket}/{path}", "digest": digest_of((bucket / path).read_bytes())}

    manifest = stored("r1/manifest.json")
    values = {
        "LEEBOARD_ARTIFACT": {"uri": f"file://{bucket}/r1/", "digest": manifest["digest"], "format": "sklearn-skops"},
        "LEEBOARD_PROFILE": stored(DOCUMENTS[0]),
        "LEEBOARD_GOLDEN": stored(DOCUMENTS[1]),
    }
    for name, value in values.items():
        monkeypatch.setenv(name, json.dumps(value))
    monkeypatch.setenv("LEEBOARD_MODEL_FOLDER", str(tmp_path / "volume"))
    monkeypatch.setenv("LEEBOARD_TERMINATION_LOG", str(tmp_path / "termination"))
    return os.environ


def arrived(environment):
    volume = Folders.of(environment).model
    return {path.relative_to(volume).as_posix() for path in volume.rglob("*") if path.is_file()}


def told(environment):
    return json.loads(Path(environment["LEEBOARD_TERMINATION_LOG"]).read_text())


def test_what_is_registered_arrives_and_nothing_else(environment, bucket):
    leftover = Folders.of(environment).artefact / "of-an-attempt-before"
    leftover.parent.mkdir(parents=True)
    leftover.touch()
    assert load.main() == 0
    assert arrived(environment) == {"model/model.skops", "model/parts/words.json", "profile.json", "golden.json"}
    assert (Folders.of(environment).artefact / "model.skops").read_bytes() == (bucket / ARTEFACT[0]).read_bytes()
    assert not Path(environment["LEEBOARD_TERMINATION_LOG"]).exists()


@pytest.mark.parametrize("path", [*ARTEFACT, *DOCUMENTS, "r1/manifest.json"])
def test_one_flipped_bit_is_refused_and_not_kept(environment, bucket, path):
    data = bytearray((bucket / path).read_bytes())
    data[len(data) // 2] ^= 1
    (bucket / path).write_bytes(data)
    assert load.main() == 64
    assert told(environment)["reason"] == "DigestMismatch"
    assert path.rpartition("/")[2] in told(environment)["message"]
    assert not any(name.endswith(path.rpartition("/")[2]) for name in arrived(environment))


@pytest.mark.parametrize("path", [*ARTEFACT, *DOCUMENTS, "r1/manifest.json"])
def test_what_is_gone_is_named(environment, bucket, path):
    (bucket / path).unlink()
    assert load.main() == 64
    assert told(environment)["reason"] == "StorageNotFound"
    assert path.rpartition("/")[2] in told(environment)["message"]


def test_a_manifest_with_the_right_digest_may_not_lead_out_of_the_volume(environment, bucket, monkeypatch):
    hostile = json.dumps({"files": [{"path": "../../escaped", "digest": digest_of(b""), "bytes": 0}]}).encode()
    (bucket / "r1/manifest.json").write_bytes(hostile)
    artefact = json.loads(environment["LEEBOARD_ARTIFACT"]) | {"digest": digest_of(hostile)}
    monkeypatch.setenv("LEEBOARD_ARTIFACT", json.dumps(artefact))
    assert load.main() == 64
    assert told(environment)["reason"] == "BadData"
    assert arrived(environment) == set()


@pytest.mark.parametrize(
    ("name", "value", "code", "reason"),
    [
        ("LEEBOARD_GOLDEN", "", 78, "BadConfiguration"),
        ("LEEBOARD_PROFILE", "{", 78, "BadConfiguration"),
        ("LEEBOARD_ARTIFACT", '{"uri": "file:///x/", "digest": "sha1:0"}', 78, "BadConfiguration"),
        ("LEEBOARD_ARTIFACT", json.dumps({"uri": "ftp://x/", "digest": digest_of(b"")}), 64, "StorageNotFound"),
        (
            "LEEBOARD_ARTIFACT",
            json.dumps({"uri": "file:///x/", "digest": digest_of(b""), "format": "pickle"}),
            64,
            "UnsafeFormat",
        ),
    ],
)
def test_configuration_that_cannot_be_followed(environment, monkeypatch, *, name, value, code, reason):
    monkeypatch.setenv(name, value)
    assert load.main() == code
    assert told(environment)["reason"] == reason


def test_a_volume_that_takes_no_files_is_told_of(environment):
    volume = Folders.of(environment).model
    volume.write_text("no folder")
    assert load.main() == 78
    assert told(environment)["reason"] == "BadConfiguration"
    assert told(environment)["message"].startswith("files cannot be kept: ")
