"""How a call ends that is not answered: a status of gRPC, a text, and the status that the counts know it by."""

from __future__ import annotations

import math

from leeboard_serving.server.batching import Overloaded, retry_after
from leeboard_serving.server.http.answers import sayable
from leeboard_serving.server.inference.request import BadRequest
from leeboard_serving.server.rpc.status import Status
from leeboard_serving.server.serving import LEFT

FAILED = "the server failed; its log says how"
_CODES = {
    400: Status.INVALID_ARGUMENT,
    404: Status.NOT_FOUND,
    408: Status.DEADLINE_EXCEEDED,
    413: Status.RESOURCE_EXHAUSTED,
    LEFT: Status.CANCELLED,
    500: Status.INTERNAL,
    501: Status.UNIMPLEMENTED,
    503: Status.UNAVAILABLE,
    504: Status.DEADLINE_EXCEEDED,
}
Metadata = tuple[tuple[str, str], ...]


class Refusal(Exception):
    """The answer to a call that gets no other.

    `status` is the one that HTTP has for it, `seconds` after how long the caller may try again (0: not said), and
    `identity` the id of the request where it has one.
    """

    def __init__(
        self,
        status: int,
        text: str,
        *,
        code: Status | None = None,
        seconds: float = 0.0,
        identity: str = "",
    ) -> None:
        super().__init__(text)
        self.status, self.text, self.seconds, self.identity = status, sayable(text), seconds, identity
        self.code = code if code is not None else _CODES[status]

    @classmethod
    def of(cls, error: BadRequest | Overloaded, identity: str) -> Refusal:
        """What a request is refused with before it is asked."""
        if isinstance(error, Overloaded):
            return cls(503, "too many requests wait for the model", seconds=error.seconds, identity=identity)
        return cls(400, str(error), identity=identity)

    @property
    def metadata(self) -> Metadata:
        """When to try again: for the retries of gRPC's own clients (its proposal A6), and as HTTP says it."""
        if not self.seconds:
            return ()
        milliseconds = str(math.ceil(self.seconds * 1000))
        return (("grpc-retry-pushback-ms", milliseconds), ("retry-after", retry_after(self.seconds).decode()))
