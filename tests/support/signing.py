"""Signatures of OpenSSF Model Signing, version 1, as `model_signing sign key` makes them."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from leeboard.storage.digests import digest_of
from leeboard_serving.loading.signature import BUNDLE, PAYLOAD, PREDICATE, STATEMENT, pre_authentication_encoding

Document = dict[str, Any]


def statement(files: Mapping[str, bytes], **changes: Any) -> Document:
    """What is signed: the digests of files, by their paths below the model's folder, in that order."""
    resources = [
        {"name": name, "algorithm": "sha256", "digest": digest_of(data).removeprefix("sha256:")}
        for name, data in files.items()
    ]
    whole = digest_of(b"".join(bytes.fromhex(one["digest"]) for one in resources)).removeprefix("sha256:")
    predicate = {"serialization": {"method": "files", "hash_type": "sha256"}, "resources": resources}
    return {
        "_type": STATEMENT,
        "subject": [{"name": "model", "digest": {"sha256": whole}}],
        "predicateType": PREDICATE,
        "predicate": predicate,
    } | changes


def signed(key: ec.EllipticCurvePrivateKey, said: bytes, **changes: Any) -> bytes:
    """The bundle with a signature over these bytes."""
    signature = key.sign(pre_authentication_encoding(said), ec.ECDSA(hashes.SHA256()))
    envelope = {
        "payload": base64.b64encode(said).decode(),
        "payloadType": PAYLOAD,
        "signatures": [{"sig": base64.b64encode(signature).decode(), "keyid": ""}],
    }
    return json.dumps({"mediaType": BUNDLE, "dsseEnvelope": envelope | changes}).encode()


def public(key: ec.EllipticCurvePrivateKey) -> str:
    """Its public half, as PEM."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()
