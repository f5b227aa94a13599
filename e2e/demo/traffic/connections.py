"""The two kinds of connections: one that is used again, and one for each request."""

import asyncio
import time
from collections import deque
from types import TracebackType
from typing import Self

import aiohttp

from e2e.demo.traffic.answer import Outcome, judge
from e2e.demo.traffic.failure import in_words, of_error
from e2e.demo.traffic.segment import Target

KEEP_ALIVE, SHORT = "keep-alive", "short"
KINDS = (KEEP_ALIVE, SHORT)
IDLE_SECONDS = 60.0
HEADERS = {"Content-Type": "application/json"}


class Connection:
    """One connection, or for short ones the right to open one. Requests on it come one after the other."""

    def __init__(self, kind: str, target: Target) -> None:
        self.kind = kind
        self._target = target
        self._timeout = aiohttp.ClientTimeout(total=target.timeout)
        self._session: aiohttp.ClientSession | None = None
        self._since = 0.0

    async def ask(self, request_id: str, body: bytes, rows: int) -> Outcome:
        """Send a request, once, and judge what comes back. aiohttp repeats no POST by itself."""
        session = await self._ready()
        began = time.perf_counter()
        try:
            async with session.post(
                self._target.infer_url, data=body, headers=HEADERS, timeout=self._timeout, allow_redirects=False
            ) as response:
                answer = await response.read()
                return judge(response.status, answer, request_id, rows, time.perf_counter() - began)
        except (aiohttp.ClientError, OSError) as error:
            return Outcome(time.perf_counter() - began, failure=of_error(error), text=in_words(error))

    async def close(self) -> None:
        """Close it; the next request opens a new one."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _ready(self) -> aiohttp.ClientSession:
        lifetime, now = self._target.lifetime, time.monotonic()
        if self.kind == KEEP_ALIVE and lifetime and now - self._since > lifetime:
            await self.close()
        if self._session is None:
            # cookies would keep a client at the version that answered it first
            self._session = aiohttp.ClientSession(connector=self._connector(), cookie_jar=aiohttp.DummyCookieJar())
            self._since = now
        return self._session

    def _connector(self) -> aiohttp.TCPConnector:
        if self.kind == SHORT:
            return aiohttp.TCPConnector(limit=1, force_close=True)
        return aiohttp.TCPConnector(limit=1, keepalive_timeout=IDLE_SECONDS)


class Connections:
    """All of them. One that is busy is never waited for: see `take`."""

    def __init__(self, target: Target) -> None:
        sizes = {KEEP_ALIVE: target.keep_alive, SHORT: target.short}
        self._free = {kind: deque(Connection(kind, target) for _ in range(size)) for kind, size in sizes.items()}
        self._all = [connection for free in self._free.values() for connection in free]

    def take(self, kind: str) -> Connection | None:
        """A free one, the longest unused first, so that all of them are kept alive; None where all are busy."""
        free = self._free[kind]
        return free.popleft() if free else None

    def give_back(self, connection: Connection) -> None:
        """It is free again."""
        self._free[connection.kind].append(connection)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(*(connection.close() for connection in self._all))
