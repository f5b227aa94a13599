"""Connections that wait at a listening socket, by the event loop that the server runs on."""

import asyncio
import errno
import socket
from collections.abc import Iterator
from typing import cast

import pytest
import uvloop

from leeboard_serving.server.http.acceptor import Acceptor

CALLERS = 200


class Greeter(asyncio.Protocol):
    """Says a word to whoever connects."""

    def __init__(self) -> None:
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.Transport, transport).write(b"welcome")

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True


class Exhausted(socket.socket):
    """Has no descriptor for the first connection that it is asked for."""

    asked = 0

    def accept(self) -> tuple[socket.socket, object]:
        self.asked += 1
        if self.asked == 1:
            raise OSError(errno.EMFILE, "Too many open files")
        return super().accept()


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with Exhausted(socket.AF_INET, socket.SOCK_STREAM) as found:
        found.asked = 1
        found.bind(("127.0.0.1", 0))
        found.listen(CALLERS)
        yield found


def called(listening: socket.socket, callers: int) -> list[socket.socket]:
    return [socket.create_connection(listening.getsockname()) for _ in range(callers)]


def test_all_that_wait_are_taken_in_a_few_turns(listening: socket.socket) -> None:
    made: list[Greeter] = []

    def greeter() -> Greeter:
        made.append(Greeter())
        return made[-1]

    async def turns() -> int:
        acceptor = Acceptor(listening, greeter)
        for turn in range(1, 1000):  # noqa: B007 - how many there were is the answer
            await asyncio.sleep(0)
            if len(made) == CALLERS:
                break
        await acceptor.close()
        return turn

    callers = called(listening, CALLERS)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(turns()) < 10
    for caller in callers:
        assert caller.recv(100) == b"welcome"
        caller.close()


def test_who_waits_while_it_ends_is_let_in_and_nobody_after(listening: socket.socket) -> None:
    address = listening.getsockname()

    async def end() -> None:
        acceptor = Acceptor(listening, Greeter)
        callers.append(socket.create_connection(address))
        await acceptor.close()

    callers: list[socket.socket] = []
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(end())
        assert callers[0].recv(100) == b"welcome"
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address)
    callers[0].close()


def test_without_descriptors_it_rests_and_goes_on(listening: socket.socket, caplog: pytest.LogCaptureFixture) -> None:
    assert isinstance(listening, Exhausted)
    listening.asked = 0

    async def greeted() -> bytes:
        acceptor = Acceptor(listening, Greeter)
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        word = await asyncio.wait_for(reader.readexactly(7), 10)
        writer.close()
        await acceptor.close()
        return word

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(greeted()) == b"welcome"
    assert [record.getMessage() for record in caplog.records] == ["no connection can be taken: Too many open files"]
