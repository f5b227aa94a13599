"""The adapter on the wire: what is sent, and what an unfriendly server does to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web
from kubernetes.aio import client as aio_client

from leeboard.kube.client import KubeClient
from leeboard.kube.errors import Forbidden, Unreachable
from leeboard.kube.resources import JOB, MODEL, POD

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Seen = list[tuple[str, int]]


class Server:
    """Answers every request by `handler`, and hands out clients."""

    def __init__(self) -> None:
        self.handler: Handler
        self.seen: Seen = []

    async def start(self) -> None:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(application, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        configuration = aio_client.Configuration(host=f"http://127.0.0.1:{self.port}")
        configuration.api_key["BearerToken"] = "bearer secret"
        observer = lambda method, host, status, seconds: self.seen.append((method, status))  # noqa: E731
        self.client = KubeClient(configuration, timeout=0.5, observer=observer)

    async def stop(self) -> None:
        await self.client.close()
        await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        return await self.handler(request)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    running = Server()
    await running.start()
    yield running
    await running.stop()


async def test_a_list_is_read_page_by_page_and_says_what_its_items_are(server: Server) -> None:
    async def pages(request: web.Request) -> web.Response:
        assert request.query["labelSelector"] == "a=b"
        assert "PartialObjectMetadataList" in request.headers["Accept"]
        number = int(request.query.get("continue", "0"))
        following = {"continue": str(number + 1)} if number < 2 else {}
        return web.json_response({"metadata": following, "items": [{"metadata": {"name": str(number)}}]})

    server.handler = pages
    items = await server.client.list(POD, selector="a=b", metadata_only=True)
    assert [(item["kind"], item["apiVersion"], item["metadata"]["name"]) for item in items] == [
        ("Pod", "v1", str(number)) for number in range(3)
    ]


async def test_an_empty_list_may_be_null(server: Server) -> None:
    async def nothing(request: web.Request) -> web.Response:
        return web.json_response({"metadata": {}, "items": None})

    server.handler = nothing
    assert await server.client.list(POD, metadata_only=True) == []


async def test_apply_is_server_side_with_our_field_manager_and_our_token(server: Server) -> None:
    async def echo(request: web.Request) -> web.Response:
        assert request.method == "PATCH"
        assert request.headers["Content-Type"].startswith("application/apply-patch+yaml")
        assert request.headers["Authorization"] == "bearer secret"
        assert dict(request.query) == {"fieldManager": "leeboard", "force": "true"}
        return web.json_response(json.loads(await request.text()))

    server.handler = echo
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a", "namespace": "ml"}, "spec": {}}
    assert await server.client.apply(job) == job


async def test_a_delete_carries_its_preconditions(server: Server) -> None:
    async def check(request: web.Request) -> web.Response:
        options = await request.json()
        assert options["preconditions"] == {"uid": "u"}
        assert options["propagationPolicy"] == "Background"
        return web.json_response({"kind": "Status"})

    server.handler = check
    await server.client.delete(JOB, "ml", "a", uid="u")
    assert server.seen == [("DELETE", 200)]


async def test_a_refusal_is_typed_and_counted(server: Server) -> None:
    async def refuse(request: web.Request) -> web.Response:
        return web.json_response({"reason": "Forbidden", "message": "models is forbidden"}, status=403)

    server.handler = refuse
    with pytest.raises(Forbidden, match="models is forbidden"):
        await server.client.get(MODEL, "ml", "m")
    assert server.seen == [("GET", 403)]


async def test_a_busy_server_says_when_to_come_back(server: Server) -> None:
    async def busy(request: web.Request) -> web.Response:
        return web.Response(status=429, headers={"Retry-After": "7"}, text="slow down")

    server.handler = busy
    with pytest.raises(Unreachable) as caught:
        await server.client.get(MODEL, "ml", "m")
    assert caught.value.retry_after == 7


async def test_a_server_that_does_not_answer_or_hangs_up_is_unreachable(server: Server) -> None:
    async def hang(request: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return web.Response()

    async def hang_up(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    for handler in (hang, hang_up):
        server.handler = handler
        with pytest.raises(Unreachable):
            await server.client.get(MODEL, "ml", "m")
    assert server.seen == [("GET", 0), ("GET", 0)]


async def test_nobody_listens(server: Server) -> None:
    configuration = aio_client.Configuration(host="http://127.0.0.1:1")
    client = KubeClient(configuration, timeout=5)
    with pytest.raises(Unreachable):
        await client.get(MODEL, "ml", "m")
    await client.close()


async def test_a_watch_gives_changes_as_they_come_whatever_their_pieces(server: Server) -> None:
    told = (("ADDED", "a"), ("DELETED", "b"))
    changes = [{"type": kind, "object": {"metadata": {"name": name * 9000}}} for kind, name in told]

    async def stream(request: web.Request) -> web.StreamResponse:
        assert request.query["watch"] == "1" and request.headers["Authorization"] == "bearer secret"
        answer = web.StreamResponse()
        await answer.prepare(request)
        whole = b"".join(json.dumps(one).encode() + b"\n" for one in changes)
        for start in range(0, len(whole), 7001):
            await answer.write(whole[start : start + 7001])
        return answer

    server.handler = stream
    seen = [{"type": kind, "object": raw} async for kind, raw in server.client.watch(MODEL, "ml", seconds=5)]
    assert seen == changes


@pytest.mark.parametrize(("status", "error"), [(403, Forbidden), (500, Unreachable)])
async def test_a_watch_that_is_refused_or_ends_in_an_error(server: Server, status: int, error: type[Exception]) -> None:
    async def refused(_: web.Request) -> web.Response:
        return web.json_response({"reason": "no", "message": "no"}, status=status)

    async def broken(_: web.Request) -> web.Response:
        return web.Response(text=json.dumps({"type": "ERROR", "object": {"code": status, "message": "no"}}) + "\n")

    for handler in (refused, broken):
        server.handler = handler
        with pytest.raises(error):
            async for _ in server.client.watch(MODEL, "ml", seconds=5):
                raise AssertionError("there is nothing to tell")


async def test_the_server_says_who_one_is(server: Server) -> None:
    async def review(request: web.Request) -> web.Response:
        assert (request.method, (await request.json())["kind"]) == ("POST", "SelfSubjectReview")
        return web.json_response({"status": {"userInfo": {"username": "ann"}}})

    server.handler = review
    assert (await server.client.whoami())["status"]["userInfo"]["username"] == "ann"
