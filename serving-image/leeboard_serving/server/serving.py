"""One model in one process: requests go in, answers come out, and whoever observes them is told.

What carries a request, HTTP or gRPC, calls `infer` and is called back; the rest is the same for both.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from itertools import count
from typing import Any

from leeboard.models import ModelError
from leeboard_serving.failures import ServingError
from leeboard_serving.observation import Told
from leeboard_serving.server.batching import Batcher, Job, Late, Withdrawn
from leeboard_serving.server.counts import Counts, SharedCounts
from leeboard_serving.server.inference.answers import Answers
from leeboard_serving.server.inference.request import BadRequest, InferenceRequest
from leeboard_serving.server.observer import Observer
from leeboard_serving.server.request_log import RequestLog
from leeboard_serving.server.served_model import ServedModel
from leeboard_serving.server.settings import Settings
from leeboard_serving.server.statistics import statistics

CHECK_SECONDS = 3.0
"""How long readiness waits for the model, below the probe's own timeout."""
PUBLISH_SECONDS = 0.25
LEFT = 499
"""The status of a request whose caller left: what servers use for it, though no standard has it."""
SHADOW = "shadow"
"""The route of copies: they are answered and counted as all others, and the exporter is not told of them."""
Answered = Callable[[Answers, int], None]
Failed = Callable[[int, str], None]


class Serving:
    """The model, its queue, and the counts of one worker."""

    def __init__(
        self, model: ServedModel, observer: Observer, shared: SharedCounts, worker: int, settings: Settings
    ) -> None:
        self.model, self.observer, self._shared = model, observer, shared
        self.counts = Counts(shared.row(worker))
        self.settings = settings
        self.log = RequestLog(settings.access_log)
        self.failed_checks = 0
        self.connections: Callable[[], int] = lambda: 0
        self.batcher: Batcher[_InferenceJob] = Batcher(
            model.answer, self._told, self._timed, settings.most_waiting, settings.longest_wait
        )
        self._prefix = os.urandom(6).hex()
        self._numbers = count()
        self._checking: asyncio.Task[None] | None = None
        self._publishing = asyncio.get_running_loop().call_later(PUBLISH_SECONDS, self._publish)

    @property
    def loaded(self) -> bool:
        """Whether the model answers, in every worker."""
        return self._shared.loaded

    @loaded.setter
    def loaded(self, value: bool) -> None:
        self._shared.loaded = value

    def infer(
        self,
        request: InferenceRequest,
        route: str,
        started: float,
        answered: Answered,
        failed: Failed,
        *,
        patience: float | None = None,
    ) -> Job:
        """Have a request answered: `answered(answers, start)`, or `failed(status, text)` with an HTTP status.

        `started` is when its first byte came, by `time.perf_counter`, and `patience` how many seconds its caller waits,
        where that is known. A request without an id gets one. The job that is returned may be withdrawn.
        """
        if not request.id:
            request.id = self.new_id()
        longest = self.settings.deadline
        if route == SHADOW:
            request.layout = (SHADOW, request.layout)  # never in one batch with what the exporter is told of
        deadline = time.monotonic() + (longest if patience is None else min(patience, longest))
        job = _InferenceJob(request, deadline, self, route=route, started=started, answered=answered, failed=failed)
        self.batcher.submit(job)
        return job

    def new_id(self) -> str:
        """An id that no other request of any worker has."""
        return f"{self._prefix}-{next(self._numbers):x}"

    def failed(self, identity: str, route: str, started: float, status: int, text: str = "") -> None:
        """Count an inference request that was answered with a failure, and tell of it; `text` says why, to the log."""
        seconds = time.perf_counter() - started
        identity = identity or self.new_id()
        self.counts.failed(route, seconds, status)
        self.log.failed(route, status, seconds, identity, text)
        if route != SHADOW:
            self.observer.tell(Told(identity, time.time(), seconds, status))

    async def check(self) -> None:
        """Ask the model for the golden answers, before the requests that wait: a busy server is a ready one.

        Whoever asks meanwhile gets the same answer, so that no number of callers keeps the model from its requests.
        Raises TimeoutError where it does not answer within CHECK_SECONDS, and ServingError where it answers wrongly.
        """
        if self._checking is None or self._checking.done():
            self._checking = asyncio.ensure_future(self.batcher.urgently(self.model.check))
        try:
            await asyncio.wait_for(asyncio.shield(self._checking), CHECK_SECONDS)
        except (TimeoutError, ServingError):
            self.failed_checks += 1
            raise

    async def close(self) -> None:
        """Tell what is still to be told, and let the thread end."""
        await self.observer.stop(5.0)
        self._publishing.cancel()
        self.log.close()
        self.batcher.close()

    def _told(self, jobs: list[_InferenceJob], answers: Answers) -> None:
        if jobs[0].route == SHADOW:
            return
        now = time.time()
        told = [Told(job.request.id, now, job.seconds, 200, job.request.rows) for job in jobs]
        self.observer.tell_of(told, jobs[0].request.layout, answers.rows, answers.scores)

    def _timed(self, rows: int, seconds: float) -> None:
        self.counts.computed(rows, seconds, time.time())

    def statistics(self) -> dict[str, Any]:
        """What the statistics extension tells of the model, over all workers."""
        self.publish()
        served = self.model.served
        return statistics(served.model, served.version, self._shared)

    def publish(self) -> None:
        """Show what was counted to the other workers."""
        self.counts.publish(
            {
                "waiting": self.batcher.waiting,
                "refused": self.batcher.refused,
                "late": self.batcher.late,
                "failed_checks": self.failed_checks,
                "untold": self.observer.waiting,
                "dropped": self.observer.dropped,
                "connections": self.connections(),
            }
        )

    def _publish(self) -> None:
        self.publish()
        self.log.tick()
        self._publishing = asyncio.get_running_loop().call_later(PUBLISH_SECONDS, self._publish)


class _InferenceJob(Job):
    __slots__ = ("_answered", "_failed", "_serving", "_started", "route", "seconds")

    def __init__(
        self,
        request: InferenceRequest,
        deadline: float,
        serving: Serving,
        *,
        route: str,
        started: float,
        answered: Answered,
        failed: Failed,
    ) -> None:
        super().__init__(request, deadline)
        self._serving, self.route, self._started = serving, route, started
        self._answered, self._failed = answered, failed
        self.seconds = 0.0

    def done(self, answers: Answers | None, start: int, error: Exception | None) -> None:
        """See Job."""
        if answers is None:
            status, text = _failure(error)
            self._failed(status, text)
            self._serving.failed(self.request.id, self.route, self._started, status, text)
            return
        self._answered(answers, start)
        self.seconds = time.perf_counter() - self._started
        serving = self._serving
        serving.counts.inferred(self.route, self.seconds)
        if serving.log.access:
            serving.log.answered(self.route, 200, self.seconds, self.request.id, self.request.rows)


def _failure(error: Exception | None) -> tuple[int, str]:
    if isinstance(error, Late):
        return 503, str(error)
    if isinstance(error, Withdrawn):
        return LEFT, str(error)
    if isinstance(error, BadRequest):
        return 400, str(error)
    if isinstance(error, ModelError):
        return 500, error.message
    return 500, "the server failed; its log says how"
