"""Signatures of the reference implementation, and what is no signature of these files.

`signatures/*.sig` were made by model-signing 1.1.1 (`model_signing sign key`) over a folder with the two files below;
`*.pub` are the keys to them.
"""

import base64
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("cryptography", reason="the extra serving is not installed as pyproject.toml has it")

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from leeboard.storage import Manifest
from leeboard.storage.digests import digest_of
from leeboard_serving import load
from leeboard_serving.failures import ServingError
from leeboard_serving.loading.signature import (
    BUNDLE,
    MOST_KEYS,
    PublicKey,
    public_keys,
    verify_signature,
)
from tests.support import signing
from tests.support.signing import signed

SIGNATURES = Path(__file__).with_name("signatures")
CURVES = ("p256", "p384", "p521")
FILES = {"model.skops": b"weights\n", "parts/words.json": b"words\n"}
Document = dict[str, Any]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "r1" / "model"
    for name, data in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture
def manifest(model: Path) -> Manifest:
    return Manifest.of_directory(model)


@pytest.fixture(scope="module")
def own() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A mounted ConfigMap, as the kubelet lays it out."""
    data = tmp_path / "keys" / "..2026"
    data.mkdir(parents=True)
    for curve in CURVES:
        shutil.copy(SIGNATURES / f"{curve}.pub", data)
        (data.parent / f"{curve}.pub").symlink_to(Path("..2026") / f"{curve}.pub")
    (data.parent / "..data").symlink_to("..2026")
    return data.parent


def refusal(bundle: bytes, trusted: tuple[PublicKey, ...], manifest: Manifest) -> str:
    with pytest.raises(ServingError) as refused:
        verify_signature(bundle, trusted, manifest)
    assert refused.value.reason == "SignatureInvalid"
    return refused.value.message


def statement(**changes: Any) -> Document:
    """The statement over the two files."""
    return signing.statement(FILES, **changes)


@pytest.mark.parametrize("curve", CURVES)
def test_what_the_reference_implementation_signs(keys: Path, manifest: Manifest, curve: str) -> None:
    bundle = (SIGNATURES / f"{curve}.sig").read_bytes()
    trusted = public_keys(keys)
    assert [one.name for one in trusted] == [f"{one}.pub" for one in CURVES]
    assert verify_signature(bundle, trusted, manifest) == f"{curve}.pub"
    others = tuple(one for one in trusted if one.name != f"{curve}.pub")
    assert refusal(bundle, others, manifest).startswith("model.sig was made by none of the keys p")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda folder: (folder / "model.skops").write_bytes(b"weightz\n"), "model.skops is sha256:"),
        (lambda folder: (folder / "model.skops").unlink(), "model.skops is signed, and no file of the artefact"),
        (lambda folder: (folder / "more").write_bytes(b""), "more is not signed"),
    ],
)
def test_other_files_than_were_signed(keys: Path, model: Path, change: Any, said: str) -> None:
    bundle = (SIGNATURES / "p256.sig").read_bytes()
    change(model)
    assert refusal(bundle, public_keys(keys), Manifest.of_directory(model)).startswith(said)


def test_one_flipped_bit_of_the_statement(keys: Path, manifest: Manifest) -> None:
    bundle = json.loads((SIGNATURES / "p256.sig").read_bytes())
    payload = bytearray(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    payload[len(payload) // 2] ^= 1
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(payload).decode()
    told = refusal(json.dumps(bundle).encode(), public_keys(keys), manifest)
    assert "made by none of the keys" in told


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ""),
        ({"_type": "https://in-toto.io/Statement/v0.1"}, "_type is 'https://in-toto.io/Statement/v0.1', expected"),
        ({"predicateType": "https://slsa.dev/provenance/v1"}, "predicateType is 'https://slsa.dev/provenance/v1'"),
        ({"subject": []}, "cannot be followed"),
        ({"subject": [{"name": "m", "digest": {"sha256": "00"}}]}, "sha256 is '00', expected is"),
        ({"predicate": {"serialization": {"method": "shards"}, "resources": []}}, "method is 'shards', expected"),
        ({"predicate": {"serialization": {"method": "files"}}}, "'resources' is missing"),
        (
            {"predicate": {"serialization": {"method": "files"}, "resources": [{"name": "a", "algorithm": "blake3"}]}},
            "algorithm is 'blake3', expected is 'sha256'",
        ),
        ({"predicate": []}, "it has another form"),
    ],
)
def test_statements_of_a_trusted_key(
    own: ec.EllipticCurvePrivateKey, manifest: Manifest, changes: Document, said: str
) -> None:
    trusted = (PublicKey("own", own.public_key()),)
    bundle = signed(own, json.dumps(statement(**changes)).encode())
    if not said:
        assert verify_signature(bundle, trusted, manifest) == "own"
    else:
        assert said in refusal(bundle, trusted, manifest)


def test_a_file_may_not_be_named_twice(own: ec.EllipticCurvePrivateKey, manifest: Manifest) -> None:
    twice = statement()
    twice["predicate"]["resources"] *= 2
    told = refusal(signed(own, json.dumps(twice).encode()), (PublicKey("own", own.public_key()),), manifest)
    assert "a file is named twice" in told


@pytest.mark.parametrize(
    "bundle",
    [
        b"",
        b"no json",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b"\xff\xfe",
        json.dumps({"mediaType": "application/vnd.dev.sigstore.bundle+json;version=0.2"}).encode(),
        json.dumps({"mediaType": BUNDLE, "messageSignature": {}}).encode(),
        json.dumps({"mediaType": BUNDLE, "dsseEnvelope": []}).encode(),
        json.dumps({"mediaType": BUNDLE, "dsseEnvelope": {"payloadType": "text/plain"}}).encode(),
    ],
)
def test_what_is_no_bundle(bundle: bytes, own: ec.EllipticCurvePrivateKey, manifest: Manifest) -> None:
    told = refusal(bundle, (PublicKey("own", own.public_key()),), manifest)
    assert told.startswith("model.sig is no bundle of OpenSSF Model Signing")


@pytest.mark.parametrize(
    "changes",
    [{"signatures": []}, {"signatures": [{"sig": ""}, {"sig": ""}]}, {"signatures": [{"sig": "%"}]}, {"payload": "%"}],
)
def test_envelopes_that_are_none(own: ec.EllipticCurvePrivateKey, manifest: Manifest, changes: Document) -> None:
    bundle = signed(own, json.dumps(statement()).encode(), **changes)
    assert "model.sig" in refusal(bundle, (PublicKey("own", own.public_key()),), manifest)


def _rsa() -> bytes:
    key = rsa.generate_private_key(65537, 2048).public_key()
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "has 0 keys"),
        ({f"{number}.pub": b"" for number in range(MOST_KEYS + 1)}, f"has {MOST_KEYS + 1} keys"),
        ({"a.pub": b"no key"}, "a.pub of the ConfigMap is no PEM public key"),
        ({"a.pub": b"x" * 20_000}, "a.pub of the ConfigMap is no PEM public key"),
        ({"a.pub": _rsa()}, "a.pub of the ConfigMap is no key of a curve among secp256r1"),
    ],
)
def test_keys_that_are_none(tmp_path: Path, files: dict[str, bytes], said: str) -> None:
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    with pytest.raises(ServingError, match=said) as refused:
        public_keys(tmp_path)
    assert refused.value.reason == "BadConfiguration"


def test_no_pod_serves_what_is_not_signed(
    model: Path, manifest: Manifest, keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = model.parent
    (run / "manifest.json").write_bytes(manifest.to_bytes())
    for name in ("PROFILE", "GOLDEN"):
        (run / name).write_text("{}")
        stored = {"uri": (run / name).as_uri(), "digest": digest_of(b"{}")}
        monkeypatch.setenv(f"LEEBOARD_{name}", json.dumps(stored))
    artefact = {"uri": run.as_uri(), "digest": manifest.digest, "bytes": manifest.bytes}
    monkeypatch.setenv("LEEBOARD_ARTIFACT", json.dumps(artefact))
    monkeypatch.setenv("LEEBOARD_SIGNATURE_KEYS", str(keys))
    monkeypatch.setenv("LEEBOARD_MODEL_FOLDER", str(tmp_path / "volume"))
    monkeypatch.setenv("LEEBOARD_TERMINATION_LOG", str(tmp_path / "termination"))
    # neither does the cache of a pod that asked for no signature
    monkeypatch.setenv("LEEBOARD_CACHE_FOLDER", str(tmp_path / "claim"))
    monkeypatch.setenv("LEEBOARD_CACHE_BYTES", "1000000")
    for bundle, code, reason in (
        (None, 64, "SignatureMissing"),
        (b"{}", 64, "SignatureInvalid"),
        ((SIGNATURES / "p384.sig").read_bytes(), 0, ""),
    ):
        if bundle is not None:
            (run / "model.sig").write_bytes(bundle)
        assert load.main() == code
        if code:
            assert json.loads((tmp_path / "termination").read_text())["reason"] == reason
            assert list((tmp_path / "volume").iterdir()) == []
    assert (tmp_path / "volume" / "model" / "parts" / "words.json").read_bytes() == b"words\n"
