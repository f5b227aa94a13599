"""Routes on a real API server with the Gateway API's own definitions: as applied, and as the operator makes them.

No Gateway's controller runs here: the test writes what one would write, as administrator.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from e2e.cluster import gateway, modules
from e2e.cluster.audit import Request
from e2e.cluster.control_plane import ControlPlane
from e2e.support.kubectl import Kubectl
from leeboard.api.assignment import Assignment
from leeboard.api.model import Model
from leeboard.kube.permissions import GATEWAY, LEADER_ELECTION, OPERATOR, Permission
from leeboard.planning.traffic.arms import Arm, HeaderMatch
from leeboard.planning.traffic.buckets import HEADER, expression
from leeboard.planning.traffic.callers import Share, arms_of_callers
from leeboard.planning.traffic.routes import routes
from tests.support.examples import example
from tests.support.installation import SYSTEM, OperatorProcess, eventually, install
from tests.support.played_gateway import answered
from tests.support.tenant import Document, Tenant, asked_for, registered, tenant

pytestmark = pytest.mark.apiserver
VERSION = "v1.6.3"
"""The newest release of the Gateway API that routes are tried with; Contour brings v1.3.0."""
GATEWAY_SPEC: dict[str, Any] = {
    "parentRefs": [{"name": "public", "namespace": "web", "sectionName": "https", "port": 443}, {"name": "inside"}],
    "hostnames": ["flights.example"],
    "grpc": {"hostnames": ["grpc.flights.example"]},
}


def standard(version: str) -> list[Path]:
    """Files with the definitions of the standard channel."""
    if version != VERSION:
        return [gateway.definitions()[0]]
    folder = modules.module("sigs.k8s.io/gateway-api", VERSION) / "config" / "crd" / "standard"
    return [folder / f"gateway.networking.k8s.io_{plural}.yaml" for plural in ("httproutes", "grpcroutes")]


def define(plane: ControlPlane, version: str) -> None:
    """Install the definitions of routes."""
    for path in standard(version):
        plane.kubectl("apply", "--server-side", "-f", str(path))
    plane.client().established("httproutes.gateway.networking.k8s.io")
    plane.client().established("grpcroutes.gateway.networking.k8s.io")


@pytest.fixture(scope="module", params=[VERSION, "v1.3.0"])
def defined(request: pytest.FixtureRequest) -> Iterator[Kubectl]:
    """kubectl where routes of that release of the Gateway API are known."""
    with ControlPlane() as plane:
        define(plane, request.param)
        yield plane.client("default")


def model(**changes: Any) -> Model:
    """The example's Model behind a Gateway."""
    raw = example("model")
    raw["metadata"] |= {"namespace": "default", "uid": "11111111-2222-3333-4444-555555555555"}
    raw["spec"]["traffic"] = {"mode": "Gateway", "gateway": GATEWAY_SPEC | changes}
    return Model.parse(raw)


CALLERS = [Share("v2", 0, 19), Share("v3", 4, 19)]
ARMS: dict[str, Sequence[Arm]] = {
    "champion": [Arm("v1", 100)],
    "canary": [Arm("v1", 90), Arm("v2", 10)],
    "by header": [
        Arm("v2", matches=(HeaderMatch(HEADER, expression((0, 6554)), "RegularExpression"),)),
        Arm("v2", matches=(HeaderMatch("x-arm", "v2"),)),
        Arm("v1", 100),
    ],
    "callers by bucket": arms_of_callers(Assignment(), CALLERS, ("v1", "v2", "v3", "v0"), "v1", "/"),
    "callers by cookie": arms_of_callers(Assignment(type="Cookie"), CALLERS, ("v1", "v2", "v3"), "v1", "/"),
}


@pytest.mark.parametrize("path", ["/", "/models/flights"])
@pytest.mark.parametrize("arms", ARMS.values(), ids=ARMS)
def test_what_is_applied_is_what_is_there(defined: Kubectl, arms: Sequence[Arm], path: str) -> None:
    for route in routes(model(path=path), arms):
        apply = ("apply", "--server-side", "--field-manager=leeboard", "--force-conflicts", "-f", "-")
        defined(*apply, input=json.dumps(route))
        kind = route["kind"].lower()
        live = defined.get(kind, route["metadata"]["name"])
        assert live is not None
        assert live["spec"] == route["spec"]
        defined(*apply, input=json.dumps(route))
        again = defined.get(kind, route["metadata"]["name"])
        assert again is not None
        assert again["metadata"]["resourceVersion"] == live["metadata"]["resourceVersion"]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Request]]:
    """A Model behind a Gateway: before the Gateway API is there, with it, and back in mode Service; what was asked."""
    with ControlPlane() as plane:
        install(plane, "--set", "gateway.enabled=true")
        folder = tmp_path_factory.mktemp("operator")
        with OperatorProcess(plane, folder, LEEBOARD_GATEWAY="true") as operator:
            ml = tenant(plane, operator, "ml")
            comes_before_the_gateway_api(ml)
            define(plane, VERSION)
            route = eventually(lambda: ml.kubectl.get("httproute", "late-flights"), "the route", operator.log)
            assert route["metadata"]["generation"] == 1
            assert operator.stop() == 0, operator.log()[-6000:]
            (warning,) = operator.problems()
            assert "Unresolved resources cannot be served (try creating their CRDs)" in warning["message"]
        with OperatorProcess(plane, folder, LEEBOARD_GATEWAY="true", LEEBOARD_RELIST_INTERVAL="2s") as operator:
            ml.operator = operator
            is_accepted(ml)
            goes_back_to_mode_service(ml)
            assert operator.stop() == 0, operator.log()[-6000:]
            assert operator.problems() == []
        yield plane.requests_of(f"system:serviceaccount:{SYSTEM}:leeboard-operator")


def comes_before_the_gateway_api(ml: Tenant) -> None:
    """The first version serves within the cluster, and the Model says what is missing."""
    found, training = asked_for()
    found["spec"]["traffic"] = {"mode": "Gateway", "gateway": GATEWAY_SPEC}
    found["spec"]["promotion"] = {"gates": []}
    ml.kubectl.apply(found, training)
    version = registered(ml)
    ml.roll_out(ml.one("deployments", "leeboard.dev/model=late-flights"))
    eventually(lambda: reason(ml) == "GatewayAPIMissing", "the reason", ml.operator.log)
    assert ml.status("model", "late-flights", "champion")["champion"]["name"] == version
    assert ml.kubectl.get("service", "late-flights") is not None


def is_accepted(ml: Tenant) -> None:
    """The controller's answer reaches the Model."""
    for kind, name in (("httproute", "late-flights"), ("grpcroute", "late-flights-grpc")):
        route = eventually(lambda kind=kind, name=name: ml.kubectl.get(kind, name), "the routes", ml.operator.log)  # type: ignore[misc]
        status = json.dumps({"status": answered(route, "accepts")["status"]})
        ml.kubectl("patch", kind, name, "--subresource=status", "--type=merge", "-p", status)
    eventually(lambda: reason(ml) == "RouteAccepted", "the reason", ml.operator.log)


def goes_back_to_mode_service(ml: Tenant) -> None:
    """Nothing of the routes is left."""
    ml.kubectl("patch", "model", "late-flights", "--type=json", "-p", '[{"op": "remove", "path": "/spec/traffic"}]')
    for kind in ("httproutes", "grpcroutes"):
        eventually(lambda kind=kind: not ml.kubectl.all(kind), f"the {kind} go", ml.operator.log)  # type: ignore[misc]
    usual = {"late-flights", "late-flights-feedback"}

    def services() -> bool:
        return {one["metadata"]["name"] for one in ml.kubectl.all("services")} == usual

    eventually(services, "the Services of versions go", ml.operator.log)


def reason(ml: Tenant) -> str:
    """What RouteAccepted says."""
    conditions: list[Document] = (ml.kubectl.get("model", "late-flights") or {}).get("status", {}).get("conditions", [])
    return next((one["reason"] for one in conditions if one["type"] == "RouteAccepted"), "")


def granted(*tables: tuple[Permission, ...]) -> set[tuple[str, str, str]]:
    """Group, resource and verb of everything in the tables."""
    return {(one.resource.group, one.name, verb) for table in tables for one in table for verb in one.verbs}


def test_the_operator_asks_for_what_it_is_granted_for_gateways(story: list[Request]) -> None:
    asked = {(one.group, one.resource, one.verb) for one in story}
    # an apply that makes an object is a patch, for which create is checked, too
    unasked = {("gateway.networking.k8s.io", plural, "create") for plural in ("httproutes", "grpcroutes")}
    assert granted(GATEWAY) - asked == unasked
    assert asked <= granted(OPERATOR, GATEWAY, LEADER_ELECTION)
    assert [one for one in story if one.status == 403] == []
