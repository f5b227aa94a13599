"""A method of a service, as a call finds it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from leeboard_serving.server.rpc.call import Call


@dataclass(frozen=True, slots=True)
class Method:
    """`answer` is for calls of one message: it is given the message, and the call to answer now or later.

    `converse` is for streams: it reads messages of the call and writes some. One of both is there. `route` is what
    the counts know it by.
    """

    route: str
    answer: Callable[[bytes, Call], None] | None = None
    converse: Callable[[Call], Coroutine[Any, Any, None]] | None = None


Methods = dict[str, Method]
"""By path: `/<package>.<service>/<method>`."""
