"""Methods that take one message and give one, and are asked too seldom for their speed to matter."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from google.protobuf.message import DecodeError, Message

from leeboard_serving.server.rpc.bounds import NO_MESSAGE, SMALL
from leeboard_serving.server.rpc.call import Call
from leeboard_serving.server.rpc.method import Method
from leeboard_serving.server.rpc.refusal import FAILED, Refusal
from leeboard_serving.server.serving import Serving

LOG = logging.getLogger("leeboard.serving")
MessageT = TypeVar("MessageT", bound=Message)


def parsed(kind: type[MessageT], data: bytes) -> MessageT:
    """Read a message. Raises Refusal."""
    try:
        return kind.FromString(data)
    except DecodeError as error:
        raise Refusal(400, NO_MESSAGE) from error


def page(
    serving: Serving, route: str, kind: type[MessageT], answer: Callable[[MessageT], Awaitable[Message]]
) -> Method:
    """`answer` may raise Refusal."""

    async def handle(data: bytes, call: Call) -> None:
        try:
            if len(data) > SMALL:
                raise Refusal(400, f"a message of {len(data)} bytes; this method takes at most {SMALL}")
            result = (await answer(parsed(kind, data))).SerializeToString()
        except Refusal as refused:
            refusal = refused
        except Exception:
            LOG.exception("a call of %s failed", kind.__name__)
            refusal = Refusal(500, FAILED)
        else:
            serving.counts.answered(route, 200)
            call.answer(result)
            return
        serving.counts.answered(route, refusal.status)
        call.refuse(refusal)

    return Method(route, answer=lambda data, call: call.start(handle(data, call)))


def absent(serving: Serving, name: str) -> Method:
    """A method that says that it is not there, in other words than a name that was misspelt."""

    def handle(_: bytes, call: Call) -> None:
        refusal = Refusal(501, f"this server has no {name}")
        serving.counts.answered("other", refusal.status)
        call.refuse(refusal)

    return Method("other", answer=handle)
