"""A model server on a real port that misbehaves on purpose and keeps account of it."""

import asyncio
import time
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

OK, ERROR, GONE, RESET, SLOW, FEWER, MORE, NO_NUMBER, OTHER_ID, NO_JSON, CUT = (
    *("ok", "error", "gone", "reset", "slow", "fewer", "more", "no number", "other id", "no json", "cut"),
)
KIND_OF = {ERROR: "status", GONE: "refused", RESET: "reset", CUT: "reset", SLOW: "timeout"}
KIND_OF |= dict.fromkeys((FEWER, MORE, NO_NUMBER, OTHER_ID, NO_JSON), "answer")


@dataclass
class Asked:
    """One request as the server saw it."""

    body: dict
    connection: str
    transport: int
    manner: str
    version: str
    answered: float = 0.0


@dataclass
class Server:
    """`manners` are taken in turn by the requests, and so are `versions`; `held` keeps answers back."""

    manners: tuple[str, ...] = (OK,)
    versions: tuple[str, ...] = ("v1",)
    feedback_statuses: tuple[int, ...] = (202,)
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    posts: list[tuple[float, int, list]] = field(default_factory=list)
    held: asyncio.Event = field(default_factory=asyncio.Event)
    never: asyncio.Event = field(default_factory=asyncio.Event)
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def until_asked(self, count):
        """Wait until that many requests have arrived."""
        async with self.arrived:
            await self.arrived.wait_for(lambda: len(self.asked) >= count)

    def failures(self, connection=None):
        """What the client has to have counted, by kind."""
        mine = (one for one in self.asked if connection in (None, one.connection))
        return dict(Counter(KIND_OF[one.manner] for one in mine if one.manner != OK))

    async def infer(self, request):
        body = await request.json()
        number = len(self.asked)
        # the transport's id may be given again to another one, the peer's port is not within the test
        port = request.transport.get_extra_info("peername")[1]
        closing = request.headers.get("Connection", "").lower() == "close"
        asked = Asked(
            body=body,
            connection="short" if closing else "keep-alive",
            transport=port,
            manner=self.manners[number % len(self.manners)],
            version=self.versions[number % len(self.versions)],
        )
        async with self.arrived:
            self.asked.append(asked)
            self.arrived.notify_all()
        await self.held.wait()
        asked.answered = time.monotonic()
        return await self._answer(request, asked)

    async def _answer(self, request, asked):
        rows, manner = asked.body["inputs"][0]["shape"][0], asked.manner
        if manner == RESET:
            request.transport.abort()
            return web.Response()
        if manner == CUT:
            response = web.StreamResponse(headers={"Content-Length": "1000"})
            await response.prepare(request)
            await response.write(b'{"model_version"')
            request.transport.close()
            return response
        if manner == SLOW:
            await self.never.wait()
        if manner in (ERROR, GONE):
            return web.Response(status=500 if manner == ERROR else 404, text="no\nmodel here")
        if manner == NO_JSON:
            return web.Response(text="<html>")
        data = [0.25] * {FEWER: rows - 1, MORE: rows + 1}.get(manner, rows)
        if manner == NO_NUMBER:
            data[0] = None
        return web.json_response(
            {
                "model_name": "late-flights",
                "model_version": asked.version,
                "id": "another" if manner == OTHER_ID else asked.body["id"],
                "outputs": [{"name": "probability", "datatype": "FP64", "shape": [rows], "data": data}],
            }
        )

    async def feedback(self, request):
        status = self.feedback_statuses[len(self.posts) % len(self.feedback_statuses)]
        self.posts.append((time.monotonic(), status, (await request.json())["labels"]))
        return web.Response(status=status)


@asynccontextmanager
async def serving(**settings):
    """A running server; answers are not held unless the test says so."""
    server = Server(**settings)
    server.held.set()
    app = web.Application()
    app.router.add_post("/v2/models/late-flights/infer", server.infer)
    app.router.add_post("/feedback", server.feedback)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        server.never.set()
        await runner.cleanup()


async def until(look):
    """What `look` returns as soon as that is true; the test's timeout ends the waiting."""
    while True:
        if found := await asyncio.to_thread(look):
            return found
        await asyncio.sleep(0.02)
