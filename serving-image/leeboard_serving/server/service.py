"""One model and the one thread that runs it, so that health is answered while the model computes."""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from leeboard_serving.failures import ServingError
from leeboard_serving.server.observer import Observer
from leeboard_serving.server.served_model import ServedModel

MOST_WAITING = 256
"""Requests that wait for the model; more are refused at once, which is kinder than an answer that comes too late."""
CHECK_SECONDS = 3.0
"""How long readiness waits for the model, below the probe's own timeout."""


Work = Callable[[], Any]


class TooBusy(Exception):
    """Too many requests wait."""


class Service:
    """The model, who is told of its answers, and the work that waits for its thread.

    `refused` counts the requests that found too many before them, `failed_checks` the golden samples that were
    answered wrongly or not in time.
    """

    def __init__(self, model: ServedModel, observer: Observer) -> None:
        self.model = model
        self.observer = observer
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")
        self._waiting: deque[tuple[Work, Future[Any]]] = deque()
        self._requests = 0
        self._checking: asyncio.Task[Any] | None = None
        self.refused = self.failed_checks = 0

    @property
    def waiting(self) -> int:
        """Requests that wait for the model's thread or are in it."""
        return self._requests

    async def run(self, work: Work) -> Any:
        """Run something in the model's thread, after all that waits. Raises TooBusy, and what the work raises."""
        if self._requests >= MOST_WAITING:
            self.refused += 1
            raise TooBusy
        self._requests += 1
        try:
            return await self._done(work, self._waiting.append)
        finally:
            self._requests -= 1

    async def check(self) -> None:
        """Ask the model for the golden answers, before the requests that wait: a busy server is a ready one.

        Whoever asks meanwhile gets the same answer, so that no number of callers keeps the model from its requests.
        Raises TimeoutError where it does not answer within CHECK_SECONDS, and ServingError where it answers wrongly.
        """
        if self._checking is None or self._checking.done():
            self._checking = asyncio.create_task(self._done(self.model.check, self._waiting.appendleft))
        try:
            await asyncio.wait_for(asyncio.shield(self._checking), CHECK_SECONDS)
        except (TimeoutError, ServingError):
            self.failed_checks += 1
            raise

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown(wait=False)

    async def _done(self, work: Work, enter: Callable[[tuple[Work, Future[Any]]], None]) -> Any:
        result: Future[Any] = Future()
        enter((work, result))
        self._thread.submit(self._next)
        return await asyncio.wrap_future(result)

    def _next(self) -> None:
        """Do what is first in the queue, in the thread; it is called once for everything that entered."""
        work, result = self._waiting.popleft()
        if not result.set_running_or_notify_cancel():
            return
        try:
            result.set_result(work())
        except BaseException as error:
            result.set_exception(error)
