"""The way of copies to one challenger: a bounded queue, a bounded rate, and the pairs that come of it."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard_serving.exporter.shadow.connection import Answered, Connection, Unreachable, Unreadable
from leeboard_serving.exporter.shadow.copies import Copy, request_of
from leeboard_serving.exporter.shadow.pairs import Dropped, Failure, PairTally
from leeboard_serving.exporter.shadow.targets import Target
from leeboard_serving.exporter.texts import moment_of
from leeboard_serving.proxy import reading
from leeboard_serving.shadow_header import HEADER

LOG = logging.getLogger("leeboard.serving.exporter")
MOST_WAITING, MOST_WAITING_BYTES = 256, 8 << 20
"""Copies that wait for a slow challenger. What comes on top is dropped, and counted."""
AT_ONCE = 4
"""Copies under way."""
_JSON_LENGTH = b"inference-header-content-length"
_VERSION = b"x-leeboard-version"


class Refused(Exception):
    """There is no pair of this copy."""

    def __init__(self, failure: Failure, text: str) -> None:
        super().__init__(text)
        self.failure = failure


class Lane:
    """`clock` gives seconds that only grow; `address` is the challenger's host and port, `champion` the own version.

    `keep` is given the rows of the table of pairs.
    """

    def __init__(
        self,
        target: Target,
        address: tuple[str, int],
        champion: str,
        *,
        model: str,
        score_output: str,
        labels: bool,
        clock: Callable[[], float],
    ) -> None:
        self.target = target
        self._address, self._champion, self._score_output, self._labels = address, champion, score_output, labels
        self._path = f"/v2/models/{model}/infer"
        self._clock = clock
        self._queue: deque[Copy] = deque()
        self._waiting_bytes = 0
        self._some = asyncio.Event()
        self._tokens, self._filled_at = float(target.most), clock()
        self._tally = PairTally(labels=labels)
        self.outcomes: Counter[str] = Counter()
        self.dropped: Counter[Dropped] = Counter()
        self.keep: Callable[[Iterable[Iterable[Any]]], None] = lambda _: None
        self._complaint = ""
        self._workers: list[asyncio.Task[None]] = []

    @property
    def waiting(self) -> tuple[int, int]:
        """Copies that wait, and their bytes."""
        return len(self._queue), self._waiting_bytes

    def start(self) -> None:
        """Begin to send."""
        self._workers = [asyncio.create_task(self._work()) for _ in range(AT_ONCE)]

    async def stop(self) -> None:
        """Send nothing more; what waits is given up."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        self._queue.clear()
        self._waiting_bytes = 0

    def admits(self) -> bool:
        """Whether one more copy may be made now; where not, the request is counted as dropped."""
        if len(self._queue) >= MOST_WAITING or self._waiting_bytes >= MOST_WAITING_BYTES:
            self.drop(Dropped.QUEUE)
            return False
        now = self._clock()
        most = float(self.target.most)
        self._tokens = min(most, self._tokens + (now - self._filled_at) * most)
        self._filled_at = now
        if self._tokens < 1:
            self.drop(Dropped.RATE)
            return False
        self._tokens -= 1
        return True

    def add(self, copy: Copy) -> None:
        """Have a copy sent that was admitted."""
        self._queue.append(copy)
        self._waiting_bytes += copy.bytes
        self._some.set()

    def drop(self, why: Dropped, number: int = 1) -> None:
        """Count requests of the sample of which no copy is sent."""
        self._tally.dropped[why] += number
        self.dropped[why] += number

    def cut(self) -> dict[str, Any] | None:
        """What was counted since the last time; None where nothing was drawn."""
        tally, self._tally = self._tally, PairTally(labels=self._labels)
        return None if tally.is_empty else tally.document()

    async def _work(self) -> None:
        connection = Connection(*self._address)
        try:
            while True:
                await self._some.wait()
                if not self._queue:
                    self._some.clear()
                    continue
                copy = self._queue.popleft()
                self._waiting_bytes -= copy.bytes
                await self._pair(connection, copy)
        finally:
            connection.close()

    async def _pair(self, connection: Connection, copy: Copy) -> None:
        try:
            scores, seconds = await self._answered(connection, copy)
        except Refused as error:
            self._failed(error)
            return
        except Exception:
            # a fault of ours that one request's values brought to light must cost neither the others nor the windows
            LOG.exception("a copy for %s is lost", self.target.version)
            self._failed(Refused(Failure.ANSWER, "the exporter failed"))
            return
        self._tally.add(copy, scores, seconds)
        self.keep(_rows(copy, self.target.version, scores))
        self.outcomes["Answered"] += 1

    async def _answered(self, connection: Connection, copy: Copy) -> tuple[NDArray[np.float64], float]:
        """The challenger's scores, and how long they took. Raises Refused."""
        body, json_length = request_of(copy, self._score_output)
        headers = [
            (HEADER, self._champion.encode()),
            (b"content-type", b"application/octet-stream"),
            (_JSON_LENGTH, str(json_length).encode()),
        ]
        started = self._clock()
        try:
            answer = await connection.post(self._path, headers, body)
        except TimeoutError as error:
            raise Refused(Failure.TIMEOUT, "no answer in time") from error
        except Unreachable as error:
            raise Refused(Failure.UNREACHABLE, str(error)) from error
        except Unreadable as error:
            raise Refused(Failure.ANSWER, str(error)) from error
        return self._scores(answer, copy), self._clock() - started

    def _scores(self, answer: Answered, copy: Copy) -> NDArray[np.float64]:
        if answer.status != 200:
            raise Refused(Failure.STATUS, f"status {answer.status}")
        if answer.header(_VERSION) != self.target.version.encode():
            raise Refused(Failure.OTHER_VERSION, "another version answered")
        message = reading.Message(bytes(answer.body), answer.headers)
        try:
            _, scores = reading.answer_of(message, self._score_output, len(answer.body))
        except reading.Unreadable as error:
            raise Refused(Failure.ANSWER, str(error)) from error
        if len(scores) != copy.rows:
            raise Refused(Failure.ANSWER, f"{len(scores)} scores of {copy.rows} rows")
        return scores

    def _failed(self, error: Refused) -> None:
        self._tally.failures[error.failure] += 1
        self.outcomes[error.failure] += 1
        if self._complaint != error.failure:  # said once, until it is another one
            self._complaint = error.failure
            LOG.warning("copies for %s fail: %s: %s", self.target.version, error.failure, str(error)[:256])


def _rows(copy: Copy, challenger: str, scores: NDArray[np.float64]) -> Iterator[tuple[str, str, str, float, float]]:
    """`id,time,challenger,champion_score,challenger_score`, with the ids and times of the ledger."""
    moment = moment_of(copy.time)
    for row, (champions, own) in enumerate(zip(copy.scores.tolist(), scores.tolist(), strict=True)):
        yield (copy.id if copy.rows == 1 else f"{copy.id}/{row}", moment, challenger, champions, own)
