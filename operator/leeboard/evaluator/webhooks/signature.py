"""Signatures by the Standard Webhooks specification, symmetric: HMAC-SHA256 of id, time and body.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime

ENCODED = "whsec_"
"""Before a key in base64."""


def key_of(text: str) -> bytes:
    """The key that a text stands for: base64 after `whsec_`, else its own bytes. Raises ValueError."""
    if not text.startswith(ENCODED):
        return text.encode()
    try:
        key = base64.b64decode(text.removeprefix(ENCODED), validate=True)
    except binascii.Error as error:
        raise ValueError(f"what follows {ENCODED} is no base64") from error
    if not key:
        raise ValueError(f"nothing follows {ENCODED}")
    return key


def headers(identity: str, moment: datetime, body: bytes, key: bytes) -> dict[str, str]:
    """Identity, seconds since 1970 and, where there is a key, the signature of both with the body."""
    seconds = str(int(moment.timestamp()))
    named = {"webhook-id": identity, "webhook-timestamp": seconds}
    if not key:
        return named
    digest = hmac.new(key, f"{identity}.{seconds}.".encode() + body, hashlib.sha256).digest()
    return named | {"webhook-signature": f"v1,{base64.b64encode(digest).decode()}"}
