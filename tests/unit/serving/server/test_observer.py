"""The observer: what it is told goes to the exporter whole, or is known not to have."""

import asyncio
import re
import socket

import numpy as np
import uvloop

from leeboard.models.rows import Rows
from leeboard_serving.observation import Told, read
from leeboard_serving.server.observer import Observer

REQUESTS, ROWS = 100, 500


async def frames(data):
    """The ids of the whole frames at the beginning."""
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    found = []
    try:
        while (one := await read(reader)) is not None:
            found += [told.id for told in one.requests]
    except ValueError:  # the last one, which is cut
        pass
    return found


def everything(connection):
    with connection:
        return b"".join(iter(lambda: connection.recv(1 << 20), b""))


def test_of_what_an_exporter_that_reads_nothing_misses_each_is_known(tmp_path, caplog):
    path = tmp_path / "observe.sock"

    async def tell() -> None:
        observer = Observer(path)
        observer.start()
        for number in range(REQUESTS):
            rows = Rows(("x",), matrix=np.zeros((ROWS, 1)))
            observer.tell_of([Told(f"r{number}", 1.0, 0.1, 200, ROWS)], "one layout", rows, np.zeros(ROWS))
        await observer.stop(0.3)

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(path))
        listening.listen()
        uvloop.run(tell())
        connection, _ = listening.accept()
    arrived = asyncio.run(frames(everything(connection)))
    assert arrived == [f"r{number}" for number in range(len(arrived))]
    told = re.search(r"(\d+) requests could not be told of", caplog.text)
    assert told is not None
    assert len(arrived) + int(told[1]) == REQUESTS


async def test_requests_of_one_layout_share_a_frame_and_others_do_not(tmp_path):
    observer = Observer(tmp_path / "observe.sock")
    listening = await asyncio.start_unix_server(lambda reader, _: arrived.set_result(reader), observer.path)
    arrived = asyncio.get_running_loop().create_future()
    matrix = Rows(("x", "y"), matrix=np.array([[1.0, 2.0]]))
    columns = Rows(("x", "y"), columns={"x": np.array([3]), "y": np.array(["z"], dtype=object)})
    observer.tell(Told("failed", 1.0, 0.1, 400))
    observer.tell_of([Told("a", 1.0, 0.1, 200, 1)], "matrix", matrix, np.array([0.1]))
    observer.tell_of([Told("b", 1.0, 0.1, 200, 1)], "matrix", matrix, np.array([0.2]))
    observer.tell(Told("late", 1.0, 0.1, 503))
    observer.tell_of([Told("c", 1.0, 0.1, 200, 1)], "columns", columns, np.array([0.3]))
    assert observer.waiting == 5
    observer.start()
    reader = await arrived
    first, second = await read(reader), await read(reader)
    assert [told.id for told in first.requests] == ["failed", "a", "b", "late"]
    assert first.inputs["y"].tolist() == [2.0, 2.0]
    assert [told.id for told in second.requests] == ["c"]
    assert second.inputs["y"].tolist() == ["z"]
    await observer.stop(5)
    assert observer.waiting == 0
    listening.close()
