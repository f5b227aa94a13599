"""What the Secret of a webhook says: where it is, how it knows us, and how we know it."""

import base64
import binascii
import ssl
from dataclasses import dataclass, field
from typing import Any

from yarl import URL

from leeboard.api.reasons import Reason
from leeboard.evaluator.failures import EvaluationError
from leeboard.evaluator.webhooks.addresses import AllowedAddresses, UnfitAddress, address_of
from leeboard.evaluator.webhooks.signature import key_of
from leeboard.storage.authorities import AUTHORITIES, authorities_context
from leeboard.storage.errors import StorageError

ADDRESS, SIGNING_KEY, TOKEN, CERTIFICATES = "url", "signingKey", "token", "ca.crt"
LONGEST_VALUE = 256 * 1024
"""Bytes of a value, some hundred certificates."""
Raw = dict[str, Any]


@dataclass(frozen=True)
class Receiver:
    """A webhook that may be sent to. `signing_key` is empty where nothing is signed, `token` where none is sent."""

    url: URL = field(repr=False)
    signing_key: bytes = field(repr=False, default=b"")
    token: str = field(repr=False, default="")
    certificates: str = field(repr=False, default="")

    @classmethod
    def of(cls, secret: Raw, namespace: str, allowed: AllowedAddresses) -> "Receiver":
        """Read a Secret.

        Raises EvaluationError: ConfigMissing without `url`, BadConfiguration where a value is none, WebhookForbidden
        where the administrator does not allow the address. No message holds a value.
        """
        name, values = secret["metadata"]["name"], _texts(secret)
        if not values.get(ADDRESS):
            raise EvaluationError(Reason.CONFIG_MISSING, f"the Secret {name} has no key {ADDRESS}")
        try:
            url, key = address_of(values[ADDRESS]), key_of(values.get(SIGNING_KEY, ""))
        except UnfitAddress as error:
            raise EvaluationError(Reason.BAD_CONFIGURATION, f"{ADDRESS} of the Secret {name}: {error}") from error
        except ValueError as error:
            raise EvaluationError(Reason.BAD_CONFIGURATION, f"{SIGNING_KEY} of the Secret {name}: {error}") from error
        if not allowed.allow(url, namespace):
            text = f"{ADDRESS} of the Secret {name} is outside what this evaluator may send to"
            raise EvaluationError(Reason.WEBHOOK_FORBIDDEN, text)
        token = values.get(TOKEN, "")
        if not token.isascii() or not token.isprintable():
            raise EvaluationError(Reason.BAD_CONFIGURATION, f"{TOKEN} of the Secret {name} is no text of ASCII")
        return cls(url, key, token, values.get(CERTIFICATES, ""))

    def trusted(self) -> ssl.SSLContext:
        """What an https server is verified by. Raises EvaluationError (BadConfiguration)."""
        try:
            return authorities_context({AUTHORITIES: self.certificates} if self.certificates else {})
        except StorageError as error:
            text = f"{CERTIFICATES} of the webhook's Secret holds no PEM certificates"
            raise EvaluationError(Reason.BAD_CONFIGURATION, text) from error


def _texts(secret: Raw) -> dict[str, str]:
    """The values, without the line's end that files and shells leave behind them."""
    data, found = secret.get("data") or {}, {}
    for key in (ADDRESS, SIGNING_KEY, TOKEN, CERTIFICATES):
        if key not in data:
            continue
        try:
            value = base64.b64decode(data[key], validate=True)
            text = value.decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise _unfit(secret, key, "is no text") from error
        if len(value) > LONGEST_VALUE:
            raise _unfit(secret, key, f"is longer than {LONGEST_VALUE} bytes")
        found[key] = text.strip()
    return found


def _unfit(secret: Raw, key: str, why: str) -> EvaluationError:
    return EvaluationError(Reason.BAD_CONFIGURATION, f"{key} of the Secret {secret['metadata']['name']} {why}")
