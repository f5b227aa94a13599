"""Whether objects that a released definition accepts are still accepted, and still mean the same."""

from collections.abc import Iterator
from typing import Any

from leeboard.api.artifact_uri import ARTIFACT_PATHS, ARTIFACT_PLACES, TRAINED_IN_BUCKETS
from leeboard.api.crd.rules_of_old import New, said_of_old
from leeboard.api.guard import MARGIN_OF_SHARES, ONE_OF_EACH

Schema = dict[str, Any]

_UPPER = ("maximum", "maxLength", "maxItems", "maxProperties")
_LOWER = ("minimum", "minLength", "minItems", "minProperties")
_FIXED = ("type", "format", "pattern", "x-kubernetes-list-type", "x-kubernetes-list-map-keys")
_RULES = "x-kubernetes-validations"
_ONLY_BUCKETS = "self.matches('^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/')"
_ONLY_SHARES = "double(self) >= 0.0 && double(self) <= 1.0"
_WEAKER: dict[str, str] = {
    ARTIFACT_PLACES: _ONLY_BUCKETS,
    ARTIFACT_PATHS: _ONLY_BUCKETS,
    TRAINED_IN_BUCKETS: _ONLY_BUCKETS,
    "double(self) >= 0.0": _ONLY_SHARES,
    MARGIN_OF_SHARES: _ONLY_SHARES,
}
"""Rules that forbid nothing which the released rule beside them did not forbid already: they took its place."""
_KEYS = ("x-kubernetes-list-type", "x-kubernetes-list-map-keys")
_WEAKER_THAN_KEYS: dict[str, Schema] = {
    ONE_OF_EACH: {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]}
}
"""Rules that forbid nothing which the keys of a released list did not forbid already: they took their place."""


def breaking_changes(before: Schema, after: Schema) -> list[str]:
    """What of a CustomResourceDefinition an upgrade to `after` takes away or forbids, as sentences; else nothing.

    Compared are the versions that `before` serves: fields, required fields, enums, bounds, patterns, defaults, list
    types and rules. A new optional field with its own bounds is no break.
    """
    newer = {one["name"]: one for one in after["spec"]["versions"] if one["served"]}
    found: list[str] = []
    for version in before["spec"]["versions"]:
        if not version["served"]:
            continue
        name = version["name"]
        if name not in newer:
            found.append(f"{name} is not served any more")
            continue
        found += _compared(_schema(version), _schema(newer[name]), name)
    return found


def _schema(version: Schema) -> Schema:
    schema: Schema = version["schema"]["openAPIV3Schema"]
    return schema


def _compared(before: Schema, after: Schema, path: str) -> Iterator[str]:
    yield from _fields(before, after, path)
    yield from _bounds(before, after, path)
    keyed = _stands_for_keys(before, after)
    for name in _FIXED:
        if before.get(name) != after.get(name) and not (keyed and name in _KEYS):
            yield f"{path}: {name} was {before.get(name)!r}, is {after.get(name)!r}"
    if before.get("default") != (default := _default_for(before, after)):
        yield f"{path}: default was {before.get('default')!r}, is {default!r}"
    if "enum" in after and not set(before.get("enum", ())) <= set(after["enum"]):
        yield f"{path}: enum lacks {sorted(map(str, set(before['enum']) - set(after['enum'])))}"
    if "enum" in after and "enum" not in before:
        yield f"{path}: enum is new"
    rules, new = set(_rules_below(before)), _new_names(before, after)
    here = {said_of_old(one["rule"], new) for one in before.get(_RULES, ())} | {"true"}
    yield from (
        f"{path}: rule is new: {one['rule']}"
        for one in after.get(_RULES, ())
        if not (keyed and one["rule"] in _WEAKER_THAN_KEYS)
        and said_of_old(one["rule"], new) not in here
        and _WEAKER.get(one["rule"]) not in rules
    )
    for part in ("items", "additionalProperties"):
        if isinstance(before.get(part), dict) and isinstance(after.get(part), dict):
            yield from _compared(before[part], after[part], f"{path}[]")


def _stands_for_keys(before: Schema, after: Schema) -> bool:
    """Whether a rule of the list says now what its keys said, and the list is one as a whole."""
    rules = [one["rule"] for one in after.get(_RULES, ()) if one["rule"] in _WEAKER_THAN_KEYS]
    was = {name: before.get(name) for name in _KEYS}
    return after.get(_KEYS[0]) == "atomic" and any(_WEAKER_THAN_KEYS[one] == was for one in rules)


def _new_names(before: Schema, after: Schema) -> New:
    """Fields that are new and stay absent unless somebody writes them, and new values, of a schema and all below it.

    A name counts as new only where it was nowhere: rules name fields without saying where they are.
    """
    old, present = _names_below(before), _names_below(after)
    filled_in = {name for name, schema in _fields_below(after) if "default" in schema}
    return New(
        present.fields - old.fields - filled_in, present.values - old.values, frozenset(_new_here(before, after))
    )


def _new_here(before: Schema, after: Schema) -> Iterator[str]:
    """What is new of the fields of this schema itself, which its rules call `self.<field>`."""
    known = before.get("properties", {})
    for name, schema in after.get("properties", {}).items():
        if name not in known and "default" not in schema:
            yield f"self.{name}"
        values = set(schema.get("enum", ())) - set(known.get(name, {}).get("enum", ()))
        yield from (f"self.{name}={value}" for value in values)


def _names_below(schema: Schema) -> New:
    known = [(name, child) for name, child in _fields_below(schema)]
    values = {value for _, child in known for value in child.get("enum", ()) if isinstance(value, str)}
    return New({name for name, _ in known}, values)


def _fields_below(schema: Schema) -> Iterator[tuple[str, Schema]]:
    for name, child in schema.get("properties", {}).items():
        yield name, child
        yield from _fields_below(child)
    for part in ("items", "additionalProperties"):
        if isinstance(schema.get(part), dict):
            yield from _fields_below(schema[part])


def _default_for(before: Schema, after: Schema) -> Any:
    """The default of `after` without fields that are new and have that same default wherever they are left out."""
    default, own = after.get("default"), after.get("properties", {})
    if not isinstance(default, dict):
        return default
    known = before.get("properties", {})
    return {
        name: value
        for name, value in default.items()
        if name in known or name not in own or value != own[name].get("default")
    }


def _rules_below(schema: Schema) -> Iterator[str]:
    """The rules of a schema and of its fields; not those of what a list or map holds, which may be empty."""
    yield from (one["rule"] for one in schema.get(_RULES, ()))
    for child in schema.get("properties", {}).values():
        yield from _rules_below(child)


def _fields(before: Schema, after: Schema, path: str) -> Iterator[str]:
    yield from (f"{path}.{name} is required now" for name in _new(before, after, "required"))
    kept = after.get("properties", {})
    for name, child in before.get("properties", {}).items():
        if name in kept:
            yield from _compared(child, kept[name], f"{path}.{name}")
        else:
            yield f"{path}.{name} is gone"


def _new(before: Schema, after: Schema, key: str) -> list[str]:
    return [one for one in after.get(key, ()) if one not in before.get(key, ())]


def _bounds(before: Schema, after: Schema, path: str) -> Iterator[str]:
    for names, tighter in ((_UPPER, int.__lt__), (_LOWER, int.__gt__)):
        for name in names:
            was, now = before.get(name), after.get(name)
            if now is not None and (was is None or tighter(now, was)):
                yield f"{path}: {name} was {was}, is {now}"
