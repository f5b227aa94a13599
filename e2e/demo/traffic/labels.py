"""Labels that come later than the predictions, as they do in life."""

import asyncio
import math
from collections import deque
from typing import Any

import aiohttp

from e2e.demo.traffic.failure import Failure, of_error, of_status
from e2e.demo.traffic.recorder import LabelCounts
from e2e.demo.traffic.segment import Target

LARGEST_POST = 1000
LABELS_TAKEN = 202
ROUND = 0.5
"""Seconds: labels that come due within one are posted together."""


class Labels:
    """Posts each label once, `label_delay` to `label_delay + ROUND` seconds after its prediction was answered."""

    def __init__(self, target: Target, counts: LabelCounts) -> None:
        self._target = target
        self._counts = counts
        self._waiting: deque[tuple[float, list[dict[str, Any]]]] = deque()
        self._changed = asyncio.Event()
        self._ending = False
        self._abandoned = False

    def add(self, entries: list[dict[str, Any]]) -> None:
        """Labels of a request that was answered now."""
        if self._target.feedback_url is None or not entries:
            return
        self._counts.pending += len(entries)
        if self._abandoned:
            return
        earliest = asyncio.get_running_loop().time() + self._target.label_delay
        self._waiting.append((math.ceil(earliest / ROUND) * ROUND, entries))
        if len(self._waiting) == 1:
            self._changed.set()

    async def run(self) -> None:
        """Post until `finish` is called and none is left, or `abandon` is."""
        timeout = aiohttp.ClientTimeout(total=self._target.timeout)
        async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session:
            while self._waiting or not self._ending:
                self._changed.clear()
                entries = self._take_due()
                if entries:
                    await self._post(session, entries)
                else:
                    await self._wait()

    def finish(self) -> None:
        """End when the last label that is waiting has come due and was posted."""
        self._ending = True
        self._changed.set()

    def abandon(self) -> None:
        """End when the post that is under way has ended; what is not due by then stays counted as pending."""
        self._abandoned = True
        self._waiting.clear()
        self.finish()

    def _take_due(self) -> list[dict[str, Any]]:
        now, entries = asyncio.get_running_loop().time(), list[dict[str, Any]]()
        while self._waiting and self._waiting[0][0] <= now and len(entries) < LARGEST_POST:
            entries += self._waiting.popleft()[1]
        return entries

    async def _wait(self) -> None:
        """Until the first label is due, or something changed."""
        due = self._waiting[0][0] if self._waiting else None
        try:
            async with asyncio.timeout_at(due):
                await self._changed.wait()
        except TimeoutError:
            return

    async def _post(self, session: aiohttp.ClientSession, entries: list[dict[str, Any]]) -> None:
        url, failure = self._target.feedback_url, None
        assert url is not None
        try:
            async with session.post(url, json={"labels": entries}, allow_redirects=False) as response:
                await response.read()
                failure = None if response.status == LABELS_TAKEN else of_status(response.status)
        except (aiohttp.ClientError, OSError) as error:
            failure = of_error(error)
        self._count(failure, len(entries))

    def _count(self, failure: Failure | None, labels: int) -> None:
        self._counts.posts += 1
        self._counts.pending -= labels
        if failure is None:
            self._counts.accepted += labels
        else:
            self._counts.failures[failure] += labels
