"""What kopf keeps on objects to tell changes apart: here nothing.

For every event kopf makes four deep copies of the object, to compare it with the state that its own handlers saw last,
also where no handler is registered that would be told. With a thousand objects that is most of what the operator's CPU
does. These storages have nothing to compare with and nothing to write.
"""

from __future__ import annotations

from typing import Any, NoReturn

import kopf


class NothingHandled(kopf.DiffBaseStorage):  # type: ignore[misc]
    """No object has a state that was handled last."""

    def build(self, **_: Any) -> dict[str, Any]:
        """Nothing of the object matters to kopf."""
        return {}

    def fetch(self, **_: Any) -> None:
        """Nothing was handled."""

    def store(self, **_: Any) -> NoReturn:
        """Raises RuntimeError: kopf would write on the object."""
        raise RuntimeError("kopf is a sensor here and handles nothing")


class NothingUnderWay(kopf.ProgressStorage):  # type: ignore[misc]
    """No handler of kopf's ever is at work on an object."""

    def fetch(self, **_: Any) -> None:
        """Nothing is under way."""

    def store(self, **_: Any) -> NoReturn:
        """Raises RuntimeError: kopf would write on the object."""
        raise RuntimeError("kopf is a sensor here and handles nothing")

    purge = touch = store

    def clear(self, *, essence: dict[str, Any]) -> dict[str, Any]:
        """Nothing of it is kopf's."""
        return essence
