"""Turns pydantic's JSON schema into the structural OpenAPI schema of a CustomResourceDefinition.

Structural means (Kubernetes API conventions): no $ref, no title, one type for every node, no null, and here also: no
floats, every string and list bounded, no defaults inside lists, where server-side apply would fight over them.
"""

from typing import Any

from pydantic import BaseModel

Schema = dict[str, Any]
UNBOUNDED_STRING = 1024
LONGEST_VALUE = 4096
"""Of a map, in characters."""
_KEPT = (
    "description",
    "type",
    "format",
    "enum",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "maxProperties",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-map-type",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-validations",
)


class NotStructural(ValueError):
    """A field cannot be expressed as the API server wants it; the message names its path."""


def structural(model: type[BaseModel], *, defaults: bool = True) -> Schema:
    """The structural schema of a class. Raises NotStructural."""
    schema = model.model_json_schema(by_alias=True, mode="validation")
    return _convert(schema, schema.get("$defs", {}), model.__name__, defaults=defaults)


def _convert(node: Schema, definitions: dict[str, Schema], path: str, *, defaults: bool) -> Schema:
    merged = _resolve(node, definitions, path)
    result = {key: merged[key] for key in _KEPT if key in merged}
    if "const" in merged:
        result["enum"] = [merged["const"]]
    match merged.get("type"):
        case "object":
            result |= _object(merged, definitions, path, defaults=defaults)
        case "array":
            if "maxItems" not in merged:
                raise NotStructural(f"{path}: a list without maxItems")
            result["items"] = _convert(merged["items"], definitions, f"{path}[]", defaults=False)
        case "string":
            result |= _string(merged)
        case "integer":
            result["format"] = "int64"
        case "boolean":
            pass
        case other:
            raise NotStructural(f"{path}: type {other!r}")
    if defaults and _is_default(merged, result):
        result["default"] = _nested(result) if result["type"] == "object" else merged["default"]
    return result


def _resolve(node: Schema, definitions: dict[str, Schema], path: str) -> Schema:
    """Follow $ref and drop the null alternative; what stands beside the reference wins."""
    merged = dict(node)
    if "anyOf" in merged:
        alternatives = [a for a in merged.pop("anyOf") if a.get("type") != "null"]
        if len(alternatives) != 1:
            raise NotStructural(f"{path}: more than one type")
        merged = {**alternatives[0], **merged}
    while "$ref" in merged:
        target = definitions[merged.pop("$ref").rsplit("/", 1)[-1]]
        merged = {**target, **merged}
    return merged


def _object(merged: Schema, definitions: dict[str, Schema], path: str, *, defaults: bool) -> Schema:
    if merged.get("x-kubernetes-preserve-unknown-fields"):
        return {}
    if "properties" not in merged:
        values = merged["additionalProperties"]
        values = ({"maxLength": LONGEST_VALUE} if values.get("type") == "string" else {}) | values
        return {"additionalProperties": _convert(values, definitions, f"{path}{{}}", defaults=False)}
    result: Schema = {
        "properties": {
            name: _convert(child, definitions, f"{path}.{name}", defaults=defaults)
            for name, child in merged["properties"].items()
        }
    }
    undescribed = [name for name, child in result["properties"].items() if not child.get("description")]
    if undescribed:
        raise NotStructural(f"{path}: no description for {', '.join(undescribed)}")
    if merged.get("required"):
        result["required"] = merged["required"]
    return result


def _string(merged: Schema) -> Schema:
    if merged.get("format") == "date-time":
        return {"maxLength": 64}
    if "enum" in merged or "const" in merged:
        return {}
    return {} if "maxLength" in merged else {"maxLength": UNBOUNDED_STRING}


def _is_default(merged: Schema, result: Schema) -> bool:
    """Only defaults that say something: not empty, and for objects only where a field below has one."""
    default = merged.get("default")
    if result["type"] == "object":
        return default is not None and any("default" in child for child in result.get("properties", {}).values())
    return default not in (None, "", [], (), {})


def _nested(result: Schema) -> dict[str, Any]:
    """An object's default written out, because the API server checks rules against it before filling it in."""
    return {name: child["default"] for name, child in result["properties"].items() if "default" in child}
