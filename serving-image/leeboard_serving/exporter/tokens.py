"""The tokens that callers of /feedback have to have: a file with one a line, which the kubelet renews."""

import hashlib
import hmac
import logging
from dataclasses import dataclass
from pathlib import Path

LOG = logging.getLogger("leeboard.serving.exporter")
LARGEST_FILE = 64 << 10
"""Bytes."""
_SCHEME = b"bearer"


class TokensError(Exception):
    """The file cannot be read, or has no token: nobody can be let in."""


@dataclass
class Tokens:
    """The file is read at every request: a rotated Secret counts as soon as the kubelet has brought it."""

    path: Path
    _complaint: str = ""

    def allow(self, authorization: str) -> bool:
        """Whether the header has one of the tokens. The time it takes tells nothing of them but their number.

        Raises TokensError; the log tells of it once, until the file is good again.
        """
        try:
            known = self._read()
        except TokensError as error:
            if str(error) != self._complaint:
                self._complaint = str(error)
                LOG.error("nobody may send labels: %s", error)
            raise
        self._complaint = ""
        # bytes: of a text, characters that are a part of a token would be stripped as spaces
        scheme, _, given = authorization.encode("latin-1", "replace").strip().partition(b" ")
        digest, found = _digest(given.strip()), False
        for token in known:
            found |= hmac.compare_digest(digest, _digest(token))
        return found and scheme.lower() == _SCHEME

    def _read(self) -> list[bytes]:
        try:
            with self.path.open("rb") as file:
                content = file.read(LARGEST_FILE + 1)
        except OSError as error:
            raise TokensError(f"{self.path}: {error.strerror or type(error).__name__}") from error
        if len(content) > LARGEST_FILE:
            raise TokensError(f"{self.path} has more than {LARGEST_FILE} bytes")
        tokens = [line for line in map(bytes.strip, content.splitlines()) if line]
        if not tokens:
            raise TokensError(f"{self.path} has no token")
        return tokens


def _digest(token: bytes) -> bytes:
    """Of one length, so that a comparison tells nothing of the token's."""
    return hashlib.sha256(token).digest()
