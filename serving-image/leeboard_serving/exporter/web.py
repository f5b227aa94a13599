"""The two HTTP ports: /feedback, and /metrics with /healthz."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator

import uvicorn
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from leeboard.observability.exposition import exposition
from leeboard_serving.exporter.feedback import LARGEST_BODY, TooManyLabelsError, parse_labels
from leeboard_serving.exporter.health import Health
from leeboard_serving.exporter.recorder import Recorder
from leeboard_serving.exporter.tokens import Tokens, TokensError

BODIES_AT_ONCE = 8
SECONDS_FOR_A_BODY = 10.0
SECONDS_TO_END = 3
"""For requests under way."""


def metrics_application(health: Health, registry: CollectorRegistry) -> Starlette:
    """/healthz and /metrics, for kubelet and Prometheus."""

    async def healthz(_: Request) -> Response:
        return Response(status_code=200 if health.is_live() else 503)

    async def metrics(request: Request) -> Response:
        shown = await exposition(registry, request.headers.get("accept"))
        return Response(shown.body, headers={"Content-Type": shown.content_type})

    return Starlette(routes=[Route("/healthz", healthz), Route("/metrics", metrics)])


def feedback_application(
    recorder: Recorder, clock: Callable[[], float], interval: float, tokens: Tokens | None
) -> Starlette:
    """POST /feedback. `interval`: after how many seconds a label that found no room may find some.

    With `tokens`, only for callers that have one: others are told so before a byte of the body is read.
    """
    gate = asyncio.Semaphore(BODIES_AT_ONCE)

    async def feedback(request: Request) -> Response:
        refused = _unauthorized(request, tokens) if tokens is not None else None
        return refused or await taken(request)

    async def taken(request: Request) -> Response:
        try:
            async with gate, asyncio.timeout(SECONDS_FOR_A_BODY):
                body = await _body(request)
            labels = parse_labels(body, clock())
        except (TooManyLabelsError, TooLargeError) as error:
            return _error(413, str(error))
        except ValueError as error:
            return _error(400, str(error))
        except TimeoutError:
            return _error(408, f"the body did not come within {SECONDS_FOR_A_BODY:g} s")
        except ClientDisconnect:
            return _error(400, "the body was cut")
        if not await recorder.accept(labels):
            return _error(503, "no more labels can be kept", {"Retry-After": str(max(1, round(interval)))})
        return JSONResponse({"accepted": len(labels)}, 202)

    return Starlette(routes=[Route("/feedback", feedback, methods=["POST"])])


class TooLargeError(Exception):
    """A body of more bytes than may be."""


class Site(uvicorn.Server):
    """An application on a port; the process's signals are not its own."""

    def __init__(self, application: Starlette) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                http="httptools",
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="warning",
                access_log=False,
                timeout_graceful_shutdown=SECONDS_TO_END,
            )
        )
        self._serving: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the process."""
        yield

    async def open(self, port: int) -> None:
        """Answer on a port of every address. Raises OSError where it is taken."""
        listening = socket.create_server(("", port), backlog=self.config.backlog)
        self._serving = asyncio.create_task(self.serve(sockets=[listening]))

    async def close(self) -> None:
        """Let the requests under way end, and stop."""
        self.should_exit = True
        if self._serving is not None:
            await self._serving


def _unauthorized(request: Request, tokens: Tokens) -> Response | None:
    """The answer to a caller without a token; None to one that has one."""
    try:
        known = tokens.allow(request.headers.get("authorization", ""))
    except TokensError:
        return _error(503, "the tokens cannot be read", {"Retry-After": "60"})
    if known:
        return None
    return _error(401, "a token is needed: Authorization: Bearer <token>", {"WWW-Authenticate": "Bearer"})


async def _body(request: Request) -> bytes:
    """The bytes of a request. Raises TooLargeError, and ClientDisconnect where they end before their time."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_BODY:
            raise TooLargeError(f"more than {LARGEST_BODY} bytes")
    return bytes(body)


def _error(status: int, text: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": text}, status, headers)
