"""The REST pages of the Open Inference Protocol v2 and of its extensions."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any

from prometheus_client import CollectorRegistry

from leeboard.observability.exposition import exposition
from leeboard_serving.failures import ServingError
from leeboard_serving.server.batching import Overloaded, retry_after
from leeboard_serving.server.guide import HEADERS, MEDIA, guide
from leeboard_serving.server.http.answers import BINARY
from leeboard_serving.server.http.content_encoding import ENCODINGS, Refused, unpacked
from leeboard_serving.server.http.request import HttpRequest
from leeboard_serving.server.http.site import Handler, Pages
from leeboard_serving.server.inference.answers import Answers
from leeboard_serving.server.inference.decoding import parse_request
from leeboard_serving.server.inference.encoding import Encoder
from leeboard_serving.server.inference.request import BadRequest
from leeboard_serving.server.metadata import model_metadata, optional_outputs, server_metadata
from leeboard_serving.server.openapi import description
from leeboard_serving.server.repository import Repository
from leeboard_serving.server.serving import CHECK_SECONDS, SHADOW, Serving
from leeboard_serving.shadow_header import HEADER

LOG = logging.getLogger("leeboard.serving")
_JSON_LENGTH = b"inference-header-content-length"


class Rest:
    """The pages of one model."""

    def __init__(self, serving: Serving, registry: CollectorRegistry, largest: int) -> None:
        self._serving, self._registry, self._largest = serving, registry, largest
        model = serving.model
        self._name, self._version = model.served.model, model.served.version
        self._encoder = Encoder(self._name, self._version, model.signature.outputs[0].name)
        self._repository = Repository(serving)
        self._tasks: set[asyncio.Task[None]] = set()

    def pages(self) -> Pages:
        """All of them."""
        pages = Pages()
        own = f"/v2/models/{self._name}"
        for prefix in (own, f"{own}/versions/{self._version}"):
            pages.add("POST", f"{prefix}/infer", self._infer)
            pages.add("GET", prefix, self._counted("metadata", self._metadata))
            pages.add("GET", f"{prefix}/ready", self._awaited("health", self._ready))
            pages.add("GET", f"{prefix}/stats", self._counted("metadata", self._statistics))
        for path in ("/v2", "/v2/"):
            pages.add("GET", path, self._counted("metadata", self._server))
        pages.add("GET", "/v2/models/stats", self._counted("metadata", self._statistics))
        pages.add("GET", "/v2/health/live", self._counted("health", lambda asked: asked.answer_json({"live": True})))
        pages.add("GET", "/v2/health/ready", self._awaited("health", self._ready))
        pages.add("GET", "/metrics", self._awaited("other", self._metrics))
        pages.add("GET", "/openapi.json", self._counted("other", self._openapi))
        pages.add("GET", "/docs", self._counted("other", self._guide))
        pages.add("POST", "/v2/repository/index", self._counted("repository", self._repository.index))
        for action, handler in (("load", self._repository.load), ("unload", self._repository.unload)):
            pages.add("POST", f"/v2/repository/models/{self._name}/{action}", self._counted("repository", handler))
        return pages

    # who is told of requests without a page

    def refused(self, request: HttpRequest, status: int) -> None:
        """A request that was answered before it could be understood."""
        if request.path.endswith("/infer") and status not in (404, 405):
            self._serving.failed("", _route(request), request.started, status, _asked(request))
        else:
            self._answered("other", request, status)

    def cut(self, request: HttpRequest) -> None:
        """A caller left within its request."""
        if request.path.endswith("/infer"):
            self._serving.failed("", _route(request), request.started, 400, "the caller left within its request")

    # inference

    def _infer(self, request: HttpRequest) -> None:
        serving, route = self._serving, _route(request)
        try:
            if not serving.loaded:
                raise BadRequest("the model is not loaded")
            serving.batcher.check_load()
            encoding = request.header(b"content-encoding")
            if encoding is not None:
                request.body = unpacked(request.body, encoding, self._largest)
            asked = parse_request(request.body, serving.model.signature, _json_length(request))
        except Refused as error:
            request.fail(error.status, str(error), ((b"accept-encoding", ENCODINGS),))
            serving.failed("", route, request.started, error.status, str(error))
            return
        except BadRequest as error:
            request.fail(400, str(error))
            serving.failed("", route, request.started, 400, str(error))
            return
        except Overloaded as error:
            headers = ((b"retry-after", retry_after(error.seconds)),)
            request.fail(503, "too many requests wait for the model", headers)
            serving.failed("", route, request.started, 503, str(error))
            return

        def answered(answers: Answers, start: int) -> None:
            body, json_length = self._encoder.encode(asked, answers, start)
            if json_length == len(body):
                request.answer(200, body)
            else:
                headers = ((b"inference-header-content-length", str(json_length).encode()),)
                request.answer(200, body, BINARY, headers)

        def failed(status: int, text: str) -> None:
            request.fail(status, text, ((b"retry-after", b"1"),) if status == 503 else ())

        serving.infer(asked, route, request.started, answered, failed)

    # the other pages

    async def _ready(self, request: HttpRequest) -> None:
        """Ready means that the model gives the right answers now, not that it once did."""
        if not self._serving.loaded:
            request.fail(503, "the model is not loaded")
            return
        try:
            await self._serving.check()
        except TimeoutError:
            request.fail(503, f"the model has not answered the golden samples within {CHECK_SECONDS:g} s")
        except ServingError as error:
            LOG.error("%s: %s", error.reason, error.message)
            request.fail(503, f"{error.reason}: {error.message}")
        else:
            request.answer_json({"ready": True, "name": self._name})

    async def _metrics(self, request: HttpRequest) -> None:
        """Closes the connection: one that Prometheus keeps between two scrapes would hold up the server's end."""
        self._serving.publish()
        accept = request.header(b"accept") or b""
        shown = await exposition(self._registry, accept.decode("latin-1"))
        request.answer(200, shown.body, shown.content_type.encode(), last=True)

    def _server(self, request: HttpRequest) -> None:
        request.answer_json(server_metadata())

    def _metadata(self, request: HttpRequest) -> None:
        model = self._serving.model
        request.answer_json(model_metadata(model) | {"optional_outputs": optional_outputs(model)})

    def _statistics(self, request: HttpRequest) -> None:
        request.answer_json({"model_stats": [self._serving.statistics()]})

    def _openapi(self, request: HttpRequest) -> None:
        request.answer_json(description(self._serving.model), headers=())

    def _guide(self, request: HttpRequest) -> None:
        request.answer(200, guide(self._serving.model), MEDIA, HEADERS)

    def _answered(self, route: str, request: HttpRequest, status: int) -> None:
        """Count a request that was none for a prediction, and tell the log of it."""
        seconds, log = time.perf_counter() - request.started, self._serving.log
        self._serving.counts.answered(route, status)
        if status < 400:
            log.answered(route, status, seconds)
        else:
            log.failed(route, status, seconds, "", _asked(request))

    def _counted(self, route: str, handler: Handler) -> Handler:
        def page(request: HttpRequest) -> None:
            handler(request)
            self._answered(route, request, request.status)

        return page

    def _awaited(self, route: str, handler: Callable[[HttpRequest], Coroutine[Any, Any, None]]) -> Handler:
        async def answer(request: HttpRequest) -> None:
            try:
                await handler(request)
            except Exception:
                LOG.exception("%s %s", request.method, request.path)
                request.fail(500, "the server failed; its log says how")
            self._answered(route, request, request.status)

        def page(request: HttpRequest) -> None:
            task = asyncio.ensure_future(answer(request))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        return page


def _asked(request: HttpRequest) -> str:
    """What a line of the log says that was asked for."""
    return f"{request.method} {request.path}".strip()


def _route(request: HttpRequest) -> str:
    """Copies of requests that another version answered are no traffic of this one."""
    return "infer" if request.header(HEADER) is None else SHADOW


def _json_length(request: HttpRequest) -> int:
    """How many bytes of the body are JSON. Raises BadRequest."""
    value = request.header(_JSON_LENGTH)
    if value is None:
        return len(request.body)
    if not value.isdigit() or int(value) > len(request.body):
        text = value[:32].decode("latin-1")
        raise BadRequest(f"Inference-Header-Content-Length is {text}, and the body has {len(request.body)} bytes")
    return int(value)
