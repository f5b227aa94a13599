"""The states of a Model whose requests come by a Gateway."""

from __future__ import annotations

from leeboard.planning.settings import Settings
from tests.support.model_world import World
from tests.support.played_gateway import Mood
from tests.support.routed import gateway_world
from tests.support.states.model_worlds import AB_TEST
from tests.support.states.models import MODELS


def first_version(mood: Mood = "accepts", *, unknown: bool = False, enabled: bool = True) -> World:
    """The first version serves, whatever becomes of its route."""
    world = gateway_world()
    world.gateway, world.unknown = mood, {"HTTPRoute"} if unknown else set()
    world.settings = Settings(runtime_image="runtime:1", server_image="server:1", gateway=enabled)
    world.add_version("v1")
    world.settle()
    assert world.status["champion"]["name"] == "v1"
    return world


@MODELS.state("Current", "Healthy")
def routed() -> World:
    return first_version()


@MODELS.state("InProgress", "Progressing", "Reconciling")
def route_pending() -> World:
    return first_version("silent")


@MODELS.state("Failed", "Degraded", "Stalled")
def route_rejected() -> World:
    return first_version("rejects")


@MODELS.state("Failed", "Degraded", "Stalled")
def gateway_api_missing() -> World:
    return first_version(unknown=True)


@MODELS.state("Failed", "Degraded", "Stalled")
def gateway_disabled() -> World:
    return first_version(enabled=False)


@MODELS.state("Current", "Healthy", "Ready", "CanaryInProgress")
def routed_canary() -> World:
    return gateway_world("v1", "v2")


@MODELS.state("Failed", "Degraded", "Stalled")
def routed_canary_waits() -> World:
    world = first_version("rejects")
    world.add_version("v2")
    world.settle()
    assert world.status["candidate"]["phase"] == "Starting"
    return world


def sharing(mood: Mood) -> World:
    """v2 shares the callers from here on, and the Gateway is in a mood."""
    world = gateway_world("v1", rollout=AB_TEST)
    world.add_version("v2")
    while not any(one["phase"] == "Comparing" for one in world.status.get("challengers", [])):
        world.reconcile()
        world.kubelet()
    world.gateway = mood
    world.settle()
    return world


@MODELS.state("Current", "Healthy", "Ready", "ChallengersInProgress")
def ab_test_waits_for_its_route() -> World:
    world = sharing("silent")
    assert world.status["challengers"][0]["reason"] == "RoutePending"
    return world


@MODELS.state("Failed", "Degraded", "Stalled")
def ab_test_refused_by_its_gateway() -> World:
    world = sharing("rejects")
    world.gateway = "accepts"
    world.settle()
    assert world.status["quarantined"][0]["reason"] == "RouteRejected"
    return world


@MODELS.state("Current", "Healthy")
def routed_and_promoted() -> World:
    world = gateway_world("v1", "v2")
    world.annotate(promote="1")
    world.settle()
    assert world.status["draining"]["name"] == "v1"
    return world
