"""Verifies a model's signature in the format of OpenSSF Model Signing, made with a key.

`model.sig` is a Sigstore bundle: a DSSE envelope around an in-toto statement whose predicate names every file of the
model with its SHA-256. Sources: the OpenSSF Model Signing specification 1.0, in-toto Attestation Framework 1.0, DSSE
1.0.2 (the encoding that is signed). Nothing is asked of the network. Elliptic curves P-256, P-384 and P-521 are known,
with SHA-256, SHA-384 and SHA-512, as the reference implementation signs.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from leeboard.api.reasons import Reason
from leeboard.storage import Manifest
from leeboard_serving.failures import ServingError

NAME = "model.sig"
LARGEST = 8 << 20
"""Bytes of a signature: ten thousand files have some two million."""
LARGEST_KEY, MOST_KEYS = 16 << 10, 64
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
PAYLOAD = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://model_signing/signature/v1.0"
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "secp256r1": hashes.SHA256(),
    "secp384r1": hashes.SHA384(),
    "secp521r1": hashes.SHA512(),
}


@dataclass(frozen=True)
class PublicKey:
    """A key that may have signed, and what it is called where it lies."""

    name: str
    key: ec.EllipticCurvePublicKey


def public_keys(folder: Path) -> tuple[PublicKey, ...]:
    """The keys in a mounted ConfigMap: every file that does not begin with a dot.

    Raises ServingError (BadConfiguration) where there is none, or a file is no public key of a known curve.
    """
    paths = sorted(path for path in folder.iterdir() if not path.name.startswith(".") and path.is_file())
    if not 0 < len(paths) <= MOST_KEYS:
        text = f"the ConfigMap of serving.verification.signature has {len(paths)} keys; 1 to {MOST_KEYS} are expected"
        raise ServingError(Reason.BAD_CONFIGURATION, text)
    return tuple(_public_key(path) for path in paths)


def verify_signature(bundle: bytes, keys: Iterable[PublicKey], manifest: Manifest) -> str:
    """Hold a bundle against the keys and against the manifest; returns the name of the key that signed.

    Raises ServingError (SignatureInvalid): it is malformed, no key made it, or it is of other files.
    """
    try:
        document = _object(bundle)
        _expect(document, "mediaType", BUNDLE)
        envelope = document["dsseEnvelope"]
        _expect(envelope, "payloadType", PAYLOAD)
        payload = base64.b64decode(envelope["payload"], validate=True)
        signatures = [base64.b64decode(one["sig"], validate=True) for one in envelope["signatures"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error) as error:
        raise _invalid(f"{NAME} is no bundle of OpenSSF Model Signing: {_told(error)}") from error
    if len(signatures) != 1:
        raise _invalid(f"{NAME} has {len(signatures)} signatures, one is expected")
    signer = _signer(signatures[0], payload, tuple(keys))
    # only now is the statement worth reading
    try:
        signed = _signed_files(_object(payload))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _invalid(f"the statement in {NAME} cannot be followed: {_told(error)}") from error
    _compare(signed, {file.path: file.digest.removeprefix("sha256:") for file in manifest.files})
    return signer


def pre_authentication_encoding(payload: bytes) -> bytes:
    """The bytes that are signed (DSSE, "PAE")."""
    kind = PAYLOAD.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def _public_key(path: Path) -> PublicKey:
    try:
        if path.stat().st_size > LARGEST_KEY:
            raise ValueError("too large")
        key = serialization.load_pem_public_key(path.read_bytes())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ServingError(Reason.BAD_CONFIGURATION, f"{path.name} of the ConfigMap is no PEM public key") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in _HASHES:
        text = f"{path.name} of the ConfigMap is no key of a curve among {', '.join(_HASHES)}"
        raise ServingError(Reason.BAD_CONFIGURATION, text)
    return PublicKey(path.name, key)


def _signer(signature: bytes, payload: bytes, keys: tuple[PublicKey, ...]) -> str:
    for one in keys:
        try:
            one.key.verify(signature, pre_authentication_encoding(payload), ec.ECDSA(_HASHES[one.key.curve.name]))
        except InvalidSignature:
            continue
        return one.name
    raise _invalid(f"{NAME} was made by none of the keys {', '.join(one.name for one in keys)}"[:400])


def _signed_files(statement: Mapping[str, Any]) -> dict[str, str]:
    """SHA-256 in hexadecimal digits by path. Raises ValueError, KeyError and TypeError where it is of another form."""
    _expect(statement, "_type", STATEMENT)
    _expect(statement, "predicateType", PREDICATE)
    predicate = statement["predicate"]
    _expect(predicate["serialization"], "method", "files")
    whole, files = hashlib.sha256(), dict[str, str]()
    for resource in predicate["resources"]:
        _expect(resource, "algorithm", "sha256")
        name, digest = resource["name"], resource["digest"]
        if not isinstance(name, str) or name in files:
            raise ValueError("a file is named twice, or not by a text")
        files[name] = digest
        whole.update(bytes.fromhex(digest))
    (subject,) = statement["subject"]
    _expect(subject["digest"], "sha256", whole.hexdigest())
    return files


def _compare(signed: Mapping[str, str], stored: Mapping[str, str]) -> None:
    for path in sorted(signed.keys() | stored.keys()):
        if path not in signed:
            raise _invalid(f"{path} is not signed")
        if path not in stored:
            raise _invalid(f"{path} is signed, and no file of the artefact")
        if signed[path] != stored[path]:
            raise _invalid(f"{path} is sha256:{stored[path]}, signed as sha256:{signed[path][:64]}")


def _object(data: bytes) -> dict[str, Any]:
    document = json.loads(data)
    if not isinstance(document, dict):
        raise TypeError("no JSON object")
    return document


def _expect(document: Mapping[str, Any], name: str, value: str) -> None:
    if document[name] != value:
        raise ValueError(f"{name} is {str(document[name])[:100]!r}, expected is {value!r}")


def _told(error: Exception) -> str:
    """What may be said of what was read: names of fields and our own words."""
    if isinstance(error, KeyError):
        return f"{error} is missing"
    return str(error)[:300] if type(error) is ValueError else "it has another form"


def _invalid(message: str) -> ServingError:
    return ServingError(Reason.SIGNATURE_INVALID, message)
