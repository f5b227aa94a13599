"""Stories of versions that share the requests behind a Gateway by what they earn."""

from __future__ import annotations

from typing import Any

from tests.simulation.stories_of_gateways import TRAFFIC, ends_with, quiet
from tests.simulation.stories_of_models import SECOND, adopted, status
from tests.support.simulation.story import Step, Story
from tests.support.simulation.world import World

BANDIT = {
    "strategy": "Bandit",
    "bandit": {"reward": {"type": "Outcome"}, "floor": 30, "interval": "15s", "duration": "5m"},
    "analysis": {"minSamples": 500, "guards": [{"type": "ErrorRate", "margin": "0.01"}]},
}
SHARED = [*adopted(BANDIT, traffic=TRAFFIC), SECOND]
TWO = [*adopted(BANDIT | {"challengers": {"most": 2}}, traffic=TRAFFIC), SECOND]


def earning(stretches: int, **wins: int) -> Any:
    """So many stretches are settled; each version had 500 predictions in each of them, of which so many earned."""
    return lambda world: world.arm_figures(stretches, **wins)


def have(world: World, **percent: int) -> None:
    """The versions have these shares."""
    assert status(world)["shares"][-1]["percent"] == percent


def growing(world: World) -> None:
    have(world, v1=60, v2=40)
    earning(2, v1=50, v2=90)(world)


def failing(world: World) -> None:
    """The version that had more fails, and its guard sees that."""
    have(world, v1=60, v2=40)
    world.arm_figures(2, errors={"v2": 300}, v1=50, v2=90)


BETTER = Step("v2 earns more", earning(1, v1=50, v2=90), 60)
STORIES = [
    Story(
        "the version that earns more gets more, and becomes champion when it has had most for long enough",
        [
            *SHARED,
            BETTER,
            Step("so it does in the next stretch", growing, 30),
            Step("and in the third", earning(3, v1=50, v2=90), 30),
            Step("and later", earning(9, v1=50, v2=90), 420),
            Step("the exporters of v1 see no request", quiet("v1"), 60),
        ],
        ends_with("v2", pods={"v2"}),
    ),
    Story(
        "a version that had more and fails loses all at once",
        [*SHARED, BETTER, Step("it fails", failing, 30), Step("its exporters see no request", quiet("v2"), 60)],
        ends_with("v1", pods={"v1"}, quarantined=["v2"]),
    ),
    Story(
        "of two challengers the best one wins, and the other goes too",
        [
            *TWO,
            Step("a third version is registered", lambda world: world.add_version("v3"), 90),
            Step("v3 earns most", earning(1, v1=50, v2=60, v3=120), 60),
            Step("and later", earning(9, v1=50, v2=60, v3=120), 420),
            Step("nobody tells", lambda world: None, 660),
        ],
        ends_with("v3", pods={"v3"}, quarantined=["v2"]),
    ),
]
