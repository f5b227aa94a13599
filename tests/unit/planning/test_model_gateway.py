"""A rollout through a Gateway: who gets which share when, what is waited for, and what is said of it."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

import pytest

from leeboard.planning.conditions import timestamp
from leeboard.planning.model import plan_model
from leeboard.planning.traffic.routes import named
from tests.support.examples import example
from tests.support.model_world import World
from tests.support.routed import GATEWAY, ROLLOUT, STEPS, gateway_world

GOOD = {"candidate": (4000, 4), "champion": (36000, 36)}
BAD = {"candidate": (400, 80), "champion": (3600, 0)}


def quiet(world: World, version: str, *, requests: int = 0) -> None:
    """The exporters of a version have written a window since it lost its share."""
    evaluation = world.status.setdefault("evaluation", {})
    evaluation["leaving"] = [
        {"name": version, "since": timestamp(world.now), "until": timestamp(world.now), "requests": requests}
    ]


def promoted(world: World) -> None:
    """Both stages pass."""
    for _ in STEPS:
        world.count(**GOOD)
        world.wait(minutes=10)
    assert world.status["champion"]["name"] == "v2"


def test_the_champion_alone_has_a_route_and_every_version_a_service() -> None:
    world = gateway_world("v1")
    assert world.weights() == {"late-flights-v1": 100}
    assert set(world.services) == {"late-flights", "late-flights-feedback", "late-flights-v1"}
    assert world.selector["leeboard.dev/version"] == "v1"
    assert not world.routes["GRPCRoute"]
    accepted = world.condition("RouteAccepted")
    assert accepted is not None
    assert accepted["message"] == "HTTPRoute late-flights is accepted by Gateway web/public"


def test_shares_are_those_asked_for_and_pods_follow_them() -> None:
    world = gateway_world("v1", "v2")
    assert world.weights() == {"late-flights-v1": 90, "late-flights-v2": 10}
    assert (world.ready("v1"), world.ready("v2")) == (4, 1)
    assert world.selector["leeboard.dev/version"] == "v1"
    world.count(**GOOD)
    world.wait(minutes=10)
    assert world.weights() == {"late-flights-v1": 50, "late-flights-v2": 50}
    assert (world.ready("v1"), world.ready("v2")) == (4, 2)


def test_a_stage_runs_from_when_a_gateway_took_its_share_over() -> None:
    world = gateway_world("v1", "v2")
    world.gateway = "silent"
    world.count(**GOOD)
    world.wait(minutes=10)
    candidate = world.status["candidate"]
    assert (candidate["step"], candidate["requestedWeight"], candidate["reason"]) == (1, 50, "RoutePending")
    assert "routedAt" not in candidate
    world.count(**GOOD)
    world.wait(hours=1)
    assert world.status["candidate"]["step"] == 1
    world.gateway = "accepts"
    world.wait(seconds=1)
    world.wait(seconds=1)
    assert world.status["candidate"]["routedAt"] == timestamp(world.now - timedelta(seconds=1))
    world.count(**GOOD)
    world.wait(minutes=9)
    assert world.status["candidate"]["phase"] == "Canary"
    world.count(**GOOD)
    world.wait(minutes=1)
    assert world.status["champion"]["name"] == "v2"


def routed(world: World, requests: int, total: int) -> None:
    """The evaluator has counted so many requests to v2 since a minute after its stage began."""
    evaluation = world.status.setdefault("evaluation", {})
    since = datetime.fromisoformat(world.status["candidate"]["stepStartedAt"]) + timedelta(minutes=1)
    row = {"name": "v2", "champion": "v1", "since": timestamp(since), "requests": requests, "total": total}
    evaluation["routed"] = [row]


def test_a_share_that_exporters_count_is_believed_where_a_parent_lags() -> None:
    world = gateway_world("v1")
    world.gateway = "lags"
    world.add_version("v2")
    world.settle()
    candidate = world.status["candidate"]
    assert (candidate["phase"], candidate["reason"]) == ("Starting", "RoutePending")
    assert "is accepted by Gateway web/public, as it was before" in candidate["message"]
    world.wait(minutes=1)
    candidate = world.status["candidate"]
    assert (candidate["phase"], candidate["reason"], "routedAt" in candidate) == ("Canary", "RoutePending", False)
    world.wait(minutes=2)
    routed(world, 30, 1000)
    world.settle()
    assert "30 of 1000 requests" in world.status["candidate"]["message"]
    assert "routedAt" not in world.status["candidate"]
    routed(world, 100, 1000)
    world.settle()
    assert world.status["candidate"]["routedAt"] == timestamp(world.now)
    world.status["evaluation"].pop("routed")
    world.count(**GOOD)
    world.wait(minutes=10)
    assert (world.status["candidate"]["step"], world.status["candidate"]["reason"]) == (1, "RoutePending")
    world.wait(minutes=2)
    routed(world, 500, 1000)
    world.settle()
    world.count(**BAD)
    world.settle()
    assert world.status["candidate"]["phase"] == "RollingBack"


def test_what_a_parent_refuses_is_not_believed_whatever_exporters_count() -> None:
    world = gateway_world("v1", "v2")
    world.gateway = "silent"
    world.count(**GOOD)
    world.wait(minutes=10)
    world.gateway = "rejects"
    world.wait(minutes=2)
    routed(world, 500, 1000)
    world.settle()
    assert world.status["candidate"]["reason"] == "RouteRejected"
    assert "routedAt" not in world.status["candidate"]


@pytest.mark.parametrize("mode", [{"strategy": "BlueGreen"}, ROLLOUT])
def test_a_gateway_learns_of_a_candidate_before_its_first_request(mode: dict[str, Any]) -> None:
    world = gateway_world("v1", rollout=mode)
    world.gateway = "silent"
    world.add_version("v2")
    world.settle()
    (route,) = world.routes["HTTPRoute"].values()
    assert named(route) == {"late-flights-v1": 100, "late-flights-v2": 0}
    assert world.status["candidate"]["phase"] == "Starting"
    world.gateway = "accepts"
    world.settle()
    assert world.weights()["late-flights-v2"] == (100 if mode["strategy"] == "BlueGreen" else 10)


def test_a_switch_waits_a_minute_at_most_for_a_gateway_that_lags() -> None:
    world = gateway_world("v1", rollout={"strategy": "BlueGreen"})
    world.gateway = "lags"
    world.add_version("v2")
    world.settle()
    world.wait(seconds=50)
    assert world.status["champion"]["name"] == "v1"
    world.wait(seconds=10)
    assert world.status["champion"]["name"] == "v2"


@pytest.mark.parametrize("mood", ["silent", "rejects"])
def test_a_switch_waits_for_no_gateway_that_takes_no_route(mood: Any) -> None:
    world = gateway_world(rollout={"strategy": "BlueGreen"})
    world.gateway = mood
    for version in ("v1", "v2"):
        world.add_version(version)
        world.settle()
    assert world.status["champion"]["name"] == "v2"


def test_a_version_that_loses_its_share_stays_known_until_it_goes() -> None:
    world = gateway_world("v1", "v2")
    promoted(world)
    (route,) = world.routes["HTTPRoute"].values()
    assert named(route) == {"late-flights-v2": 100, "late-flights-v1": 0}
    quiet(world, "v1")
    world.wait(minutes=1)
    (route,) = world.routes["HTTPRoute"].values()
    assert named(route) == {"late-flights-v2": 100}
    assert set(world.services) == {"late-flights", "late-flights-feedback", "late-flights-v2"}


def test_a_route_by_an_earlier_name_goes() -> None:
    grpc = GATEWAY | {"grpc": {"hostnames": ["grpc.flights.example"]}}
    world = gateway_world("v1", gateway=grpc)
    (route,) = world.routes["GRPCRoute"].values()
    earlier = deepcopy(route)
    earlier["metadata"] |= {"name": "late-flights", "uid": "an-earlier-one"}
    world.routes["GRPCRoute"]["late-flights"] = earlier
    world.settle()
    assert set(world.routes["GRPCRoute"]) == {"late-flights-grpc"}
    assert set(world.routes["HTTPRoute"]) == {"late-flights"}


def test_what_no_gateway_takes_over_is_not_judged() -> None:
    world = gateway_world("v1", "v2")
    world.gateway = "rejects"
    world.settle()
    world.count(**BAD)
    world.settle()
    assert world.status["candidate"]["phase"] == "Canary"
    assert world.status["candidate"]["reason"] == "RouteRejected"
    world.gateway = "accepts"
    world.settle()
    world.count(**BAD)
    world.settle()
    assert world.status["candidate"]["phase"] == "RollingBack"


@pytest.mark.parametrize(
    ("gateway", "unknown", "enabled", "reason", "state"),
    [
        ("silent", set(), True, "RoutePending", "Reconciling"),
        ("rejects", set(), True, "RouteRejected", "Stalled"),
        ("accepts", {"HTTPRoute"}, True, "GatewayAPIMissing", "Stalled"),
        ("accepts", set(), False, "GatewayDisabled", "Stalled"),
    ],
)
def test_without_a_route_the_champion_serves_and_the_canary_waits(
    gateway: Any, unknown: set[str], enabled: bool, reason: str, state: str
) -> None:
    world = gateway_world()
    world.gateway, world.unknown = gateway, unknown
    world.settings = type(world.settings)(runtime_image="runtime:1", server_image="server:1", gateway=enabled)
    world.add_version("v1")
    world.settle()
    world.add_version("v2")
    world.settle()
    world.wait(hours=1)
    assert world.status["champion"]["name"] == "v1"
    assert (world.status["candidate"]["phase"], world.status["candidate"]["reason"]) == ("Starting", reason)
    conditions = {one["type"]: (one["status"], one["reason"]) for one in world.status["conditions"]}
    assert conditions == {
        "Ready": ("True", "Serving"),
        "RouteAccepted": ("False", reason),
        state: ("True", reason),
    }
    assert " — " in world.condition("RouteAccepted")["message"]  # type: ignore[index]
    world.unknown, world.gateway = set(), "accepts"
    world.settings = type(world.settings)(runtime_image="runtime:1", server_image="server:1", gateway=True)
    world.settle()
    assert world.status["candidate"]["phase"] == "Canary"
    assert world.weights() == {"late-flights-v1": 90, "late-flights-v2": 10}


def test_a_kind_that_the_api_server_does_not_know_is_tried_again() -> None:
    world = gateway_world()
    world.unknown = {"HTTPRoute"}
    world.add_version("v1")
    world.settle()
    assert plan_model(world.snapshot(), world.now).requeue_after == timedelta(seconds=30)


def test_the_champion_before_goes_when_its_exporters_see_no_request() -> None:
    world = gateway_world("v1", "v2")
    promoted(world)
    assert world.weights() == {"late-flights-v2": 100}
    world.wait(minutes=1)
    assert world.served() == {"v1", "v2"}
    assert "v1 goes when" in world.condition("RouteAccepted")["message"]  # type: ignore[index]
    quiet(world, "v1", requests=3)
    world.settle()
    assert world.served() == {"v1", "v2"}
    quiet(world, "v1")
    world.settle()
    assert world.served() == {"v2"}
    assert "draining" not in world.status
    assert set(world.services) == {"late-flights", "late-flights-feedback", "late-flights-v2"}


def test_the_champion_before_stays_while_a_gateway_goes_by_what_was_before() -> None:
    world = gateway_world("v1", "v2")
    world.count(**GOOD)
    world.wait(minutes=10)
    world.gateway = "silent"
    world.annotate(promote="1")
    world.settle()
    assert world.weights() == {"late-flights-v2": 100}
    world.wait(minutes=2)
    quiet(world, "v1")
    world.settle()
    assert world.served() == {"v1", "v2"}
    world.gateway = "accepts"
    world.settle()
    assert world.served() == {"v2"}


def test_without_figures_the_champion_before_goes_after_ten_minutes() -> None:
    world = gateway_world("v1", "v2")
    promoted(world)
    world.wait(minutes=9)
    assert world.served() == {"v1", "v2"}
    world.wait(minutes=1)
    assert world.served() == {"v2"}


def test_a_rollback_takes_the_share_at_once() -> None:
    world = gateway_world("v1", "v2")
    world.count(**BAD)
    world.settle()
    assert world.status["candidate"]["phase"] == "RollingBack"
    assert world.weights() == {"late-flights-v1": 100}
    assert world.served() == {"v1", "v2"}
    world.wait(seconds=31)
    quiet(world, "v2")
    world.settle()
    assert world.served() == {"v1"}
    assert [one["reason"] for one in world.status["quarantined"]] == ["ErrorRateTooHigh"]
    assert "late-flights-v2" not in world.services


def test_no_share_for_a_version_that_has_no_ready_pod() -> None:
    world = gateway_world("v1", "v2")
    world.slow = {"v2"}
    world.kubelet()
    world.reconcile()
    assert world.weights() == {"late-flights-v1": 90}
    world.slow = set()
    world.settle()
    assert world.weights() == {"late-flights-v1": 90, "late-flights-v2": 10}


def test_calls_by_grpc_have_a_route_of_their_own_with_the_same_shares() -> None:
    world = gateway_world("v1", "v2", gateway=GATEWAY | {"grpc": {"hostnames": ["grpc.flights.example"]}})
    assert world.weights("GRPCRoute") == world.weights() == {"late-flights-v1": 90, "late-flights-v2": 10}
    world.model["spec"]["traffic"]["gateway"] = GATEWAY
    world.settle()
    assert not world.routes["GRPCRoute"]
    assert world.weights() == {"late-flights-v1": 90, "late-flights-v2": 10}


def test_back_to_mode_service_the_routes_go_and_then_the_services_of_versions() -> None:
    world = gateway_world("v1", "v2")
    world.model["spec"]["traffic"] = {"mode": "Service"}
    world.settle()
    assert not world.routes["HTTPRoute"]
    assert set(world.services) == {"late-flights", "late-flights-feedback", "late-flights-candidate"}
    assert "leeboard.dev/version" not in world.selector
    assert world.condition("RouteAccepted") is None


def test_in_mode_service_nothing_of_gateways_is_planned() -> None:
    world = World()
    world.add_version("v1")
    world.settle()
    assert not world.routes["HTTPRoute"]
    assert set(world.services) == {"late-flights", "late-flights-feedback"}


def test_blue_and_green_are_switched_by_the_route() -> None:
    world = gateway_world("v1", rollout={"strategy": "BlueGreen"})
    world.add_version("v2")
    world.settle()
    assert world.weights() == {"late-flights-v2": 100}
    world.annotate(abort="1")
    world.settle()
    assert world.weights() == {"late-flights-v1": 100}


def test_a_share_that_pods_cannot_give_is_told_once_a_stage() -> None:
    serving = example("model")["spec"]["serving"] | {"replicas": 1}
    world = World(rollout=ROLLOUT, serving=serving)
    world.add_version("v1")
    world.settle()
    world.add_version("v2")
    world.settle()
    assert world.reasons().count("WeightUnreachable") == 1
    message = world.condition("CanaryInProgress")["message"]  # type: ignore[index]
    assert "10 % of the requests are asked for; 1 replicas allow no nearer share than 50 %" in message
    world.wait(minutes=1)
    assert world.reasons().count("WeightUnreachable") == 1
