"""The states of a Model whose requests come by a Gateway."""

from __future__ import annotations

from leeboard.planning.settings import Settings
from tests.support.model_world import World
from tests.support.played_gateway import Mood
from tests.support.routed import gateway_world
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


@MODELS.state("Current", "Healthy")
def routed_and_promoted() -> World:
    world = gateway_world("v1", "v2")
    world.annotate(promote="1")
    world.settle()
    assert world.status["draining"]["name"] == "v1"
    return world
