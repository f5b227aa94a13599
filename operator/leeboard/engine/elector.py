"""Contends for a Lease, renews it, and gives it away: the loop around `leeboard.engine.lease`.

Whatever a request fails with, the loop goes on, and `Leadership` ends by its own clock when no renewal succeeds: the
holder stops at the renew deadline, counted from before its last successful write was sent, and nobody may begin before
the lease's duration has passed since that write was seen. Between the two lies the time for work under way to end.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime

from leeboard.engine import lease
from leeboard.engine.leadership import Leadership
from leeboard.engine.lease import Decision, Observation, Record, Timing
from leeboard.kube.errors import AlreadyExists, Conflict, KubeError, NotFound
from leeboard.kube.protocol import Kube, Raw
from leeboard.kube.resources import LEASE

logger = logging.getLogger(__name__)


class Elector:
    """One contender. `identity` is of this process alone; `clock` gives the wall time that people read in the Lease.

    `jitter()` gives the factor, from 1 to 1.2, by which a retry period is stretched: contenders fall out of step.
    """

    def __init__(
        self,
        *,
        kube: Kube,
        leadership: Leadership,
        namespace: str,
        name: str,
        identity: str,
        timing: Timing,
        clock: Callable[[], datetime],
        jitter: Callable[[], float] | None = None,
    ) -> None:
        self._kube = kube
        self._leadership = leadership
        self._namespace, self._name = namespace, name
        self._identity = identity
        self._timing = timing
        self._clock = clock
        self._jitter = jitter or _random_jitter
        self._seconds = asyncio.get_running_loop().time
        self._live: Raw | None = None
        self._seen: Observation | None = None
        self._failures, self._told = 0, ""
        self.tried_at = self._seconds()
        self.read_at: float | None = None

    @property
    def holder(self) -> str:
        """Who held the lease when it was last seen; empty for nobody."""
        record = self._seen.record if self._seen is not None else None
        return record.holder if record is not None else ""

    async def run(self) -> None:
        """Contend, then renew. Returns when leadership has ended."""
        while not self._leadership.ended.is_set():
            started, leading = self._seconds(), self._leadership.began.is_set()
            await self._attempt(self._renew if leading else self._contend)
            if not leading and self._leadership.began.is_set():
                logger.info("%s leads: it holds the lease %s/%s", self._identity, self._namespace, self._name)
            await self._rest(started + self._timing.retry_period * self._jitter())

    async def release(self) -> bool:
        """End leadership and give the lease away, so that another may begin at once; says whether it is not held here.

        Nothing may run `run` at the same time.
        """
        self._leadership.end("released")
        for _ in range(2):  # the second time where a renewal that was broken off had been carried out after all
            if await self._attempt(self._give_away):
                return self.holder != self._identity
        return False

    async def _rest(self, until: float) -> None:
        """Wait until then, or until leadership ends: a request that hung has used up its retry period."""
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                await self._leadership.ended.wait()

    async def _attempt(self, request: Callable[[], Awaitable[None]]) -> bool:
        """One try; says whether it did not fail. A failure is told when the next try fails too, and then once."""
        self.tried_at = self._seconds()
        try:
            async with asyncio.timeout(2 * self._timing.request_deadline):
                await request()
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # kopf ends every task that it does not know, also one inside of our request: nobody meant this loop
            self._failed("the request was broken off")
            return False
        except (Conflict, AlreadyExists):
            self._live = None  # another contender was first, or somebody edited the Lease: read it before the next try
            return False
        except Exception as error:
            self._failed(f"{type(error).__name__}: {error}", unexpected=not isinstance(error, KubeError | TimeoutError))
            return False
        finally:
            self.tried_at = self._seconds()
        self._failures, self._told = 0, ""
        return True

    def _failed(self, text: str, *, unexpected: bool = False) -> None:
        self._live = None
        self._failures += 1
        if self._failures > 1 and text != self._told:
            what = "renewing" if self._leadership.began.is_set() else "contending for"
            logger.warning(
                "%s the lease %s/%s failed: %s", what, self._namespace, self._name, text, exc_info=unexpected
            )
            self._told = text

    async def _contend(self) -> None:
        seen = await self._read()
        if self._decide(seen, leading=False) is Decision.WRITE:
            await self._write()

    async def _renew(self) -> None:
        """Write over what is known; only where that fails, or is not known, read first."""
        if self._live is not None:
            try:
                await self._write()
                return
            except (Conflict, NotFound):
                self._live = None
        if self._decide(await self._read(), leading=True) is Decision.LOST:
            self._leadership.end(f"the lease is held by {self.holder or 'nobody'}")
            return
        await self._write()

    async def _give_away(self) -> None:
        seen = await self._read()
        if self._live is not None and seen.record is not None and seen.record.holder == self._identity:
            record = lease.released(seen.record, self._clock())
            await self._put(record.written_to(self._live))

    def _decide(self, seen: Observation, *, leading: bool) -> Decision:
        return lease.decide(self._identity, seen, leading=leading, now=self._seconds(), timing=self._timing)

    async def _read(self) -> Observation:
        try:
            self._live = await self._limited(self._kube.get(LEASE, self._namespace, self._name))
        except NotFound:
            self._live = None
        self.read_at = self._seconds()
        return self._observe(None if self._live is None else Record.of(self._live))

    async def _write(self) -> None:
        """Take or renew; leadership then lasts until the renew deadline from before the request was sent."""
        if self._leadership.began.is_set() and not self._leadership.holds:
            return
        sent = self._seconds()
        before = None if self._live is None else Record.of(self._live)
        record = lease.held_by(self._identity, before, self._clock(), self._timing)
        await self._put(record.written_to(self._live or lease.new_lease(self._namespace, self._name)))
        self._leadership.extend(sent + self._timing.renew_deadline)

    async def _put(self, wanted: Raw) -> None:
        write = self._kube.create if self._live is None else self._kube.replace
        self._live = await self._limited(write(wanted))
        self._observe(Record.of(self._live))

    async def _limited(self, request: Awaitable[Raw]) -> Raw:
        async with asyncio.timeout(self._timing.request_deadline):
            return await request

    def _observe(self, record: Record | None) -> Observation:
        before, self._seen = self.holder, lease.observe(self._seen, record, self._seconds())
        if self.holder not in ("", before, self._identity):
            logger.info("%s holds the lease %s/%s", self.holder, self._namespace, self._name)
        return self._seen


def _random_jitter() -> float:
    return random.uniform(1.0, 1.2)  # noqa: S311 - keeps contenders apart, guards nothing
