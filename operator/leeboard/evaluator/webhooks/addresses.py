"""Addresses of webhooks, and which of them an administrator allows.

An address is read once, by the library that also sends to it, and compared part by part: what another reader would take
for another host is refused before.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from yarl import URL

from leeboard.api.reasons import Reason
from leeboard.evaluator.failures import EvaluationError

LONGEST_ADDRESS = 2048
_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])"
_ADDRESS = re.compile(rf"https?://{_HOST}(?::[0-9]{{1,5}})?(?:[/?][!-\[\]-~]*)?")
"""Letters, digits and signs of ASCII, no backslash, no user before the host."""
_NAMESPACE = "{namespace}"


class UnfitAddress(ValueError):
    """No address that a webhook may have; the text says why, without the address."""


def address_of(text: str) -> URL:
    """Read an address, sent to as it is written. Raises UnfitAddress."""
    if len(text) > LONGEST_ADDRESS or _ADDRESS.fullmatch(text) is None or "#" in text:
        raise UnfitAddress(
            f"an address is http or https, a host, and a path, in at most {LONGEST_ADDRESS} characters of ASCII, "
            "without user, password and fragment"
        )
    try:
        url = URL(text, encoded=True)
        port = url.port
    except ValueError as error:
        raise UnfitAddress("its host or port is none") from error
    if not url.host or not port:
        raise UnfitAddress("its host or port is none")
    path = unquote(unquote(url.raw_path))
    if "\\" in path or "%" in path or any(segment in (".", "..") for segment in path.split("/")):
        raise UnfitAddress("its path must not lead upward or be encoded twice")
    if "%2f" in url.raw_path.lower():
        raise UnfitAddress("its path must not hold an encoded slash")
    return url


@dataclass(frozen=True)
class AllowedAddresses:
    """Prefixes of addresses that may be sent to; without any nothing is sent.

    `{namespace}` in a prefix stands for the namespace of the monitor.
    """

    prefixes: tuple[str, ...] = ()

    @classmethod
    def of(cls, prefixes: tuple[str, ...]) -> "AllowedAddresses":
        """Raises EvaluationError (BadConfiguration) that names a prefix which is no address."""
        for prefix in prefixes:
            try:
                _prefix_of(prefix, "namespace")
            except UnfitAddress as error:
                raise EvaluationError(
                    Reason.BAD_CONFIGURATION, f"LEEBOARD_ALLOWED_WEBHOOKS: {prefix}: {error}"
                ) from error
        return cls(prefixes)

    def allow(self, url: URL, namespace: str) -> bool:
        """Whether a monitor of that namespace may have this address: of the same scheme, host and port as a prefix, and
        with a path that continues the prefix's by whole segments.
        """
        return any(_is_below(url, _prefix_of(prefix, namespace)) for prefix in self.prefixes)


def _prefix_of(prefix: str, namespace: str) -> URL:
    url = address_of(prefix.replace(_NAMESPACE, namespace))
    if url.raw_query_string:
        raise UnfitAddress("a prefix has no query")
    return url


def _is_below(url: URL, prefix: URL) -> bool:
    if _origin(url) != _origin(prefix):
        return False
    folder = prefix.raw_path.rstrip("/")
    return url.raw_path == folder or url.raw_path.startswith(f"{folder}/")


def _origin(url: URL) -> tuple[str, str, int | None]:
    return url.scheme, (url.host or "").lower(), url.port
