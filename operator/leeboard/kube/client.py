"""The one adapter between this project and the official client's asyncio API.

Only its transport, its authentication and its configuration are used: typed decoding costs some twenty
times the CPU and six times the memory of `json.loads`, and the operator needs raw objects anyway.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp
from kubernetes.aio import client as aio_client
from kubernetes.aio import config as aio_config
from kubernetes.aio.config.incluster_config import SERVICE_TOKEN_FILENAME

from leeboard.kube.errors import Unreachable, error_of
from leeboard.kube.protocol import FIELD_MANAGER, Raw
from leeboard.kube.resources import Resource, resource_of

PAGE_SIZE = 250
METADATA_ONLY = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"


class KubeClient:
    """`leeboard.kube.protocol.Kube` over HTTPS.

    `observer(method, host, status, seconds)` is told of every request; status 0 means that no answer came.
    """

    def __init__(
        self,
        configuration: Any,
        *,
        timeout: float = 30.0,
        field_manager: str = FIELD_MANAGER,
        observer: Callable[[str, str, int, float], None] | None = None,
    ) -> None:
        configuration.connection_pool_maxsize = 32
        configuration.client_session_kwargs = {"trust_env": False}
        self._api = aio_client.ApiClient(configuration)
        self._api.user_agent = f"leeboard/{field_manager}"
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._field_manager = field_manager
        self._observer = observer
        self._host = urlsplit(configuration.host).netloc

    async def close(self) -> None:
        """Close the connections."""
        await self._api.close()

    async def get(self, resource: Resource, namespace: str, name: str) -> Raw:
        """See `Kube.get`."""
        return await self._request("GET", resource.path(namespace, name))

    async def list(
        self,
        resource: Resource,
        namespace: str | None = None,
        *,
        selector: str = "",
        fields: str = "",
        metadata_only: bool = False,
    ) -> list[Raw]:
        """See `Kube.list`."""
        query = {"labelSelector": selector} if selector else {}
        query |= {"fieldSelector": fields} if fields else {}
        accept = METADATA_ONLY if metadata_only else "application/json"
        return [raw async for page in self._pages(resource, namespace, query, accept) for raw in page]

    def pages(
        self, resource: Resource, namespace: str | None = None, *, selector: str = ""
    ) -> AsyncIterator[Sequence[Raw]]:
        """See `Kube.pages`."""
        query = {"labelSelector": selector} if selector else {}
        return self._pages(resource, namespace, query, "application/json")

    async def _pages(
        self, resource: Resource, namespace: str | None, query: dict[str, str], accept: str
    ) -> AsyncIterator[Sequence[Raw]]:
        query = {"limit": str(PAGE_SIZE)} | query
        while True:
            page = await self._request("GET", resource.path(namespace), query=query, accept=accept)
            found = page.get("items") or ()  # a metadata-only list without objects says null
            yield [{**item, "apiVersion": resource.api_version, "kind": resource.kind} for item in found]
            token = page.get("metadata", {}).get("continue")
            if not token:
                return
            query["continue"] = token

    async def apply(self, obj: Raw) -> Raw:
        """See `Kube.apply`."""
        query = {"fieldManager": self._field_manager, "force": "true"}
        return await self._request("PATCH", _path(obj), query=query, body=obj, content="application/apply-patch+yaml")

    async def hand_over(self, obj: Raw) -> Raw:
        """See `Kube.hand_over`."""
        query = {"fieldManager": f"{self._field_manager}-replicas", "force": "true"}
        return await self._request("PATCH", _path(obj), query=query, body=obj, content="application/apply-patch+yaml")

    async def apply_status(self, obj: Raw, *, field_manager: str | None = None) -> Raw:
        """Server-side apply of the status subresource: only the fields given become the manager's, the client's own
        when None. Those that the manager gave before and gives no more go.
        """
        query = {"fieldManager": field_manager or self._field_manager, "force": "true"}
        path = _path(obj, "status")
        return await self._request("PATCH", path, query=query, body=obj, content="application/apply-patch+yaml")

    async def create(self, obj: Raw) -> Raw:
        """See `Kube.create`."""
        resource = resource_of(obj["apiVersion"], obj["kind"])
        path = resource.path(obj["metadata"]["namespace"])
        return await self._request("POST", path, query={"fieldManager": self._field_manager}, body=obj)

    async def delete(
        self, resource: Resource, namespace: str, name: str, *, uid: str | None = None, version: str | None = None
    ) -> None:
        """See `Kube.delete`."""
        wanted = {"uid": uid, "resourceVersion": version}
        preconditions = {key: value for key, value in wanted.items() if value is not None}
        options: Raw = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
        if preconditions:
            options["preconditions"] = preconditions
        await self._request("DELETE", resource.path(namespace, name), body=options)

    async def replace(self, obj: Raw) -> Raw:
        """See `Kube.replace`."""
        return await self._request("PUT", _path(obj), query={"fieldManager": self._field_manager}, body=obj)

    async def replace_status(self, obj: Raw) -> Raw:
        """See `Kube.replace_status`."""
        return await self._request("PUT", _path(obj, "status"), query={"fieldManager": self._field_manager}, body=obj)

    async def merge_patch(self, resource: Resource, namespace: str, name: str, patch: Raw) -> Raw:
        """See `Kube.merge_patch`."""
        path = resource.path(namespace, name)
        query = {"fieldManager": self._field_manager}
        return await self._request("PATCH", path, query=query, body=patch, content="application/merge-patch+json")

    async def watch(
        self, resource: Resource, namespace: str | None = None, *, seconds: int = 300
    ) -> AsyncIterator[tuple[str, Raw]]:
        """Changes as they come: ADDED, MODIFIED or DELETED with the object, at first ADDED for each that is there.

        Ends when the API server ends it, after `seconds` at the latest. Raises the errors of `leeboard.kube.errors`.
        """
        path = resource.path(namespace)
        query = urlencode({"watch": "1", "timeoutSeconds": str(seconds)})
        headers = {"Accept": "application/json", "User-Agent": self._api.user_agent}
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=self._timeout.total, sock_read=seconds + 30)
        await self._api.update_params_for_auth(headers, [], ["BearerToken"], path, "GET", None)
        try:
            answer = await self._api.call_api(
                "GET",
                f"{self._api.configuration.host}{path}?{query}",
                header_params=headers,
                _request_timeout=timeout,
            )
            if answer.status >= 400:
                raise error_of("WATCH", path, answer.status, await answer.read())
            async for change in _changes(answer.response.content):
                if change["type"] == "ERROR":
                    code = int(change["object"].get("code", 0))
                    raise error_of("WATCH", path, code, json.dumps(change["object"]).encode())
                yield change["type"], change["object"]
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable(f"WATCH {path}: {type(error).__name__}: {error}") from error

    async def whoami(self) -> Raw:
        """Who the API server takes this client for: a SelfSubjectReview with its `status.userInfo`."""
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        return await self._request("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", body=body)

    async def _request(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: Raw | None = None,
        accept: str = "application/json",
        content: str = "application/json",
    ) -> Raw:
        headers = {"Accept": accept, "Content-Type": content, "User-Agent": self._api.user_agent}
        url = self._api.configuration.host + path + (f"?{urlencode(query)}" if query else "")
        started = asyncio.get_running_loop().time()
        status = 0
        try:
            await self._api.update_params_for_auth(headers, [], ["BearerToken"], path, method, body)
            answer = await self._api.call_api(
                method, url, header_params=headers, body=body, _request_timeout=self._timeout
            )
            data = await answer.read()
            status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable(f"{method} {path}: {type(error).__name__}: {error}") from error
        finally:
            if self._observer is not None:
                self._observer(method, self._host, status, asyncio.get_running_loop().time() - started)
        if status >= 400:
            raise error_of(method, path, status, data, _retry_after(answer.headers.get("Retry-After")))
        decoded: Raw = json.loads(data)
        return decoded


async def connect(**options: Any) -> KubeClient:
    """A client for the pod's own ServiceAccount or, outside a cluster, for the current kubeconfig.

    `options` are those of `KubeClient`.

    Raises:
        kubernetes.aio.config.ConfigException: neither is there.
    """
    configuration = aio_client.Configuration()
    if Path(SERVICE_TOKEN_FILENAME).exists():  # noqa: ASYNC240 - once, at start
        aio_config.load_incluster_config(client_configuration=configuration)
    else:
        await aio_config.load_kube_config(client_configuration=configuration)
    return KubeClient(configuration, **options)


async def _changes(content: aiohttp.StreamReader) -> AsyncIterator[Raw]:
    """The documents of a stream, one a line of any length."""
    rest = b""
    async for piece in content.iter_any():
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            if line:
                change: Raw = json.loads(line)
                yield change


def _path(obj: Raw, subresource: str | None = None) -> str:
    metadata = obj["metadata"]
    resource = resource_of(obj["apiVersion"], obj["kind"])
    return resource.path(metadata["namespace"], metadata["name"], subresource)


def _retry_after(header: str | None) -> float | None:
    # The date form of RFC 9110 is not used by API servers.
    return float(header) if header and header.isdigit() else None
