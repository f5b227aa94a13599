"""Checks of health and metadata."""

from __future__ import annotations

from typing import Any

import httpx

from tests.conformance.check import Level, NotMet, NotOffered, check, expect
from tests.conformance.sources import FAILED, REST
from tests.conformance.subject import Subject, answered, parsed, said
from tests.conformance.tensors import DATATYPES

UNKNOWN = "no-such-model"


def refused(response: httpx.Response) -> None:
    """Raises NotMet where a response is not the refusal of a client's mistake: 4xx, and the error as JSON."""
    expect(400 <= response.status_code < 500, f"4xx expected, {said(response)} came")
    found = parsed(response)
    error = found.get("error") if isinstance(found, dict) else None
    expect(isinstance(error, str) and error, f'{{"error": text}} expected, {said(response)} came')


def is_200(subject: Subject, path: str) -> None:
    """Raises NotMet."""
    response = subject.client.get(path)
    expect(response.status_code == 200, f"status 200 expected, {said(response)} came")


@check("health: live", Level.REQUIRED, f"{REST}, Server Live")
def _live(subject: Subject) -> None:
    is_200(subject, "/v2/health/live")


@check("health: ready", Level.REQUIRED, f"{REST}, Server Ready")
def _ready(subject: Subject) -> None:
    is_200(subject, "/v2/health/ready")


@check("health: the model is ready", Level.REQUIRED, f"{REST}, Model Ready")
def _model_ready(subject: Subject) -> None:
    is_200(subject, f"{subject.page}/ready")


@check("health: live as JSON", Level.RECOMMENDED, f"{REST}, Server Live Response JSON Object")
def _live_json(subject: Subject) -> None:
    found = answered(subject.client.get("/v2/health/live"))
    expect(found.get("live") is True, f'{{"live": true}} expected, {found} came')


@check("health: the model's name as JSON", Level.RECOMMENDED, f"{REST}, Model Ready Response JSON Object")
def _ready_json(subject: Subject) -> None:
    found = answered(subject.client.get(f"{subject.page}/ready"))
    expect(
        found.get("ready") is True and found.get("name") == subject.model,
        f'{{"name": "{subject.model}", "ready": true}} expected, {found} came',
    )


@check("health: an unknown model is not ready", Level.REQUIRED, f"{REST}, Model Ready")
def _unknown_ready(subject: Subject) -> None:
    response = subject.client.get(f"/v2/models/{UNKNOWN}/ready")
    expect(400 <= response.status_code < 500, f"4xx expected, {said(response)} came")


@check("metadata: of the server", Level.REQUIRED, f"{REST}, Server Metadata Response JSON Object")
def _server(subject: Subject) -> None:
    found = answered(subject.client.get("/v2"))
    for name in ("name", "version"):
        expect(isinstance(found.get(name), str) and found[name], f"a text {name} expected, {found.get(name)!r} came")
    extensions = found.get("extensions")
    expect(
        isinstance(extensions, list) and all(isinstance(one, str) for one in extensions),
        f"a list of texts named extensions expected, {extensions!r} came",
    )


@check("metadata: of the model", Level.REQUIRED, f"{REST}, Model Metadata Response JSON Object")
def _model(subject: Subject) -> None:
    found = answered(subject.client.get(subject.page))
    expect(found.get("name") == subject.model, f"the name {subject.model} expected, {found.get('name')!r} came")
    expect(isinstance(found.get("platform"), str), f"a text platform expected, {found.get('platform')!r} came")
    for one in _tensors(found):
        expect(isinstance(one.get("name"), str), f"a tensor's name expected, {one!r} came")
        expect(one.get("datatype") in DATATYPES, f"a data type of the protocol expected, {one!r} came")
        shape = one.get("shape")
        whole = isinstance(shape, list) and all(type(size) is int and size >= -1 for size in shape)
        expect(whole, f"a shape of whole numbers, -1 for any, expected, {one!r} came")


@check(
    "metadata: names inputs and outputs", Level.REQUIRED, f"{REST}, Model Metadata: `The inputs required by the model`"
)
def _tensors_named(subject: Subject) -> None:
    found = answered(subject.client.get(subject.page))
    for kind in ("inputs", "outputs"):
        expect(found.get(kind), f"the model's {kind} expected, {found.get(kind)!r} came")


def _tensors(found: dict[str, Any]) -> list[dict[str, Any]]:
    tensors: list[dict[str, Any]] = []
    for kind in ("inputs", "outputs"):
        expect(isinstance(found.get(kind), list), f"a list {kind} expected, {found.get(kind)!r} came")
        tensors += found[kind]
    return tensors


@check("metadata: of an unknown model is refused", Level.REQUIRED, f"{REST}, Model Metadata Response JSON Error Object")
def _unknown_model(subject: Subject) -> None:
    refused(subject.client.get(f"/v2/models/{UNKNOWN}"))


@check("inference: by an unknown model is refused", Level.REQUIRED, FAILED)
def _unknown_infer(subject: Subject) -> None:
    refused(subject.post(subject.request(), f"/v2/models/{UNKNOWN}/infer"))


@check("versions: those that metadata names are reached", Level.REQUIRED, f"{REST}, Model Metadata: `versions`")
def _versions(subject: Subject) -> None:
    if not subject.versions:
        raise NotOffered("metadata names no versions")
    for version in subject.versions:
        page = f"{subject.page}/versions/{version}"
        answered(subject.client.get(page))
        is_200(subject, f"{page}/ready")
        found = subject.infer(subject.request(), f"{page}/infer")
        expect(
            found.get("model_version") == version,
            f"an answer of version {version} expected, {found.get('model_version')!r} came",
        )


@check("versions: an unknown one is refused", Level.REQUIRED, f"{REST}, Inference Request JSON Object: `model version`")
def _unknown_version(subject: Subject) -> None:
    page = f"{subject.page}/versions/no-such-version"
    for response in (subject.client.get(page), subject.post(subject.request(), f"{page}/infer")):
        if response.status_code == 501:
            raise NotOffered("the server answers 501 to versions in addresses")
        expect(400 <= response.status_code < 500, f"4xx expected, {said(response)} came")


@check("pages: unknown ones and methods are refused", Level.ROBUST, "RFC 9110, 15.5.5 and 15.5.6")
def _unknown_pages(subject: Subject) -> None:
    for method, path, statuses in (
        ("GET", "/no/such/page", (404,)),
        ("GET", f"{subject.page}/infer", (404, 405)),
        ("DELETE", f"{subject.page}/infer", (404, 405)),
        ("BREW", "/v2", (404, 405, 400, 501)),
    ):
        response = subject.client.request(method, path)
        expect(response.status_code in statuses, f"{method} {path}: one of {statuses} expected, {said(response)} came")


@check("pages: JSON says that it is JSON", Level.RECOMMENDED, "RFC 9110, 8.3")
def _media(subject: Subject) -> None:
    for response in (subject.client.get("/v2"), subject.client.get(subject.page), subject.post(subject.request())):
        media = response.headers.get("content-type", "")
        if media.partition(";")[0].strip() != "application/json":
            raise NotMet(f"content-type application/json expected of {response.request.url.path}, {media!r} came")


@check("pages: percent signs mean what they stand for", Level.ROBUST, "RFC 3986, 2.3")
def _percent(subject: Subject) -> None:
    name = "".join(f"%{ord(one):02x}" if one.isalnum() and one.isascii() else one for one in subject.model)
    answered(subject.client.get(f"/v2/models/{name}"))
