"""`python -m leeboard_serving.proxy.reader`: reads the bodies that a proxy has copied, and tells the exporter of them.

It is a process of its own, so that no body, however large or hostile, keeps the proxy from its callers. Messages come
on standard input, and each is answered by one byte on standard output. The end of the input is its own.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import time

import uvloop

from leeboard.observability import logs
from leeboard_serving.environment import Folders, Served
from leeboard_serving.failures import ServingError
from leeboard_serving.observation import Told
from leeboard_serving.proxy import jobs
from leeboard_serving.proxy.jobs import Job
from leeboard_serving.proxy.reading import Message, Prediction, Unreadable, read
from leeboard_serving.proxy.settings import LARGEST_COPY
from leeboard_serving.server.golden import read_golden
from leeboard_serving.server.inference.request import gathered
from leeboard_serving.server.inference.signature import Signature
from leeboard_serving.server.observer import Observer
from leeboard_serving.server.repetitions import Repetitions
from leeboard_serving.server.request_log import RequestLog

LOG = logging.getLogger("leeboard.serving.proxy")
SECONDS_TO_TELL = 5.0
"""For the exporter to take what is not told yet."""
ROUTE = "infer"
_TURN_SECONDS = 0.01
"""After which the event loop sends what was read so far."""


class Reader:
    """Rows of requests, on their way from copies of bodies to the exporter."""

    def __init__(self, observer: Observer, log: RequestLog, signature: Signature, score_output: str) -> None:
        self._observer, self._log = observer, log
        self._signature, self._score_output = signature, score_output

    async def take(self, batch: jobs.Batch) -> None:
        """Read the bodies of a message, and hand over what they say."""
        if batch.dropped:
            self._observer.drop(batch.dropped)
        self._log.tick()
        turn = time.monotonic() + _TURN_SECONDS
        for one in batch.jobs:
            self._take(one)
            if time.monotonic() > turn:
                await asyncio.sleep(0)
                turn = time.monotonic() + _TURN_SECONDS

    def _take(self, job: Job) -> None:
        told = Told("", job.time, job.seconds, job.status)
        if job.status >= 400:
            self._observer.tell(told)
            self._log.failed(ROUTE, job.status, job.seconds, "", "")
            return
        if job.unread or job.status >= 300:
            self._observer.tell(told, job.unread)
            self._log.answered(ROUTE, job.status, job.seconds)
            return
        try:
            found = self._read(job)
        except Unreadable as error:
            LOG.warning("rows of requests are not counted (%s): %s", error.why, str(error)[:256])
            self._observer.tell(told, error.why)
            self._log.answered(ROUTE, job.status, job.seconds)
            return
        told.id, told.rows = found.request.id, found.request.rows
        rows = gathered([found.request], self._signature.names)
        self._observer.tell_of([told], found.request.layout, rows, found.scores)
        self._log.answered(ROUTE, job.status, job.seconds, told.id, told.rows)

    def _read(self, job: Job) -> Prediction:
        asked, answered = Message(job.request, job.request_headers), Message(job.answer, job.answer_headers)
        return read(asked, answered, self._signature, self._score_output, LARGEST_COPY)


async def serve(reader: Reader, observer: Observer, incoming: int, outgoing: int) -> None:
    """Take messages until their end."""
    loop = asyncio.get_running_loop()
    stream = asyncio.StreamReader(limit=1 << 20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(incoming, "rb", buffering=0))
    observer.start()
    try:
        while True:
            (length,) = jobs.LENGTH.unpack(await stream.readexactly(jobs.LENGTH.size))
            await reader.take(jobs.decode(await stream.readexactly(length)))
            os.write(outgoing, jobs.READ)
    except asyncio.IncompleteReadError:
        pass  # the proxy has ended
    finally:
        await observer.stop(SECONDS_TO_TELL)


def main() -> int:
    """Read until the end of the input; the exit code is 0, or 1 where it cannot begin."""
    logs.configure("json", "INFO")
    LOG.addFilter(Repetitions())
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # it ends with its input, when everything was read
    folders, served = Folders.of(os.environ), Served.of(os.environ)
    access = os.environ.get("LEEBOARD_ACCESS_LOG") == "true"
    try:
        signature, _ = read_golden(folders.golden)
    except ServingError as error:
        LOG.error("%s: %s", error.reason, error.message)
        return 1

    async def run() -> None:
        observer = Observer(folders.socket)
        reader = Reader(observer, RequestLog(access), signature, served.score_output)
        await serve(reader, observer, sys.stdin.fileno(), outgoing)

    # what any library prints must not be taken for an answer
    outgoing = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    uvloop.run(run())
    return 0


if __name__ == "__main__":
    sys.exit(main())
