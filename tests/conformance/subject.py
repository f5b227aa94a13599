"""The server that is checked: its addresses, what it says of itself, and how it is asked."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import grpc
import httpx
from tritonclient.grpc import service_pb2_grpc

from tests.conformance.check import NotMet, NotOffered, expect
from tests.conformance.tensors import Tensor, flat
from tests.conformance.wire import Wire

SECONDS = 20.0
LARGEST = 64 << 20


class NotDescribed(Exception):
    """What the suite has to know of a server, and the server does not say."""


@dataclass(frozen=True)
class Subject:
    """One model of a server. `inputs` may come from the command line; the others are metadata's.

    `optional_outputs`, of metadata too, is what some servers answer where it is named; the protocol has no such list.
    """

    url: str
    client: httpx.Client
    model: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...] = ()
    optional_outputs: tuple[Tensor, ...] = ()
    versions: tuple[str, ...] = ()
    extensions: frozenset[str] = frozenset()
    channel: grpc.Channel | None = None
    grpc_address: str = ""
    control: bool = False

    @property
    def page(self) -> str:
        """The model's path."""
        return f"/v2/models/{self.model}"

    @property
    def stub(self) -> service_pb2_grpc.GRPCInferenceServiceStub:
        """The server's methods by gRPC. Raises NotOffered where no address was given."""
        if self.channel is None:
            raise NotOffered("no address of gRPC was given")
        return service_pb2_grpc.GRPCInferenceServiceStub(self.channel)

    def extension(self, name: str) -> None:
        """Raises NotOffered where the server's metadata does not name an extension."""
        if not any(one == name or one.startswith(f"{name}(") for one in self.extensions):
            raise NotOffered(f"metadata does not name {name}")

    def wire(self, seconds: float = 10.0) -> Wire:
        """A connection for bytes."""
        return Wire(self.url, seconds)

    # requests

    def request(self, rows: int = 1, first: int = 0, **members: Any) -> dict[str, Any]:
        """A good inference request."""
        return {"inputs": [one.given(rows, first) for one in self.inputs]} | members

    def changed(self, rows: int = 1, position: int = 0, without: str = "", **members: Any) -> dict[str, Any]:
        """A good request whose one input has other members, or lacks one."""
        asked = self.request(rows)
        asked["inputs"][position] |= members
        asked["inputs"][position].pop(without, None)
        return asked

    def post(self, asked: Any, path: str = "", **headers: str) -> httpx.Response:
        """Ask for a prediction with JSON, or with the bytes that are given."""
        content = asked if isinstance(asked, bytes) else json.dumps(asked).encode()
        lines = {"content-type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return self.client.post(path or f"{self.page}/infer", content=content, headers=lines)

    def infer(self, asked: Any, path: str = "", **headers: str) -> dict[str, Any]:
        """The answer to a good request. Raises NotMet where there is none."""
        return answered(self.post(asked, path, **headers))

    def alive(self) -> None:
        """Raises NotMet where the server does not answer a good request."""
        try:
            response = self.post(self.request())
        except (httpx.ReadError, httpx.RemoteProtocolError):
            # a server may end a connection after a failure, which the client then only sees at its next request
            response = self._again()
        except httpx.HTTPError as error:
            raise NotMet(f"a good request is not answered: {type(error).__name__}") from error
        answered(response)

    def _again(self) -> httpx.Response:
        try:
            return self.post(self.request())
        except httpx.HTTPError as error:
            raise NotMet(f"a good request is not answered: {type(error).__name__}") from error


def answered(response: httpx.Response) -> dict[str, Any]:
    """The JSON object of an answer with status 200. Raises NotMet."""
    expect(response.status_code == 200, f"status 200 expected, {said(response)} came")
    found = parsed(response)
    expect(isinstance(found, dict), f"a JSON object expected, {response.text[:80]!r} came")
    return found  # type: ignore[no-any-return]


def parsed(response: httpx.Response) -> Any:
    """The body as JSON. Raises NotMet where it is none, also for NaN and Infinity."""

    def no_json(text: str) -> None:
        raise ValueError(f"{text} is not JSON")

    try:
        return json.loads(response.content, parse_constant=no_json)
    except ValueError as error:
        raise NotMet(f"JSON expected, {response.content[:80]!r} came: {error}") from error


def said(response: httpx.Response) -> str:
    """Status and the beginning of the body, for a message."""
    return f"{response.status_code} {response.text[:120]!r}"


def outputs_of(answer: dict[str, Any]) -> dict[str, Any]:
    """Outputs by name, with data and shape checked against each other. Raises NotMet."""
    outputs = answer.get("outputs")
    expect(isinstance(outputs, list) and outputs, f"a list of outputs expected, {str(outputs)[:80]!r} came")
    found = {}
    for one in outputs:  # type: ignore[union-attr]
        absent = {"name", "shape", "datatype"} - one.keys()
        expect(not absent, f"an output lacks {', '.join(sorted(absent))}")
        if "data" in one:
            values, size = flat(one["data"]), math.prod(one["shape"])
            expect(len(values) == size, f"output {one['name']} has {len(values)} values in the shape {one['shape']}")
        found[one["name"]] = one
    return found


def same_values(one: Sequence[Any], other: Sequence[Any]) -> bool:
    """Whether numbers are close, and everything else equal."""
    return len(one) == len(other) and all(
        math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9)
        if isinstance(a, int | float) and isinstance(b, int | float)
        else a == b
        for a, b in zip(one, other, strict=True)
    )


def describe(
    url: str,
    model: str = "",
    grpc_address: str = "",
    inputs: Sequence[Tensor] = (),
    control: bool = False,
) -> Subject:
    """Ask a server what it is. Raises NotDescribed, and httpx.HTTPError where it does not answer."""
    client = httpx.Client(base_url=url.rstrip("/"), timeout=SECONDS)
    server = _json(client.get("/v2"))
    name = model or _only_model(client)
    options = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", LARGEST)]
    subject = Subject(
        url=url.rstrip("/"),
        client=client,
        model=name,
        inputs=tuple(inputs),
        extensions=frozenset(server.get("extensions") or ()),
        channel=grpc.insecure_channel(grpc_address, options) if grpc_address else None,
        grpc_address=grpc_address,
        control=control,
    )
    metadata = _json(client.get(subject.page))
    subject = replace(
        subject,
        inputs=subject.inputs or _tensors(metadata.get("inputs")),
        outputs=_tensors(metadata.get("outputs")),
        optional_outputs=_tensors(metadata.get("optional_outputs")),
        versions=tuple(metadata.get("versions") or ()),
    )
    if not subject.inputs:
        raise NotDescribed(f"the metadata of {name} names no inputs: say them, such as --input predict:FP32:-1,4")
    return subject


def _only_model(client: httpx.Client) -> str:
    index = client.post("/v2/repository/index", json={})
    models = [one["name"] for one in index.json()] if index.status_code == 200 else []
    if len(models) != 1:
        raise NotDescribed(f"the server's index names {len(models)} models: say which one, by --model")
    return str(models[0])


def _tensors(described: Any) -> tuple[Tensor, ...]:
    return tuple(Tensor(one["name"], one["datatype"], tuple(one["shape"])) for one in described or ())


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        found = response.json()
    except ValueError:
        found = None
    if response.status_code != 200 or not isinstance(found, dict):
        raise NotDescribed(f"{response.request.url} answers {said(response)}, and no metadata")
    return found
