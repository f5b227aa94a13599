"""Waiting for a cluster to reach a state, telling what is seen meanwhile."""

import time
from collections.abc import Callable
from typing import TypeVar

from e2e.support.narrator import Narrator

T = TypeVar("T")


class NotReached(AssertionError):
    """What was waited for did not come; the text says what was seen last."""


class Failed(AssertionError):
    """Something happened that makes further waiting pointless."""


def wait_for(
    what: str,
    look: Callable[[], tuple[T | None, str]],
    *,
    seconds: float,
    narrator: Narrator,
    every: float = 1.0,
) -> T:
    """Call ``look`` until it returns a value, showing the text it returns beside it.

    ``look`` returns (value or None, what is seen now) and may raise Failed to stop at once. Raises NotReached.
    """
    deadline = time.monotonic() + seconds
    while True:
        value, seen = look()
        if value is not None:
            return value
        narrator.detail(f"{what}: {seen}")
        if time.monotonic() > deadline:
            raise NotReached(f"{what} not reached within {seconds:.0f} s; last seen: {seen}")
        time.sleep(every)
