"""What all calls have in common: bytes in, bytes out, a refusal where there is no answer, and a count."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

import grpc
from google.protobuf.message import DecodeError, Message

from leeboard_serving.server.rpc.bounds import NO_MESSAGE, SMALL
from leeboard_serving.server.rpc.refusal import FAILED, Refusal
from leeboard_serving.server.serving import Serving

LOG = logging.getLogger("leeboard.serving")
MessageT = TypeVar("MessageT", bound=Message)
if TYPE_CHECKING:
    Context = grpc.aio.ServicerContext[bytes, bytes]
    Handler = grpc.RpcMethodHandler[Any, Any]
else:
    # generic in its types alone
    Context, Handler = grpc.aio.ServicerContext, grpc.RpcMethodHandler
Handlers = dict[str, Handler]
"""By the path of the method: `/<package>.<service>/<method>`."""


def parsed(kind: type[MessageT], data: bytes) -> MessageT:
    """Read a message. Raises Refusal."""
    try:
        return kind.FromString(data)
    except DecodeError as error:
        raise Refusal(400, NO_MESSAGE) from error


async def refuse(context: Context, refusal: Refusal) -> None:
    """End a call with a refusal; returns never."""
    await context.abort(refusal.code, refusal.text, refusal.metadata)


def page(
    serving: Serving, route: str, kind: type[MessageT], answer: Callable[[MessageT], Awaitable[Message]]
) -> Handler:
    """The handler of a method that takes one message and gives one; `answer` may raise Refusal."""

    async def handle(data: bytes, context: Context) -> bytes:
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
            return result
        serving.counts.answered(route, refusal.status)
        await refuse(context, refusal)
        raise AssertionError("refused")

    return grpc.unary_unary_rpc_method_handler(handle)
