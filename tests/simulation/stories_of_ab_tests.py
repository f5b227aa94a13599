"""Stories of versions that share the callers behind a Gateway until a metric decides."""

from __future__ import annotations

from typing import Any

from tests.simulation.stories_of_gateways import TRAFFIC, ends_with, quiet
from tests.simulation.stories_of_models import SECOND, adopted, status
from tests.support.simulation.story import Step, Story
from tests.support.simulation.world import World

AB_TEST = {
    "strategy": "ABTest",
    "abTest": {"metric": {"type": "Outcome"}, "duration": "10m"},
    "analysis": {"minSamples": 500, "guards": [{"type": "ErrorRate", "margin": "0.01"}]},
}
SHARED = [*adopted(AB_TEST, traffic=TRAFFIC), SECOND]
TWO = [*adopted(AB_TEST | {"challengers": {"most": 2}}, traffic=TRAFFIC), SECOND]
THIRD = Step("a third version is registered", lambda world: world.add_version("v3"), 90)


def earning(**wins: int) -> Any:
    """Each version that is named had 500 predictions in eight stretches, so many of which earned something in each."""
    return lambda world: world.arm_figures(**wins)


def shares(world: World) -> None:
    """The challenger has its callers before anything is decided."""
    (one,) = status(world)["challengers"]
    assert (one["phase"], one["place"]) == ("Comparing", 0)
    assert one["comparedSince"]
    earning(v1=100, v2=150)(world)


STORIES = [
    Story(
        "the version whose callers do better becomes champion",
        [*SHARED, Step("v2 earns more", shares, 720), Step("the exporters of v1 see no request", quiet("v1"), 60)],
        ends_with("v2", pods={"v2"}),
    ),
    Story(
        "the champion that does better stays, and the challenger goes when nobody asks it any more",
        [
            *SHARED,
            Step("v1 earns more", earning(v1=150, v2=100), 720),
            Step("the exporters of v2 see no request", quiet("v2"), 60),
        ],
        ends_with("v1", pods={"v1"}, quarantined=["v2"]),
    ),
    Story(
        "of two challengers the best one wins, and the other goes too",
        [
            *TWO,
            THIRD,
            Step("v2 earns most", earning(v1=100, v2=200, v3=137), 720),
            Step("nobody tells", lambda world: None, 660),
        ],
        ends_with("v2", pods={"v2"}, quarantined=["v3"]),
    ),
]
