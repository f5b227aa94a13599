"""The OpenAPI description of one model's pages."""

from __future__ import annotations

from typing import Any

from leeboard import __version__
from leeboard_serving.server.inference.datatypes import NUMBERS, TEXTS
from leeboard_serving.server.inference.request import LONGEST_ID, MOST_ROWS
from leeboard_serving.server.inference.signature import Signature, Tensor
from leeboard_serving.server.served_model import ServedModel

_Json = dict[str, Any]
_ERROR: _Json = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}
_VALUE: _Json = {"type": ["string", "number", "boolean"]}
_PARAMETERS: _Json = {"type": ["object", "null"], "additionalProperties": _VALUE}


def description(model: ServedModel) -> _Json:
    """The document, OpenAPI 3.1, with an example of a request."""
    name, version = model.served.model, model.served.version
    paths: dict[str, _Json] = {
        "/v2": {"get": _page("What the server is", _ref("Server"))},
        "/v2/health/live": {"get": _page("Whether the process runs", {"type": "object"})},
        "/v2/health/ready": {"get": _page("Whether the model gives the right answers", {"type": "object"}, "503")},
        "/v2/repository/index": {"post": _index()},
        "/v2/models/stats": {"get": _page("Counts and durations", {"type": "object"})},
    }
    for prefix in (f"/v2/models/{name}", f"/v2/models/{name}/versions/{version}"):
        paths[prefix] = {"get": _page("What the model takes and answers", _ref("Model"))}
        paths[f"{prefix}/ready"] = {"get": _page("Whether the model is ready", {"type": "object"}, "503")}
        paths[f"{prefix}/stats"] = {"get": _page("Counts and durations", {"type": "object"})}
        paths[f"{prefix}/infer"] = {"post": _infer(example(model.signature))}
    return {
        "openapi": "3.1.0",
        "info": {"title": f"{name} by the Open Inference Protocol v2", "version": __version__},
        "paths": paths,
        "components": {"schemas": _schemas(model.signature)},
    }


def example(signature: Signature) -> _Json:
    """A request of one row, without a value of anybody's: zeros and empty texts."""
    return {"inputs": [_nothing(one) for one in signature.inputs]}


def _nothing(tensor: Tensor) -> _Json:
    empty: dict[str, bool | int | float | str] = {"BOOL": False, "BYTES": "", "INT64": 0}
    width = max(1, tensor.width)
    shape = [1, width] if tensor.width else [1]
    return {
        "name": tensor.name,
        "shape": shape,
        "datatype": tensor.datatype,
        "data": [empty.get(tensor.datatype, 0.0)] * width,
    }


def _schemas(signature: Signature) -> _Json:
    tensor = {
        "type": "object",
        "required": ["name", "shape", "datatype"],
        "properties": {
            "name": {"type": "string", "examples": [one.name for one in signature.inputs[:20]]},
            "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}, "maxItems": 8},
            "datatype": {"enum": [*NUMBERS, TEXTS]},
            "parameters": _PARAMETERS,
            "data": {"type": "array", "description": "Flat in row-major order, or nested; null is a missing value."},
        },
    }
    return {
        "Error": _ERROR,
        "Tensor": tensor,
        "Server": _object(name="string", version="string", extensions="array"),
        "Model": _object(
            name="string",
            versions="array",
            platform="string",
            inputs="array",
            outputs="array",
            optional_outputs="array",
        ),
        "Request": {
            "type": "object",
            "required": ["inputs"],
            "description": f"At most {MOST_ROWS} rows: a tensor for each input, or one of all as [rows, inputs].",
            "properties": {
                "id": {"type": ["string", "null"], "maxLength": LONGEST_ID},
                "parameters": _PARAMETERS,
                "inputs": {"type": "array", "items": _ref("Tensor")},
                "outputs": {"type": ["array", "null"], "items": _output(signature)},
            },
        },
        "Answer": {
            "type": "object",
            "required": ["model_name", "id", "outputs"],
            "properties": {
                "model_name": {"type": "string"},
                "model_version": {"type": "string"},
                "id": {"type": "string"},
                "outputs": {"type": "array", "items": _ref("Tensor")},
            },
        },
    }


def _output(signature: Signature) -> _Json:
    names = [one.name for one in signature.outputs]
    return {
        "type": "object",
        "required": ["name"],
        "properties": {"name": {"enum": names}, "parameters": _PARAMETERS},
    }


def _infer(asked: _Json) -> _Json:
    page = _page("Predict", _ref("Answer"), "400", "413", "415", "500", "503")
    content = {"schema": _ref("Request"), "example": asked}
    page["requestBody"] = {"required": True, "content": {"application/json": content}}
    page["responses"]["200"]["content"]["application/octet-stream"] = {"schema": {"type": "string"}}
    return page


def _index() -> _Json:
    page = _page("The models of this server", {"type": "array", "items": {"type": "object"}}, "400")
    body = {"type": "object", "properties": {"ready": {"type": "boolean"}}}
    page["requestBody"] = {"required": False, "content": {"application/json": {"schema": body}}}
    return page


def _page(summary: str, schema: _Json, *failures: str) -> _Json:
    responses: _Json = {"200": {"description": "OK", "content": {"application/json": {"schema": schema}}}}
    for status in failures:
        responses[status] = {
            "description": "What was expected and what came",
            "content": {"application/json": {"schema": _ref("Error")}},
        }
    return {"summary": summary, "responses": responses}


def _object(**types: str) -> _Json:
    return {"type": "object", "required": list(types), "properties": {k: {"type": t} for k, t in types.items()}}


def _ref(name: str) -> _Json:
    return {"$ref": f"#/components/schemas/{name}"}
