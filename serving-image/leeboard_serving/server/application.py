"""The HTTP face: health, metadata and inference."""

import logging
import time
import uuid
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from leeboard import __version__
from leeboard.models import ModelError
from leeboard.observability.exposition import exposition
from leeboard_serving.failures import ServingError
from leeboard_serving.observation import Observation
from leeboard_serving.server.metrics import ServerMetrics
from leeboard_serving.server.protocol import BadRequest, InferenceRequest, parse_request, render_answer
from leeboard_serving.server.service import CHECK_SECONDS, Service, TooBusy

LOG = logging.getLogger("leeboard.serving")
LARGEST_BODY = 16 << 20
"""Bytes of a request."""
LONGEST_ERROR = 1024
"""Characters of an error, which may quote what was sent."""


def application(service: Service) -> Starlette:
    """The ASGI application of one model."""
    name = service.model.served.model

    @asynccontextmanager
    async def lifespan(_: Starlette) -> Any:
        service.observer.start()
        yield
        await service.observer.stop(5.0)
        service.close()

    endpoints = _Endpoints(service)
    routes = [
        Route("/v2", endpoints.server, methods=["GET"]),
        Route("/v2/health/live", endpoints.live, methods=["GET"]),
        Route("/v2/health/ready", endpoints.ready, methods=["GET"]),
        Route("/metrics", endpoints.metrics, methods=["GET"]),
    ]
    for prefix in (f"/v2/models/{name}", f"/v2/models/{name}/versions/{service.model.served.version}"):
        routes += [
            Route(prefix, endpoints.metadata, methods=["GET"]),
            Route(f"{prefix}/ready", endpoints.ready, methods=["GET"]),
            Route(f"{prefix}/infer", endpoints.infer, methods=["POST"]),
        ]
    handlers: dict[Any, Any] = {HTTPException: _refused}
    return Starlette(routes=routes, lifespan=lifespan, exception_handlers=handlers)


class _Endpoints:
    def __init__(self, service: Service) -> None:
        self._service = service
        self._metrics = ServerMetrics(service)

    async def metrics(self, _: Request) -> Response:
        """Closes the connection: one that Prometheus keeps between two scrapes would hold up the server's end."""
        headers = {"Content-Type": CONTENT_TYPE_LATEST, "Connection": "close"}
        return Response(await exposition(self._metrics.registry), headers=headers)

    async def live(self, _: Request) -> Response:
        return JSONResponse({"live": True})

    async def ready(self, _: Request) -> Response:
        """Ready means that the model gives the right answers now, not that it once did."""
        try:
            await self._service.check()
        except TimeoutError:
            return _failed(503, f"the model has not answered the golden samples within {CHECK_SECONDS:g} s")
        except ServingError as error:
            LOG.error("%s: %s", error.reason, error.message)
            return _failed(503, f"{error.reason}: {error.message}")
        return JSONResponse({"ready": True, "name": self._service.model.served.model})

    async def server(self, _: Request) -> Response:
        return JSONResponse({"name": "leeboard", "version": __version__, "extensions": []})

    async def metadata(self, _: Request) -> Response:
        model = self._service.model
        return JSONResponse(
            {
                "name": model.served.model,
                "versions": [model.served.version],
                "platform": "sklearn-skops",
                "inputs": [one.described() for one in model.signature.inputs],
                "outputs": [one.described() for one in model.signature.outputs],
            }
        )

    async def infer(self, request: Request) -> Response:
        started = time.perf_counter()
        exchange = await self._answered(request)
        asked, response = exchange.asked, exchange.response
        observation = Observation(
            id=asked.id if asked else uuid.uuid4().hex,
            time=time.time(),
            seconds=time.perf_counter() - started,
            status=response.status_code,
        )
        if asked is not None and exchange.scores is not None:
            observation = replace(observation, rows=asked.rows, inputs=asked.columns, scores=exchange.scores)
        self._service.observer.tell(observation)
        return response

    async def _answered(self, request: Request) -> "_Exchange":
        try:
            body = await _body(request)
        except ClientDisconnect:
            return _Exchange(_failed(400, "the body was cut"))
        if body is None:
            return _Exchange(_failed(413, f"a request has at most {LARGEST_BODY} bytes"))
        model = self._service.model
        try:
            asked = parse_request(body, model.signature)
        except BadRequest as error:
            return _Exchange(_failed(400, str(error)))
        if not asked.id:
            asked = replace(asked, id=uuid.uuid4().hex)
        try:
            scores = await self._service.run(lambda: self._metrics.timed(lambda: model.predict(asked.columns)))
        except ModelError as error:
            LOG.warning("request %s: %s", asked.id, error.message)
            return _Exchange(_failed(500, error.message), asked)
        except TooBusy:
            return _Exchange(_failed(503, "too many requests wait for the model"), asked)
        content = render_answer(
            model.served.model, model.served.version, asked.id, model.signature.outputs[0].name, scores
        )
        return _Exchange(Response(content, media_type="application/json"), asked, scores)


@dataclass(frozen=True, eq=False)
class _Exchange:
    """A response, what was asked where it was understood, and the scores where there are any."""

    response: Response
    asked: InferenceRequest | None = None
    scores: NDArray[np.float64] | None = None


async def _body(request: Request) -> bytes | None:
    """The body, or None where it is too large; it is read no further than that. Raises ClientDisconnect."""
    parts, length = [], 0
    async for part in request.stream():
        length += len(part)
        if length > LARGEST_BODY:
            return None
        parts.append(part)
    return b"".join(parts)


def _failed(status: int, text: str) -> Response:
    # JSON may bring halves of surrogate pairs, which no answer in UTF-8 can quote
    sayable = text[:LONGEST_ERROR].encode(errors="replace").decode()
    return JSONResponse({"error": sayable}, status_code=status)


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - that is what the handler is registered for
    texts = {404: "no such model, version or page", 405: "this page does not take that method"}
    return JSONResponse(
        {"error": texts.get(error.status_code, error.detail)}, status_code=error.status_code, headers=error.headers
    )
