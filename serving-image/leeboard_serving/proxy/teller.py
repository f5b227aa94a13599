"""Hands what was answered to the process that reads bodies, and never makes a request wait for it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import time
from collections import deque

from leeboard_serving.proxy import jobs
from leeboard_serving.proxy.copies import Copy
from leeboard_serving.proxy.exchange import Exchange
from leeboard_serving.proxy.heads import Header
from leeboard_serving.proxy.jobs import Batch, Job

LOG = logging.getLogger("leeboard.serving.proxy")
MOST_WAITING = 65_536
"""Requests that wait to be read; what comes on top is counted, not kept."""
MOST_OF_A_MESSAGE, BYTES_OF_A_MESSAGE = 1024, 4 << 20
COLLECT_SECONDS = 0.05
RESTART_SECONDS = 0.5
SECONDS_TO_END = 8.0
"""For the process to tell the exporter of what it has read."""
_NOT_COUNTED = frozenset({404, 405})
"""As by Leeboard's own server: of no model that there is."""
_TOLD_HEADERS = frozenset({b"content-encoding", b"inference-header-content-length"})


class Teller:
    """A bounded queue, the process that empties it, and the task that keeps that process running.

    `command` starts it. `dropped` counts the requests that were not handed over, since the beginning.
    """

    def __init__(self, command: tuple[str, ...] = (sys.executable, "-m", "leeboard_serving.proxy.reader")) -> None:
        self._command = command
        self._queue: deque[tuple[Job, tuple[Copy, ...]]] = deque()
        self._under_way = 0
        self._some, self._all_read = asyncio.Event(), asyncio.Event()
        self._dropped = 0
        self.dropped = 0
        self._task: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None

    # what is told

    def answered(self, exchange: Exchange) -> None:
        """A request for a prediction was answered, by the server or in its place."""
        asked, answered = exchange.request_copy, exchange.answer_copy
        if asked is None or answered is None:
            return
        copies = (asked, answered)
        seconds = time.perf_counter() - exchange.started
        job = Job(time.time(), seconds, exchange.status)
        if 200 <= exchange.status < 300:
            lost = asked.lost or answered.lost
            if lost is None:
                job.request, job.answer = asked.data(), answered.data()
                job.request_headers, job.answer_headers = _told(exchange.asked.headers), _told(exchange.answer_headers)
                self._add(job, copies)
                return
            job.unread = str(lost)
        _lose(copies)
        if exchange.status not in _NOT_COUNTED:
            self._add(job, ())

    def failed(self, exchange: Exchange, status: int) -> None:
        """A request for a prediction was not answered to its end; `status` says whose mistake that was."""
        _lose([one for one in (exchange.request_copy, exchange.answer_copy) if one is not None])
        self.refused(exchange.started, status)

    def refused(self, started: float, status: int) -> None:
        """A request for a prediction was answered before it could be understood."""
        if status not in _NOT_COUNTED:
            self._add(Job(time.time(), time.perf_counter() - started, status), ())

    # how it gets there

    def start(self) -> None:
        """Begin to hand over."""
        self._task = asyncio.create_task(self._keep_running())

    async def stop(self, seconds: float) -> None:
        """Hand over what waits, for at most so long; then let the process end."""
        if self._task is None:
            return
        self._all_read.clear()
        if self._queue or self._under_way:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._all_read.wait(), seconds)
        if left := len(self._queue) + self._under_way:
            LOG.warning("%d requests could not be told of", left)
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        if self._process is not None:
            await _end(self._process, SECONDS_TO_END)

    def _add(self, job: Job, copies: tuple[Copy, ...]) -> None:
        if len(self._queue) >= MOST_WAITING:
            _lose(copies)
            self._drop(1)
            return
        self._queue.append((job, copies))
        self._some.set()

    def _drop(self, number: int) -> None:
        self._dropped += number
        self.dropped += number

    async def _keep_running(self) -> None:
        while True:
            self._process = process = await asyncio.create_subprocess_exec(
                *self._command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
            )
            try:
                await self._send_through(process)
            except (OSError, asyncio.IncompleteReadError):
                code = await _end(process, RESTART_SECONDS)
                LOG.error("the process that reads bodies ended with %s; it is started anew", code)
            except Exception:
                LOG.exception("bodies could not be handed over; the process that reads them is started anew")
                await _end(process, RESTART_SECONDS)
            await asyncio.sleep(RESTART_SECONDS)

    async def _send_through(self, process: asyncio.subprocess.Process) -> None:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a process without pipes")
        while True:
            taken = await self._next()
            dropped, self._dropped = self._dropped, 0
            message = jobs.encode(Batch([job for job, _ in taken], dropped))
            try:
                if process.stdin.is_closing():
                    raise ConnectionResetError("the process that reads bodies has ended")
                process.stdin.writelines([jobs.LENGTH.pack(len(message)), message])
                await process.stdin.drain()
                await process.stdout.readexactly(len(jobs.READ))
            except (OSError, asyncio.IncompleteReadError):
                # whichever of them it was that ended the process must not end the next one
                self._dropped += dropped
                self._drop(len(taken))
                raise
            finally:
                self._under_way = 0
                for _, copies in taken:
                    _lose(copies)
                if not self._queue:
                    self._all_read.set()

    async def _next(self) -> list[tuple[Job, tuple[Copy, ...]]]:
        await self._some.wait()
        if len(self._queue) < MOST_OF_A_MESSAGE:
            await asyncio.sleep(COLLECT_SECONDS)
        taken: list[tuple[Job, tuple[Copy, ...]]] = []
        size = 0
        while self._queue and len(taken) < MOST_OF_A_MESSAGE and size < BYTES_OF_A_MESSAGE:
            taken.append(self._queue.popleft())
            size += taken[-1][0].size
        self._under_way = len(taken)
        if not self._queue:
            self._some.clear()
        return taken


def _told(headers: tuple[Header, ...]) -> list[Header]:
    return [one for one in headers if one[0].lower() in _TOLD_HEADERS]


def _lose(copies: tuple[Copy, ...] | list[Copy]) -> None:
    for one in copies:
        one.lose()


async def _end(process: asyncio.subprocess.Process, seconds: float) -> int:
    """Let a process end by the end of its input, within so many seconds; gives its exit code."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        return await asyncio.wait_for(process.wait(), seconds)
    except TimeoutError:
        process.kill()
        return await process.wait()
