"""What people read who want to call the model: its inputs and outputs, a request to try, and the server's pages."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from leeboard.report.markup import Markup, element, paragraph
from leeboard.report.page import page, section
from leeboard_serving.server.inference.signature import Tensor
from leeboard_serving.server.openapi import description, example
from leeboard_serving.server.served_model import ServedModel

MEDIA = b"text/html; charset=utf-8"
HEADERS = (
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
)
"""The page holds names that a user gave: it may load and run nothing, whatever they are."""


def guide(model: ServedModel) -> bytes:
    """One HTML file that needs nothing else; the same facts as the OpenAPI description has for programs."""
    served, signature = model.served, model.signature
    whole = page(
        f"{served.model}: how to call it",
        _header(model),
        section("What it takes", "every input, or one tensor of all as [rows, inputs]", _tensors(signature.inputs)),
        section("What it answers", "to a request that names no outputs", _tensors(signature.by_default)),
        *([section("On request", "named in outputs", _tensors(signature.by_name))] if signature.by_name else []),
        section("Try it", "one row of zeros: put values of yours in their place", _example(model)),
        section("Pages", "for programs: /openapi.json", _pages(description(model))),
    )
    return whole.encode()


def _header(model: ServedModel) -> Markup:
    told = f"Version {model.served.version}, {model.format}, by the Open Inference Protocol v2"
    return paragraph("header", "", element("h1", model.served.model), paragraph("p", "subtitle", told))


def _tensors(tensors: Iterable[Tensor]) -> Markup:
    described = (one.described() for one in tensors)
    rows = [
        (one["name"], one["datatype"], "[" + ", ".join(_size(size) for size in one["shape"]) + "]") for one in described
    ]
    return _table(("name", "data type", "shape"), rows)


def _size(size: int) -> str:
    return "rows" if size == -1 else str(size)


def _example(model: ServedModel) -> Markup:
    body = json.dumps(example(model.signature), separators=(",", ":")).replace("'", "\\u0027")
    path = f"/v2/models/{model.served.model}/infer"
    return paragraph(
        "pre", "try", f"curl http://HOST{path} \\\n  -H 'content-type: application/json' \\\n  -d '{body}'"
    )


def _pages(document: dict[str, Any]) -> Markup:
    rows = [
        (method.upper(), path, told["summary"], ", ".join(told["responses"]))
        for path, methods in document["paths"].items()
        for method, told in methods.items()
    ]
    return _table(("method", "path", "what", "status"), rows)


def _table(titles: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Markup:
    head = element("tr", *(paragraph("th", "", title) for title in titles))
    lines = [element("tr", *(paragraph("td", "", cell) for cell in row)) for row in rows]
    return paragraph("div", "scroll", element("table", head, *lines, class_="findings"))
