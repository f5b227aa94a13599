"""One call: messages in, messages out, and how it ended. Source: gRPC over HTTP/2 (PROTOCOL-HTTP2.md)."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from leeboard_serving.server.batching import Job
from leeboard_serving.server.counts import Counts
from leeboard_serving.server.http2.connection import Connection
from leeboard_serving.server.http2.request_head import RequestHead
from leeboard_serving.server.http2.stream import Stream
from leeboard_serving.server.rpc.call_head import CallHead, call_head
from leeboard_serving.server.rpc.compression import too_large
from leeboard_serving.server.rpc.messages import Messages, framed, only_message
from leeboard_serving.server.rpc.method import Method
from leeboard_serving.server.rpc.refusal import FAILED, Refusal
from leeboard_serving.server.rpc.trailers import EMPTY, FINE, HEAD, no_call, refused

LOG = logging.getLogger("leeboard.serving")
HELD_MESSAGES = 4
"""Largest messages that a connection may have under way before a call of it is refused."""


@dataclass(frozen=True)
class Calls:
    """What all calls of a server have: its methods, the largest message, seconds and bytes a second of a slow one."""

    methods: Mapping[str, Method]
    counts: Counts
    largest: int
    slow: float
    slowest: int


class Call(Stream):
    """A call of one message, or of a stream of them. `job` is what is to be withdrawn where the caller leaves."""

    __slots__ = (
        *("_begun", "_calls", "_deadline", "_head", "_headed", "_inbox", "_messages", "_reading", "_single"),
        *("_task", "_withheld", "_writing", "job"),
    )

    def __init__(self, calls: Calls, connection: Connection, number: int) -> None:
        super().__init__(connection, number)
        self._calls, self._begun = calls, connection.heard
        self._head = _NOTHING
        self._messages: Messages | None = None
        self._single: bytes | None = None
        self._deadline: float | None = None
        self._headed = False
        self._inbox: deque[bytes] | None = None
        self._reading: asyncio.Future[None] | None = None
        self._writing: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._withheld = 0
        self.job: Job | None = None

    # for methods

    @property
    def patience(self) -> float | None:
        """Seconds that the caller still waits, where that is known."""
        return None if self._deadline is None else max(0.0, self._deadline - time.monotonic())

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Have the call answered by a coroutine, which is cancelled where the caller leaves."""
        self._task = asyncio.get_running_loop().create_task(self._finish(work))

    def answer(self, message: bytes) -> None:
        """The one message of the answer, and the end."""
        if self.open:
            self.connection.sender.whole(self, HEAD, framed(message), FINE)

    def refuse(self, refusal: Refusal) -> None:
        """The end of a call that failed."""
        if not self.open or self.ending is not None:
            return
        if self._headed:
            self.connection.sender.end(self, refused(refusal, begun=True))
        else:
            self.connection.sender.only_head(self, refused(refusal, begun=False))

    async def read(self) -> bytes | None:
        """The next message, or None where there is none."""
        while not self._inbox:
            if self.whole:
                return None
            self._reading = asyncio.get_running_loop().create_future()
            await self._reading
        message = self._inbox.popleft()
        self.keep(-len(message))
        if not self._inbox and self._withheld:
            self.connection.granted(self, self._withheld)
            self._withheld = 0
        return message

    async def write(self, message: bytes) -> None:
        """One more message of the answer, once the caller takes it."""
        if not self.open:
            return
        sender = self.connection.sender
        if not self._headed:
            self._headed = True
            sender.head(self, HEAD)
        sender.data(self, framed(message))
        while self.waiting and self.open:
            self._writing = asyncio.get_running_loop().create_future()
            await self._writing

    # for the connection

    def head(self, head: RequestHead, ended: bool) -> None:
        if head.meaning is None:
            head.meaning = call_head(head, self._calls.methods)
        found: CallHead = head.meaning
        self._head = found
        if found.status:
            self.connection.sender.only_head(self, no_call(found.status))
            return
        if found.method is None:
            refusal = found.refusal or Refusal(501, "this server has no such method")
            self._calls.counts.answered("other", refusal.status)
            self.refuse(refusal)
            return
        if found.patience is not None:
            self._deadline = time.monotonic() + found.patience
        if found.method.converse is not None:
            self._inbox = deque()
            self.start(found.method.converse(self))
        if ended:
            self.data(b"", True)

    def data(self, payload: bytes, ended: bool) -> None:
        if ended and self._messages is None and self._inbox is None and (only := only_message(payload)) is not None:
            self._take(only)
            return
        try:
            self._gather(payload, ended)
        except Refusal as refusal:
            self._fail(refusal)

    def left(self) -> None:
        if self._task is not None:
            self._task.cancel()
        # at the caller's deadline too: then it is late, which the queue sees by itself
        if self.job is not None and self.patience != 0:
            self.job.withdrawn = True

    def overdue(self, now: float) -> bool:
        calls = self._calls
        return self._inbox is None and now > self._begun + calls.slow + self.held / calls.slowest

    def late(self) -> None:
        self._fail(Refusal(408, "the request took too long to arrive"))

    def flushed(self) -> None:
        _wake(self._writing)

    # its own

    def _take(self, message: bytes) -> None:
        """Give the one message of a call to its method."""
        method = self._head.method
        if method is None or method.answer is None:
            return
        if len(message) > self._calls.largest:
            self._fail(too_large(self._calls.largest))
            return
        try:
            method.answer(message, self)
        except Exception:
            LOG.exception("a call could not be taken")
            self._fail(Refusal(500, FAILED))

    def _fail(self, refusal: Refusal) -> None:
        method = self._head.method
        self._calls.counts.answered(method.route if method else "other", refusal.status)
        self.refuse(refusal)
        if self._task is not None:
            self._task.cancel()

    def _gather(self, payload: bytes, ended: bool) -> None:
        """Put messages together from their parts. Raises Refusal."""
        if self._messages is None:
            self._messages = Messages(self._head.encoding, self._calls.largest)
        self.keep(len(payload))
        if self.connection.held > HELD_MESSAGES * self._calls.largest:
            raise Refusal(413, "too many large messages of one connection are under way")
        if self._inbox:
            self._withheld += len(payload)
        else:
            self.connection.granted(self, len(payload))
        for size, message in self._messages.feed(payload):
            self.keep(len(message) - size)
            if self._inbox is not None:
                self._inbox.append(message)
            elif self._single is None:
                self._single = message
            else:
                raise Refusal(400, "this method takes one message")
        if ended:
            self._complete(self._messages.partial)
        if self._inbox is not None:
            _wake(self._reading)

    def _complete(self, partial: bool) -> None:
        if partial:
            raise Refusal(400, "the call ends within a message")
        if self._inbox is not None:
            return
        if self._single is None:
            raise Refusal(400, "this method takes one message")
        self._take(self._single)

    async def _finish(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Refusal as refusal:
            self.refuse(refusal)
        except Exception:
            LOG.exception("a call failed")
            self.refuse(Refusal(500, FAILED))
        else:
            if not self._headed:
                self.connection.sender.only_head(self, EMPTY)
            elif self.open:
                self.connection.sender.end(self, FINE)


def _wake(waiter: asyncio.Future[None] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)


_NOTHING = CallHead()
