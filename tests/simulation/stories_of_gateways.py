"""Stories of a Model whose requests come by a Gateway."""

from __future__ import annotations

from typing import Any

from leeboard.planning.traffic.routes import weights
from tests.simulation.stories_of_models import CANARY, SECOND, WHOLE_CANARY, adopted, end, failing, healthy, status
from tests.support.simulation.story import Step, Story
from tests.support.simulation.world import NAME, World

TRAFFIC = {
    "mode": "Gateway",
    "gateway": {
        "parentRefs": [{"name": "public"}],
        "hostnames": ["flights.example"],
        "grpc": {"hostnames": ["grpc.flights.example"]},
    },
}
ROUTED = adopted(CANARY, traffic=TRAFFIC)
PROMOTED = [*ROUTED, *WHOLE_CANARY]


def ends_with(who: str, *, pods: set[str], quarantined: list[str] | None = None) -> Any:
    """The champion has all requests, and Services are there for those versions that have pods."""

    def check(world: World) -> None:
        end(who, pods=pods, quarantined=quarantined)(world)
        for kind, name in (("HTTPRoute", NAME), ("GRPCRoute", f"{NAME}-grpc")):
            assert weights(world.kube.live(kind, name)) == {f"{NAME}-{who}": 100}
        services = {one["metadata"]["name"] for one in world.kube.of_kind("Service")}
        assert services == {NAME, f"{NAME}-feedback", *(f"{NAME}-{version}" for version in pods)}

    return check


def quiet(version: str) -> Any:
    """The exporters of a version see no request any more."""
    return lambda world: world.leaving_figures(version, requests=0)


def moods(mood: str) -> Any:
    """From now on the Gateway's controller is in that mood."""
    return lambda world: world.behave(gateway=mood)


def waits(world: World) -> None:
    """The candidate waits before its first stage, and the route says why."""
    candidate = status(world)["candidate"]
    assert (candidate["phase"], candidate["reason"]) == ("Starting", "RouteRejected")
    moods("accepts")(world)


STORIES = [
    Story(
        "a canary by shares of a route is promoted, and the version before goes when nobody asks it any more",
        [*PROMOTED, Step("the exporters of v1 see no request", quiet("v1"), 60)],
        ends_with("v2", pods={"v2"}),
    ),
    Story(
        "the version before goes after ten minutes where no exporter tells",
        [*PROMOTED, Step("nobody tells", lambda world: None, 660)],
        ends_with("v2", pods={"v2"}),
    ),
    Story(
        "a guard takes the share of the second stage back at once",
        [
            *ROUTED,
            SECOND,
            Step("all is well", healthy, 640),
            Step("errors come", failing, 45),
            Step("the exporters of v2 see no request", quiet("v2"), 60),
        ],
        ends_with("v1", pods={"v1"}, quarantined=["v2"]),
    ),
    Story(
        "a Gateway refuses the route, and a canary waits until it takes it",
        [
            Step("the Gateway refuses", moods("rejects"), 1),
            *ROUTED,
            SECOND,
            Step("the Gateway takes it", waits, 60),
            *WHOLE_CANARY[1:],
            Step("the exporters of v1 see no request", quiet("v1"), 60),
        ],
        ends_with("v2", pods={"v2"}),
    ),
]
