"""What a head must not say, though a parser could make something of it."""

from __future__ import annotations

_ONCE = frozenset({b"content-length", b"host", b"transfer-encoding", b"inference-header-content-length"})
"""Headers of which a second one could be read in two ways."""


def head_problem(headers: list[tuple[bytes, bytes]], version: str) -> str | None:
    """What is wrong with the headers of a request of an HTTP version, such as 1.1; None where nothing is."""
    seen: set[bytes] = set()
    for name, _ in headers:
        if name in _ONCE and name in seen:
            return f"the header {name.decode('latin-1')} is given twice"
        seen.add(name)
    if version == "1.1" and b"host" not in seen:
        return "the header host is absent"
    if b"content-length" in seen and b"transfer-encoding" in seen:
        return "content-length and transfer-encoding exclude each other"
    return None
