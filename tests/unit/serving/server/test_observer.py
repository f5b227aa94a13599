"""The observer: what it is told goes to the exporter whole, or is known not to have."""

import asyncio
import re
import socket

import numpy as np
import uvloop

from leeboard_serving.observation import Observation, read
from leeboard_serving.server.observer import Observer

OBSERVATIONS = 100


def observation(number):
    return Observation(f"r{number}", 1.0, 0.1, 200, 500, {"x": np.zeros(500)}, np.zeros(500))


async def frames(data):
    """The ids of the whole frames at the beginning."""
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    found = []
    try:
        while (one := await read(reader)) is not None:
            found.append(one.id)
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
        for number in range(OBSERVATIONS):
            observer.tell(observation(number))
        await observer.stop(0.3)

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(path))
        listening.listen()
        uvloop.run(tell())
        connection, _ = listening.accept()
    arrived = asyncio.run(frames(everything(connection)))
    assert arrived == [f"r{number}" for number in range(len(arrived))]
    told = re.search(r"(\d+) observations could not be told of", caplog.text)
    assert told is not None
    assert len(arrived) + int(told[1]) == OBSERVATIONS
