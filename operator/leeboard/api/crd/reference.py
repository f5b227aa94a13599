"""The reference page of the four kinds, from the same schemas as the definitions."""

from collections.abc import Iterator

from leeboard.api.crd.definition import KINDS, Kind, definition
from leeboard.api.crd.schema import Schema


def reference_page() -> str:
    """The whole page as Markdown."""
    parts = [
        "# The four kinds\n",
        "Generated from the types in `leeboard.api` by `make generate`; group `leeboard.dev`, version `v1alpha1`.\n",
    ]
    parts += [_section(kind) for kind in KINDS]
    return "\n".join(parts)


def _section(kind: Kind) -> str:
    schema = definition(kind)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    resource = kind.resource
    lines = [f"## {resource.KIND} (`{resource.SHORT_NAME}`)\n", f"{resource.__doc__}\n"]
    for part in ("spec", "status"):
        lines += ["| field | type | description |", "|---|---|---|"]
        lines += list(_rows(schema["properties"][part], part))
        lines.append("")
        found = [rule for _, node in _nodes(schema["properties"][part], part) for rule in _rules(node)]
        if found:
            lines += ["Checked by the API server:\n", *[f"- {message}" for message in found], ""]
    return "\n".join(lines)


def _nodes(schema: Schema, path: str) -> Iterator[tuple[str, Schema]]:
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from _nodes(child, f"{path}.{name}")
    if "items" in schema:
        yield from _nodes(schema["items"], f"{path}[]")


def _rules(node: Schema) -> list[str]:
    return [rule["message"] for rule in node.get("x-kubernetes-validations", [])]


def _rows(schema: Schema, root: str) -> Iterator[str]:
    for path, node in _nodes(schema, root):
        if path != root and not path.endswith("[]"):
            yield f"| `{path}` | {_type(node)} | {node.get('description', '')}{_bounds(node)} |"


def _type(node: Schema) -> str:
    if "enum" in node:
        return " \\| ".join(f"`{value}`" for value in node["enum"] if value != "")
    if node["type"] == "array":
        return f"list of {_type(node['items'])}"
    return str(node["type"])


def _bounds(node: Schema) -> str:
    parts = []
    if "default" in node and node["type"] != "object":
        parts.append(f"default `{node['default']}`")
    if "minimum" in node or "maximum" in node:
        parts.append(f"{node.get('minimum', '…')} to {node.get('maximum', '…')}")
    if node["type"] == "array":
        parts.append(f"at most {node['maxItems']}")
    return f" ({', '.join(parts)})" if parts else ""
