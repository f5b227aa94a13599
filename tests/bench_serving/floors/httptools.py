"""On this project's own connections: `python -m tests.bench_serving.floors.httptools PORT FOLDER FORMAT`."""

import asyncio
import sys

import uvloop

from leeboard_serving.server.http.limits import Limits
from leeboard_serving.server.http.listening import listen
from leeboard_serving.server.http.request import HttpRequest
from leeboard_serving.server.http.site import Pages, Site
from tests.bench_serving.floors.handler import Handler


class _Nobody:
    def refused(self, request: HttpRequest, status: int) -> None:
        """Nobody is told."""

    def cut(self, request: HttpRequest) -> None:
        """Nobody is told."""


async def main() -> None:
    """Answer until it is ended."""
    handler = Handler(sys.argv[2], sys.argv[3])
    pages = Pages()
    pages.add("POST", "/v2/models/m/infer", lambda request: request.answer(200, handler.answer(bytes(request.body))))
    pages.add("GET", "/v2/health/ready", lambda request: request.answer_json({"ready": True}))
    site = Site(pages, _Nobody(), Limits(), {})
    site.open(listen("127.0.0.1", int(sys.argv[1]), shared=False))
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main())
