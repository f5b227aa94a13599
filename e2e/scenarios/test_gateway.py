"""Rollouts through a Gateway on the real node: exact shares, a promotion without a failed request, a way back, gRPC."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pandas as pd
import pytest
from tritonclient.grpc import service_pb2, service_pb2_grpc

from e2e.cluster import gateway
from e2e.cluster.lifecycle import Cluster
from e2e.demo.traffic import Segment, Target, Traffic
from e2e.scenarios.sharing import address, routed_tenant, wait_for_route
from e2e.scenarios.steps import first_version, rows, server_pods, trained_anew
from e2e.scenarios.tenant import Tenant
from e2e.support.kubectl import Document
from e2e.support.narrator import Narrator
from e2e.support.waiting import wait_for
from e2e.support.world import describe_rollout
from leeboard.planning.traffic.acceptance import acceptance
from leeboard.planning.traffic.routes import weights
from leeboard.planning.traffic.version_service import version_service_name
from tests.support.trained import flights

pytestmark = [pytest.mark.node, pytest.mark.rollouts]
GRPC_HOST = "grpc.flights.example"
REQUESTS_A_SECOND = 150
STAGES = (10, 50)
MEASURED = 5000
"""Requests that a share is measured over."""

SHADOW = {
    "strategy": "Shadow",
    "shadow": {"percent": 100, "maxRequestsPerSecond": 1000, "duration": "20s", "maxDisagreement": "0.25"},
    "analysis": {"minSamples": 300, "guards": [{"type": "ErrorRate", "margin": "0.05"}]},
}


@pytest.fixture(scope="module")
def routed(cluster: Cluster, tenant: Tenant) -> Tenant:
    """A tenant on a cluster with a Gateway, where the operator may make routes."""
    return routed_tenant(cluster, tenant)


@pytest.fixture(scope="module")
def first(routed: Tenant) -> Document:
    """The first version, once it serves."""
    model = routed.model_object()["spec"]
    return first_version(
        routed,
        serving=model["serving"] | {"acceleration": {"onnx": "Never"}},
        traffic={
            "mode": "Gateway",
            "gateway": {
                "parentRefs": [gateway.parent("http")],
                "grpc": {"hostnames": [GRPC_HOST], "parentRefs": [gateway.parent("grpc")]},
            },
        },
        rollout=model["rollout"] | {"steps": [{"weight": stage, "duration": "10s"} for stage in STAGES]},
    )


@pytest.fixture(scope="module")
def traffic(routed: Tenant, first: Document, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traffic]:
    """Flights as those that were trained on, sent to Envoy from outside the cluster; every answer is recorded."""
    folder = tmp_path_factory.mktemp("traffic")
    wait_for_route(routed)
    target = Target(url=address(routed), model=routed.model)
    with Traffic(target, folder / "state.json") as sent:
        sent.start(_segment(folder, "usual", flights(4000, 11)))
        yield sent


def test_shares_are_exact_and_nothing_fails(routed: Tenant, first: Document, traffic: Traffic, tmp_path: Path) -> None:
    world, before = routed.world, first["metadata"]["name"]
    name = trained_anew(routed, '"30"', '"40"')["metadata"]["name"]
    shares = {}
    for stage in STAGES:
        _stage(routed, stage)
        assert all(acceptance(route).current for route in _routes(routed)), "a parent did not answer for every route"
        _annotate(routed, "pause=true")
        shares[stage] = _share(traffic, tmp_path, name, stage)
        assert len(server_pods(routed, name)) == len(server_pods(routed, before)) == 1
        _annotate(routed, "pause=false")
    world.wait_champion(name)
    wait_for("the champion before goes", lambda: _drained(routed), seconds=120, narrator=world.narrator)
    counts = traffic.counts().totals
    print(f"shares {shares}, {counts.requests} requests, {counts.failed} failed")
    assert all(abs(share - stage) <= 3 for stage, share in shares.items()), shares
    assert counts.failed == 0, counts.failures
    assert counts.requests > MEASURED * len(STAGES)
    selector = routed.kubectl.get("service", routed.model)["spec"]["selector"]  # type: ignore[index]
    assert selector["leeboard.dev/version"] == name


def test_a_switch_and_the_way_back_lose_nothing(routed: Tenant, first: Document, traffic: Traffic) -> None:
    world, before = routed.world, routed.world.champion()
    assert before is not None
    with _rollout(routed, {"strategy": "BlueGreen", "blueGreen": {"scaleDownDelay": "10m"}}):
        failed = traffic.counts().totals.failed
        name = trained_anew(routed, '"30"', '"50"')["metadata"]["name"]
        world.wait_champion(name)
        wait_for("requests to it", lambda: _answered(traffic, name, 500), seconds=60, narrator=world.narrator)
        _annotate(routed, "abort=back")
        world.wait_champion(before)
        wait_for("no share", lambda: _weights(routed, name), seconds=30, narrator=world.narrator)
    counts = traffic.counts().totals
    assert counts.failed == failed, counts.failures


def test_a_version_takes_the_place_of_the_champion_without_a_stage(
    routed: Tenant, first: Document, traffic: Traffic
) -> None:
    world, before = routed.world, routed.world.champion()
    assert before is not None
    with _rollout(routed, {"strategy": "Replace"}):
        failed = traffic.counts().totals.failed
        name = trained_anew(routed, '"30"', '"60"')["metadata"]["name"]
        world.wait_champion(name)
        wait_for("requests to it", lambda: _answered(traffic, name, 500), seconds=60, narrator=world.narrator)
        wait_for("the champion before goes", lambda: _drained(routed), seconds=120, narrator=world.narrator)
    assert not server_pods(routed, before)
    counts = traffic.counts().totals
    assert counts.failed == failed, counts.failures


def test_a_challenger_answers_copies_of_what_comes_through_the_gateway(
    routed: Tenant, first: Document, traffic: Traffic
) -> None:
    world, before = routed.world, routed.world.champion()
    with _rollout(routed, SHADOW):
        failed = traffic.counts().totals.failed
        name = trained_anew(routed, '"30"', '"70"')["metadata"]["name"]
        wait_for("pairs", lambda: _pairs(routed, name), seconds=240, narrator=world.narrator)
        assert world.champion() == before
        assert _weights(routed, name)[0], "a challenger on copies got a share of its own"
        world.wait_champion(name, seconds=300)
    counts = traffic.counts().totals
    assert counts.failed == failed, counts.failures


def test_calls_by_grpc_come_through_a_route_of_their_own(routed: Tenant, first: Document) -> None:
    address = f"{routed.cluster.place.node_address}:{gateway.GRPC_PORT}"
    with grpc.insecure_channel(address, options=[("grpc.default_authority", GRPC_HOST)]) as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        ready = stub.ModelReady(service_pb2.ModelReadyRequest(name=routed.model), timeout=10, wait_for_ready=True)
        metadata = stub.ModelMetadata(service_pb2.ModelMetadataRequest(name=routed.model), timeout=10)
    assert ready.ready
    assert routed.world.champion() in list(metadata.versions)


def test_a_version_that_fails_every_fifth_request_is_rolled_back(
    routed: Tenant, first: Document, traffic: Traffic, tmp_path: Path
) -> None:
    world, champion = routed.world, routed.world.champion()
    unseen = flights(5000, 12)
    unseen.loc[unseen.index % 20 == 0, "carrier"] = "ZZ"  # one row in every fifth request
    traffic.start(_segment(tmp_path, "unseen", unseen))
    name = trained_anew(routed, 'handle_unknown="ignore"', 'handle_unknown="error"')["metadata"]["name"]
    status = world.wait_rolled_back(name, drained=False)
    (found,) = [one for one in status["quarantined"] if one["name"] == name]
    assert found["reason"] == "ErrorRateTooHigh", found
    assert world.champion() == champion
    wait_for("no share", lambda: _weights(routed, name), seconds=30, narrator=world.narrator)
    wait_for("its pods go", lambda: _drained(routed), seconds=120, narrator=world.narrator)
    counts = traffic.stop()
    failing = counts.segment("unseen").versions
    print({version: (one.requests, one.failed) for version, one in failing.items()})
    # answers to failed requests name no version
    assert not failing[str(champion)].failed


def _segment(folder: Path, name: str, frame: pd.DataFrame) -> Segment:
    path = rows(folder, name, frame)
    return Segment(name=name, rows=path, rate=4 * REQUESTS_A_SECOND, rows_per_request=4, loop=True)


def _share(traffic: Traffic, folder: Path, version: str, percent: int) -> float:
    """The share of a version in percent, of the answers of a segment of its own."""
    name = f"share of {percent} %"
    traffic.start(_segment(folder, f"share-{percent}", flights(4000, 13)).model_copy(update={"name": name}))

    def look() -> tuple[dict[str, int] | None, str]:
        segment = traffic.counts().segment(name)
        answered = {one: state.requests for one, state in segment.versions.items()}
        return (answered if segment.answered >= MEASURED else None), f"{segment.answered} answered, {answered}"

    answered = wait_for("share", look, seconds=120, narrator=Narrator())
    return 100 * answered.get(version, 0) / sum(answered.values())


def _routed(tenant: Tenant, weight: int) -> tuple[bool | None, str]:
    status = tenant.world.model().get("status", {})
    candidate = status.get("candidate") or {}
    there = candidate.get("requestedWeight") == weight and "routedAt" in candidate
    return there or None, describe_rollout(status)


def _drained(tenant: Tenant) -> tuple[bool | None, str]:
    status = tenant.world.model().get("status", {})
    left = not status.get("draining") and not status.get("candidate")
    told = next((one["message"] for one in status.get("conditions", []) if one["type"] == "RouteAccepted"), "")
    return left or None, told


@contextmanager
def _rollout(tenant: Tenant, rollout: Document) -> Iterator[None]:
    """Another `rollout` of the Model for as long as this lasts."""

    def change(value: Document) -> None:
        patch = [{"op": "replace", "path": "/spec/rollout", "value": value}]
        tenant.kubectl("patch", "model", tenant.model, "--type=json", "-p", json.dumps(patch))

    usual = tenant.world.model()["spec"]["rollout"]
    change(rollout)
    yield
    change(usual)


def _annotate(tenant: Tenant, command: str) -> None:
    tenant.kubectl("annotate", "--overwrite", "model", tenant.model, f"leeboard.dev/{command}")


def _stage(tenant: Tenant, weight: int) -> None:
    """Wait until the candidate has a share."""
    wait_for(f"stage of {weight} %", lambda: _routed(tenant, weight), seconds=90, narrator=tenant.world.narrator)


def _pairs(tenant: Tenant, version: str) -> tuple[Document | None, str]:
    """What the status tells of a challenger, once some of its answers were compared."""
    rows = tenant.world.model().get("status", {}).get("evaluation", {}).get("challengers", [])
    row = next((one for one in rows if one["name"] == version and one["pairs"] > 0), None)
    return row, f"{rows}"


def _answered(traffic: Traffic, version: str, least: int) -> tuple[bool | None, str]:
    """Whether a version has answered so many requests."""
    known = traffic.counts().totals.versions
    number = known[version].requests if version in known else 0
    return (number >= least) or None, f"{number} answers"


def _weights(tenant: Tenant, version: str) -> tuple[bool | None, str]:
    """Whether no route gives a version any requests."""
    given = [weights(route).get(version_service_name(tenant.model, version), 0) for route in _routes(tenant)]
    return (not any(given)) or None, f"{version} has the weights {given}"


def _routes(tenant: Tenant) -> list[Document]:
    found = [route for kind in ("httproutes", "grpcroutes") for route in tenant.kubectl.all(kind)]
    assert len(found) == 2, found
    return found
