"""Loading a version from a real S3 server: what a pod says when it must not serve."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from leeboard.storage import Manifest
from leeboard.storage.digests import digest_of
from leeboard_serving import load
from leeboard_serving.environment import Folders
from tests.support.s3_server import KEYS, S3Server, s3_server

DATA = b"weights " * 200_000
ROOT = "s3://models/ml/loading/"


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as running:
        yield running


@pytest.fixture
def version(s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A version in the bucket, and the environment of the pod that serves it."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.skops").write_bytes(DATA)
    manifest = Manifest.of_directory(tmp_path / "model")
    store = s3.store(ROOT)
    store.put("model/model.skops", DATA, overwrite=True)
    store.put("manifest.json", manifest.to_bytes(), overwrite=True)
    store.put("document.json", b"{}", overwrite=True)
    document = json.dumps({"uri": f"{ROOT}document.json", "digest": digest_of(b"{}")})
    artefact = {"uri": ROOT, "digest": manifest.digest, "format": "sklearn-skops", "bytes": manifest.bytes}
    values = KEYS | {
        "LEEBOARD_STORAGE_ENDPOINT": s3.endpoint,
        "LEEBOARD_ARTIFACT": json.dumps(artefact),
        "LEEBOARD_PROFILE": document,
        "LEEBOARD_GOLDEN": document,
        "LEEBOARD_MODEL_FOLDER": str(tmp_path / "volume"),
        "LEEBOARD_TERMINATION_LOG": str(tmp_path / "termination"),
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return values


def test_it_arrives(version: dict[str, str]) -> None:
    assert load.main() == 0
    assert (Folders.of(os.environ).artefact / "model.skops").read_bytes() == DATA


@pytest.mark.parametrize(
    ("name", "value", "code", "reason", "said"),
    [
        ("AWS_SECRET_ACCESS_KEY", "wrong", 77, "StorageForbidden", "manifest.json: SignatureDoesNotMatch"),
        ("AWS_ACCESS_KEY_ID", "nobody", 77, "StorageForbidden", "s3://models/ml/loading/manifest.json: "),
        ("LEEBOARD_ARTIFACT", "s3://absent/ml/", 64, "StorageNotFound", "s3://absent/ml/manifest.json: NoSuchBucket"),
        ("LEEBOARD_ARTIFACT", "s3://models/other/", 64, "StorageNotFound", "models/other/manifest.json: NoSuchKey"),
        ("LEEBOARD_STORAGE_CA", "x", 78, "BadConfiguration", "ca.crt of the Secret in storage.secretRef holds no PEM"),
    ],
)
def test_what_the_server_refuses(
    version: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    *,
    name: str,
    value: str,
    code: int,
    reason: str,
    said: str,
) -> None:
    if name == "LEEBOARD_ARTIFACT":
        value = json.dumps(json.loads(version[name]) | {"uri": value})
    monkeypatch.setenv(name, value)
    assert load.main() == code
    told = json.loads(Path(os.environ["LEEBOARD_TERMINATION_LOG"]).read_text())
    assert (told["reason"], said in told["message"]) == (reason, True), told
    assert "leeboard-secret" not in told["message"]
    assert not Folders.of(os.environ).artefact.exists()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"x" + DATA[1:], "model/model.skops is sha256:"),
        (DATA + b"x", f"model/model.skops: more than {len(DATA)} bytes came; at most {len(DATA)} were expected"),
        (DATA[:-1], "model/model.skops is sha256:"),
    ],
)
def test_other_bytes_than_were_registered(version: dict[str, str], s3: S3Server, data: bytes, said: str) -> None:
    s3.store(ROOT).put("model/model.skops", data, overwrite=True)
    assert load.main() == 64
    told = json.loads(Path(os.environ["LEEBOARD_TERMINATION_LOG"]).read_text())
    assert (told["reason"], said in told["message"]) == ("DigestMismatch", True), told
    assert not Folders.of(os.environ).artefact.exists()
