"""The routes of a Model: an HTTPRoute, and a GRPCRoute where calls by gRPC come in.

Every field that the API server would fill in is given, so that what is applied is what is there. Source: the Gateway
API's definitions of the standard channel, v1.
"""

from collections.abc import Sequence

from leeboard.api import names
from leeboard.api.model import Model
from leeboard.api.traffic import Gateway, ParentReference
from leeboard.planning.plan import Raw
from leeboard.planning.serving.deployment import owner_reference
from leeboard.planning.serving.ports import GRPC_PORT, HTTP_PORT
from leeboard.planning.traffic.arms import Arm, HeaderMatch
from leeboard.planning.traffic.version_service import version_service_name

GROUP = "gateway.networking.k8s.io"
API_VERSION = f"{GROUP}/v1"
HTTP_ROUTE, GRPC_ROUTE = "HTTPRoute", "GRPCRoute"
KINDS = (HTTP_ROUTE, GRPC_ROUTE)


def routes(model: Model, arms: Sequence[Arm]) -> tuple[Raw, ...]:
    """The routes that give the arms their requests; none of a Model without `traffic.gateway`."""
    gateway = model.spec.traffic.gateway
    if gateway is None:
        return ()
    found = [_route(model, HTTP_ROUTE, gateway.parent_refs, gateway.hostnames, _http_rules(model, gateway, arms))]
    if gateway.grpc is not None:
        parents = gateway.grpc.parent_refs or gateway.parent_refs
        found.append(_route(model, GRPC_ROUTE, parents, gateway.grpc.hostnames, _grpc_rules(model, arms)))
    return tuple(found)


def route_name(model: Model, kind: str) -> str:
    """The name of a Model's route; no two kinds share one, since not every controller tells them apart then."""
    name = model.metadata.name
    return names.child_name(name, "grpc") if kind == GRPC_ROUTE else names.child_name(name)


def named(route: Raw) -> dict[str, int]:
    """Of a live route, the weight of each Service that it names, those of all rules together; it may be 0."""
    found: dict[str, int] = {}
    for rule in route.get("spec", {}).get("rules") or ():
        for backend in rule.get("backendRefs") or ():
            name = str(backend["name"])
            found[name] = found.get(name, 0) + int(backend.get("weight", 1))
    return found


def weights(route: Raw) -> dict[str, int]:
    """Of a live route, the Services that get requests by it, with their weights."""
    return {name: weight for name, weight in named(route).items() if weight > 0}


def _route(
    model: Model, kind: str, parents: Sequence[ParentReference], hostnames: Sequence[str], rules: list[Raw]
) -> Raw:
    name = model.metadata.name
    return {
        "apiVersion": API_VERSION,
        "kind": kind,
        "metadata": {
            "name": route_name(model, kind),
            "namespace": model.metadata.namespace,
            "labels": {names.MODEL: names.label_value(name), names.MANAGED_BY: names.MANAGER},
            "ownerReferences": [owner_reference(model)],
        },
        "spec": {
            "parentRefs": [{"group": GROUP, "kind": "Gateway"} | parent.dump() for parent in parents],
            **({"hostnames": list(hostnames)} if hostnames else {}),
            "rules": rules,
        },
    }


def _http_rules(model: Model, gateway: Gateway, arms: Sequence[Arm]) -> list[Raw]:
    path: Raw = {"path": {"type": "PathPrefix", "value": gateway.path}}
    # the server knows nothing of where a Gateway puts it
    rewritten: Raw = {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}}
    filters = [{"type": "URLRewrite", "urlRewrite": rewritten}] if gateway.path != "/" else []
    return [
        {"matches": [path | headers]} | ({"filters": filters} if filters else {}) | {"backendRefs": backends}
        for headers, backends in _ruled(model, arms, HTTP_PORT)
    ]


def _grpc_rules(model: Model, arms: Sequence[Arm]) -> list[Raw]:
    return [
        ({"matches": [headers]} if headers else {}) | {"backendRefs": backends}
        for headers, backends in _ruled(model, arms, GRPC_PORT)
    ]


def _ruled(model: Model, arms: Sequence[Arm], port: int) -> list[tuple[Raw, list[Raw]]]:
    """Headers and backends of every rule: first those of matched arms in their order, then what is left to weights."""
    matched = [({"headers": _headers(arm)}, [_backend(model, arm.version, 1, port)]) for arm in arms if arm.matches]
    weighted = [_backend(model, arm.version, arm.weight, port) | _answered_with(arm) for arm in arms if not arm.matches]
    return [*matched, *([({}, weighted)] if weighted else [])]


def _answered_with(arm: Arm) -> Raw:
    """What a Gateway adds to the answers of a version."""
    if not arm.cookie:
        return {}
    added = {"add": [{"name": "Set-Cookie", "value": arm.cookie}]}
    return {"filters": [{"type": "ResponseHeaderModifier", "responseHeaderModifier": added}]}


def _headers(arm: Arm) -> list[Raw]:
    def raw(match: HeaderMatch) -> Raw:
        return {"name": match.name, "type": match.type, "value": match.value}

    return [raw(match) for match in arm.matches]


def _backend(model: Model, version: str, weight: int, port: int) -> Raw:
    name = version_service_name(model.metadata.name, version)
    return {"group": "", "kind": "Service", "name": name, "port": port, "weight": weight}
