"""Natural batching: what waits when the model is free is predicted together.

No timer makes a request wait for others: while the model is idle, a request is computed at the end of the turn of the
event loop that brought it, with whatever came in the same turn; while it computes, requests gather. A model that is
quick is called right there, because a thread would cost more than the call; one that is slow runs in a thread, so that
health and metrics are answered meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

from leeboard.models import ModelError
from leeboard_serving.server.costs import Costs
from leeboard_serving.server.inference.answers import Answers
from leeboard_serving.server.inference.request import BadRequest, InferenceRequest

LOG = logging.getLogger("leeboard.serving")
QUICK = 0.001
"""Seconds that the event loop may be held up by a prediction."""
LARGEST_BATCH = 4096
"""Rows that are predicted together; a single request may have more."""
EARLY = 128
"""Requests that are computed within the turn that brings them: of thousands a turn, none would still be in a cache."""
JobT = TypeVar("JobT", bound="Job")
Predict = Callable[[list[InferenceRequest]], Answers]


class Overloaded(Exception):
    """The queue is too long; `seconds` is when it should be shorter."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the requests that wait take {seconds:.2g} s")
        self.seconds = seconds


class Late(Exception):
    """A request waited for longer than it may."""


class Withdrawn(Exception):
    """Nobody waits for the answer any more."""


class Job(ABC):
    """A request in the queue; `deadline` is when it is given up, by `time.monotonic`.

    One that is `withdrawn` before its turn is not computed.
    """

    __slots__ = ("deadline", "request", "withdrawn")

    def __init__(self, request: InferenceRequest, deadline: float) -> None:
        self.request, self.deadline = request, deadline
        self.withdrawn = False

    @abstractmethod
    def done(self, answers: Answers | None, start: int, error: Exception | None) -> None:
        """Hear how it ended: its rows begin at `start` of the answers, or there is an error."""


class Batcher(Generic[JobT]):
    """The queue before one model.

    `refused` counts the requests that found too many before them, `late` those that waited for too long. `told` hears
    of every batch that was computed, `timed` of the rows and seconds of every call of the model.
    """

    def __init__(
        self,
        predict: Predict,
        told: Callable[[list[JobT], Answers], None],
        timed: Callable[[int, float], None],
        most_waiting: int,
        longest_wait: float,
    ) -> None:
        self._predict, self._told, self._timed = predict, told, timed
        self._most, self._longest = most_waiting, longest_wait
        self._costs = Costs()
        self._queue: deque[JobT] = deque()
        self._rows = 0
        self._urgent: deque[tuple[Callable[[], Any], asyncio.Future[Any]]] = deque()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")
        self._computing = 0
        self._busy = self._scheduled = False
        self._loop = asyncio.get_running_loop()
        self.refused = self.late = 0

    @property
    def waiting(self) -> int:
        """Requests that wait for the model, or are computed."""
        return len(self._queue) + self._computing

    def check_load(self) -> None:
        """Raises Overloaded where a request that came now would wait for too long."""
        wait = self._costs.wait(self._rows)
        if len(self._queue) >= self._most or wait > self._longest:
            self.refused += 1
            raise Overloaded(max(wait, 0.1))

    def submit(self, job: JobT) -> None:
        """Have a request predicted."""
        self._queue.append(job)
        self._rows += job.request.rows
        if len(self._queue) < EARLY:
            self._schedule()
        else:
            self._next()

    async def urgently(self, work: Callable[[], Any]) -> Any:
        """Do something with the model in its thread, before all that waits. Raises what the work raises."""
        result: asyncio.Future[Any] = self._loop.create_future()
        self._urgent.append((work, result))
        self._schedule()
        return await result

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown(wait=False)

    def _schedule(self) -> None:
        if not self._busy and not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._next)

    def _next(self) -> None:
        self._scheduled = False
        while not self._busy:
            if self._urgent:
                self._in_thread(*self._urgent.popleft())
            elif self._queue:
                self._compute(self._batch())
            else:
                return

    def _batch(self) -> list[JobT]:
        """The first of the queue with those behind it that are of the same layout."""
        jobs: list[JobT] = []
        rows, layout, now = 0, None, time.monotonic()
        while self._queue:
            job = self._queue[0]
            size = job.request.rows
            if jobs and (job.request.layout != layout or rows + size > LARGEST_BATCH):
                break
            self._queue.popleft()
            self._rows -= size
            if job.withdrawn or now > job.deadline:
                self._give_up(job)
                continue
            layout = job.request.layout
            rows += size
            jobs.append(job)
        return jobs

    def _give_up(self, job: JobT) -> None:
        if job.withdrawn:
            job.done(None, 0, Withdrawn("the caller left"))
            return
        self.late += 1
        job.done(None, 0, Late("the request waited for longer than it may"))

    def _compute(self, jobs: list[JobT]) -> None:
        if not jobs:
            return
        rows = sum(job.request.rows for job in jobs)
        expected = self._costs.known(rows)
        if expected is not None and expected < QUICK:
            self._finish(jobs, *self._attempt(jobs, rows))
            return
        result: asyncio.Future[Any] = self._loop.create_future()
        result.add_done_callback(lambda done: self._finish(jobs, *done.result()))
        self._computing = len(jobs)
        self._in_thread(lambda: self._attempt(jobs, rows), result)

    def _attempt(self, jobs: list[JobT], rows: int) -> tuple[Answers | None, Exception | None, float]:
        """The answers, or why there are none, and the seconds that it took."""
        started = time.perf_counter()
        try:
            answers = self._predict([job.request for job in jobs])
        except (ModelError, BadRequest) as error:
            return None, error, time.perf_counter() - started
        except Exception as error:
            LOG.exception("a prediction of %d rows failed", rows)
            return None, error, time.perf_counter() - started
        return answers, None, time.perf_counter() - started

    def _finish(self, jobs: list[JobT], answers: Answers | None, error: Exception | None, seconds: float) -> None:
        self._computing = 0
        rows = sum(job.request.rows for job in jobs)
        self._costs.learn(rows, seconds)
        self._timed(rows, seconds)
        if answers is None:
            if len(jobs) > 1:
                # whose rows the model cannot take shows when each is asked alone; the others are not to suffer for it
                for job in jobs:
                    self._compute_alone(job)
                return
            jobs[0].done(None, 0, error)
            return
        start = 0
        for job in jobs:
            job.done(answers, start, None)
            start += job.request.rows
        self._told(jobs, answers)

    def _compute_alone(self, job: JobT) -> None:
        job.request.layout = object()
        self._queue.append(job)
        self._rows += job.request.rows
        self._schedule()

    def _in_thread(self, work: Callable[[], Any], result: asyncio.Future[Any]) -> None:
        self._busy = True
        self._thread.submit(self._work, work, result)

    def _work(self, work: Callable[[], Any], result: asyncio.Future[Any]) -> None:
        try:
            value, error = work(), None
        except BaseException as raised:
            value, error = None, raised
        self._loop.call_soon_threadsafe(self._worked, result, value, error)

    def _worked(self, result: asyncio.Future[Any], value: Any, error: BaseException | None) -> None:
        self._busy = False
        if not result.done():
            if error is not None:
                result.set_exception(error)
            else:
                result.set_result(value)
        self._schedule()


def retry_after(seconds: float) -> bytes:
    """Whole seconds for the header Retry-After."""
    return str(max(1, math.ceil(seconds))).encode()
