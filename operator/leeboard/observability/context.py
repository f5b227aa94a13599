"""Which object the lines of a log are about, wherever below they are written."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_SUBJECT: ContextVar[dict[str, str] | None] = ContextVar("subject", default=None)


def subject() -> dict[str, str]:
    """`kind`, `namespace`, `name` and `reconcileID` of what is worked on here; empty outside of any work."""
    return _SUBJECT.get() or {}


@contextmanager
def about(kind: str, namespace: str, name: str) -> Iterator[None]:
    """Every line that is logged within carries the object and an id of this one look at it.

    Tasks and threads (`asyncio.to_thread`) that are started within carry it too.
    """
    look = {"kind": kind, "namespace": namespace, "name": name, "reconcileID": str(uuid.uuid4())}
    token = _SUBJECT.set(look)
    try:
        yield
    finally:
        _SUBJECT.reset(token)
