"""Loading a version from a folder that stands for a bucket, from a web server and from what a pod mounts: what
arrives, and what a pod says where it must not."""

import json
import os
import shutil
from pathlib import Path

import pytest

from e2e.cluster.control_plane import LOOPBACK, free_port
from leeboard.storage import Manifest
from leeboard.storage.digests import digest_of
from leeboard_serving import load
from leeboard_serving.environment import Folders
from tests.support.examples import DIGEST
from tests.support.small_disk import small_disk
from tests.support.web_server import web_server

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
        "LEEBOARD_ARTIFACT": {
            "uri": f"file://{bucket}/r1/",
            "digest": manifest["digest"],
            "format": "sklearn-skops",
            "bytes": Manifest.parse((bucket / "r1/manifest.json").read_bytes()).bytes,
        },
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


def test_a_version_as_onnx_arrives_beside_it_and_is_bounded(environment, bucket, monkeypatch):
    graph = bucket / "r1/evaluation/accelerated.onnx"
    graph.parent.mkdir(parents=True, exist_ok=True)
    graph.write_bytes(b"a graph")
    stored = {"uri": f"file://{graph}", "digest": digest_of(b"a graph"), "bytes": 7}
    monkeypatch.setenv("LEEBOARD_ACCELERATED", json.dumps(stored))
    assert load.main() == 0
    folders = Folders.of(environment)
    assert (folders.accelerated / "model.onnx").read_bytes() == b"a graph"
    assert arrived(environment) >= {"model/model.skops", "accelerated/model.onnx", "golden.json"}
    for changed in ({"digest": digest_of(b"another")}, {"bytes": 6}):
        monkeypatch.setenv("LEEBOARD_ACCELERATED", json.dumps(stored | changed))
        assert load.main() == 64
        assert told(environment)["reason"] == "DigestMismatch"
        assert arrived(environment) == set()
    monkeypatch.delenv("LEEBOARD_ACCELERATED")
    assert load.main() == 0
    assert not folders.accelerated.exists()


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


def test_a_format_that_runs_its_own_code_is_brought_only_where_it_is_allowed(environment, monkeypatch):
    artefact = json.loads(environment["LEEBOARD_ARTIFACT"]) | {"format": "sklearn-pickle"}
    monkeypatch.setenv("LEEBOARD_ARTIFACT", json.dumps(artefact))
    assert load.main() == 64
    assert told(environment)["reason"] == "UnsafeFormat"
    assert not arrived(environment)
    monkeypatch.setenv("LEEBOARD_ALLOW_UNSAFE_FORMATS", "true")
    assert load.main() == 0
    assert "model/model.skops" in arrived(environment)


def test_a_volume_that_takes_no_files_is_told_of(environment):
    volume = Folders.of(environment).model
    volume.write_text("no folder")
    assert load.main() == 78
    assert told(environment)["reason"] == "BadConfiguration"
    assert told(environment)["message"].startswith("files cannot be kept: ")


def changed(environment, monkeypatch, **values):
    artefact = json.loads(environment["LEEBOARD_ARTIFACT"]) | values
    monkeypatch.setenv("LEEBOARD_ARTIFACT", json.dumps(artefact))


def test_a_failure_leaves_nothing_that_a_server_could_take_for_a_model(environment, bucket):
    assert load.main() == 0
    (bucket / DOCUMENTS[1]).write_text("other bytes")
    assert load.main() == 64
    assert list(Folders.of(environment).model.iterdir()) == []


def test_more_than_was_registered_is_not_read(environment, bucket, monkeypatch):
    registered = json.loads(environment["LEEBOARD_ARTIFACT"])["bytes"]
    changed(environment, monkeypatch, bytes=registered - 1)
    assert load.main() == 64
    assert told(environment) == {
        "reason": "DigestMismatch",
        "message": f"manifest.json names {registered} bytes, registered are {registered - 1}",
    }
    changed(environment, monkeypatch, bytes=registered)
    with (bucket / ARTEFACT[0]).open("ab") as more:
        more.write(b"x" * 1000)
    assert load.main() == 64
    size = len(f"the bytes of {ARTEFACT[0]}")
    assert (
        told(environment)["message"] == f"model/model.skops: more than {size} bytes came; at most {size} were expected"
    )


def test_pods_of_an_earlier_release_are_not_told_the_size(environment, monkeypatch):
    changed(environment, monkeypatch, bytes=None)
    assert load.main() == 0


@pytest.mark.parametrize(
    ("path", "code", "reason", "said"),
    [
        ("", 0, "", ""),
        ("absent/", 64, "StorageNotFound", "manifest.json: 200 was expected, 404 came"),
        ("faults/status/403/", 77, "StorageForbidden", "200 was expected, 403 came"),
        ("faults/status/500/", 69, "StorageUnreachable", "200 was expected, 500 came"),
        ("faults/truncated/", 69, "StorageUnreachable", "the answer ended after 100 of 200 bytes"),
        ("faults/endless/", 64, "DigestMismatch", "more than 4194304 bytes came; at most 4194304 were expected"),
        ("faults/redirect/2/r1/", 0, "", ""),
    ],
)
def test_from_a_web_server(environment, bucket, monkeypatch, *, path, code, reason, said):
    with web_server(bucket) as web:
        changed(environment, monkeypatch, uri=f"{web.address}/{path or 'r1/'}")
        assert load.main() == code
    if code:
        assert told(environment)["reason"] == reason
        assert said in told(environment)["message"]
        assert arrived(environment) == set()
    else:
        assert "model/parts/words.json" in arrived(environment)


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        (f"http://{LOOPBACK}:{{port}}/", "connection refused"),
        ("http://nowhere.invalid/", "its name cannot be resolved"),
    ],
)
def test_servers_that_are_not_there(environment, monkeypatch, uri, said):
    changed(environment, monkeypatch, uri=uri.format(port=free_port()))
    assert load.main() == 69
    assert told(environment)["reason"] == "StorageUnreachable"
    assert said in told(environment)["message"]


@pytest.mark.parametrize("place", ["pvc://models/r1/", f"oci://registry.example/ml/flights@{DIGEST}/r1/"])
def test_from_what_the_pod_mounts(environment, bucket, monkeypatch, place):
    changed(environment, monkeypatch, uri=place)
    assert load.main() == 64
    assert "here it is not mounted" in told(environment)["message"]
    monkeypatch.setenv("LEEBOARD_SOURCE_FOLDER", str(bucket))
    assert load.main() == 0
    assert "model/parts/words.json" in arrived(environment)


def test_the_cache_of_a_pod_before_serves_the_next_without_any_storage(environment, bucket, tmp_path, monkeypatch):
    monkeypatch.setenv("LEEBOARD_CACHE_FOLDER", str(tmp_path / "claim"))
    monkeypatch.setenv("LEEBOARD_CACHE_BYTES", "1000000")
    assert load.main() == 0
    shutil.move(bucket, tmp_path / "away")
    assert load.main() == 0
    assert (Folders.of(environment).artefact / "model.skops").read_bytes() == b"the bytes of r1/model/model.skops"
    for entry in (tmp_path / "claim/v1/sha256").iterdir():
        entry.write_bytes(b"spoilt")
    assert load.main() == 64
    assert told(environment)["reason"] == "StorageNotFound"
    assert arrived(environment) == set()
    shutil.move(tmp_path / "away", bucket)
    assert load.main() == 0


def test_a_cache_that_cannot_be_used_keeps_no_pod(environment, tmp_path, monkeypatch):
    (tmp_path / "claim").write_text("no folder")
    monkeypatch.setenv("LEEBOARD_CACHE_FOLDER", str(tmp_path / "claim"))
    monkeypatch.setenv("LEEBOARD_CACHE_BYTES", "1000000")
    assert load.main() == 0
    monkeypatch.setenv("LEEBOARD_CACHE_BYTES", "much")
    assert load.main() == 78
    assert told(environment)["message"] == "LEEBOARD_CACHE_BYTES is 'much', expected is a count"


def test_a_full_disk_has_a_reason_of_its_own(environment, tmp_path, monkeypatch):
    with small_disk(tmp_path / "disk", 64) as disk:
        monkeypatch.setenv("LEEBOARD_MODEL_FOLDER", str(disk))
        space = os.statvfs(disk)
        (disk / "other").write_bytes(b"x" * space.f_bavail * space.f_frsize)
        assert load.main() == 75
    assert told(environment) == {"reason": "DiskFull", "message": "files cannot be kept: No space left on device"}
