"""One request and its answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leeboard_serving.server.http2.connection import Connection
    from leeboard_serving.server.http2.request_head import RequestHead


class Stream(ABC):
    """A stream from the head of its request to the end of its answer.

    `window` is how many bytes of the answer the caller takes, `room` how many of the request we still do, `owed_room`
    what was taken of it and not yet given back, `waiting` what could not be sent so far, and `ending` the head that
    ends the answer behind it. `held` bytes of the request are kept until there is more of it, or until they are read.
    """

    __slots__ = (
        *("connection", "declared", "ending", "got", "held", "number", "open", "owed_room", "room"),
        *("waiting", "whole", "window"),
    )

    def __init__(self, connection: Connection, number: int) -> None:
        self.connection, self.number = connection, number
        self.window, self.room, self.owed_room = connection.sender.initial, connection.site.limits.window, 0
        self.waiting: bytearray | None = None
        self.ending: bytes | None = None
        self.open, self.whole = True, False
        self.declared: int | None = None
        self.got = self.held = 0

    @abstractmethod
    def head(self, head: RequestHead, ended: bool) -> None:
        """What the request is for; `ended` says that it is nothing more."""

    @abstractmethod
    def data(self, payload: bytes, ended: bool) -> None:
        """More of the request; `ended` says that it is all."""

    @abstractmethod
    def left(self) -> None:
        """The caller wants no answer any more, or is gone."""

    @abstractmethod
    def overdue(self, now: float) -> bool:
        """Whether the request takes too long to arrive."""

    @abstractmethod
    def late(self) -> None:
        """Refuse it for that."""

    def keep(self, more: int) -> None:
        """Count what is held, or not any more; of all streams of the connection together."""
        self.held += more
        self.connection.held += more

    @abstractmethod
    def flushed(self) -> None:
        """Everything that waited was sent."""
