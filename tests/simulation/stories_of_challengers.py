"""Stories of versions that are compared with the champion before one of them takes its place."""

from __future__ import annotations

from typing import Any

from tests.simulation.stories_of_models import REPLACE, SECOND, adopted, end, nothing_is_left, status
from tests.support.simulation.story import Step, Story
from tests.support.simulation.world import NAME, World

SHADOW = {
    "strategy": "Shadow",
    "shadow": {"duration": "10m", "maxDisagreement": "0.05"},
    "analysis": {"minSamples": 500, "guards": [{"type": "ErrorRate", "margin": "0.01"}]},
}
TWO = SHADOW | {"challengers": {"most": 2}}
QUEUE = SHADOW | {"challengers": {"whenNewer": "Queue"}}
THIRD = Step("a third version is registered", lambda world: world.add_version("v3"), 90)


def agreeing(world: World) -> None:
    """The second version gives the champion's labels."""
    world.pair_figures(v2=0)


def disagreeing(world: World) -> None:
    """Every fourth label is another one."""
    world.pair_figures(v2=1000)


def over(who: str, *, pods: set[str], quarantined: list[str] | None = None, compared: set[str] | None = None) -> Any:
    """The end of a story in which these are compared still; each of them alone has a Service for copies."""

    def check(world: World) -> None:
        end(who, pods=pods, quarantined=quarantined)(world)
        staying = {one["name"] for one in status(world)["challengers"]}
        assert staying == (compared or set())
        services = {raw["metadata"]["name"] for raw in world.kube.of_kind("Service")}
        assert services == {NAME, f"{NAME}-feedback"} | {f"{NAME}-{name}-shadow" for name in staying}

    return check


STORIES = [
    Story(
        "a challenger is compared, and becomes champion with the pods that it has",
        [*adopted(SHADOW), SECOND, Step("the pairs agree", agreeing, 720)],
        over("v2", pods={"v2"}),
    ),
    Story(
        "a challenger that disagrees is shut out",
        [*adopted(SHADOW), SECOND, Step("the pairs disagree", disagreeing, 90)],
        over("v1", pods={"v1"}, quarantined=["v2"]),
    ),
    Story(
        "a comparison is aborted by command",
        [*adopted(SHADOW), SECOND, Step("somebody aborts", lambda world: world.command(abort="1"), 90)],
        over("v1", pods={"v1"}, quarantined=["v2"]),
    ),
    Story(
        "a comparison is cut short by a promotion, by command",
        [*adopted(SHADOW), SECOND, Step("somebody promotes", lambda world: world.command(promote="v2/1"), 120)],
        over("v2", pods={"v2"}),
    ),
    Story(
        "a newer version takes a challenger's place",
        [*adopted(SHADOW), SECOND, THIRD],
        over("v1", pods={"v1", "v3"}, compared={"v3"}),
    ),
    Story(
        "a newer version waits until the comparison is over",
        [*adopted(QUEUE), SECOND, THIRD, Step("the pairs disagree", disagreeing, 120)],
        over("v1", pods={"v1", "v3"}, quarantined=["v2"], compared={"v3"}),
    ),
    Story(
        "of two challengers one wins, and the other is compared with it from then on",
        [*adopted(TWO), SECOND, THIRD, Step("one agrees", lambda world: world.pair_figures(v2=0, v3=200), 720)],
        over("v2", pods={"v2", "v3"}, compared={"v3"}),
    ),
    Story(
        "a challenger that cannot load is shut out",
        [
            *adopted(SHADOW),
            Step("the next version will not load", lambda world: world.behave(broken=frozenset({"v2"})), 1),
            Step("it is registered", lambda world: world.add_version("v2"), 120),
        ],
        over("v1", pods={"v1"}, quarantined=["v2"]),
    ),
    Story(
        "another strategy makes the challenger a candidate",
        [
            *adopted(SHADOW),
            SECOND,
            Step("Replace is asked for", lambda world: world.kube.edit("Model", NAME, rollout=REPLACE), 120),
        ],
        over("v2", pods={"v2"}),
    ),
    Story(
        "a Model is deleted in the middle of a comparison",
        [*adopted(SHADOW), SECOND, Step("it is deleted", lambda world: world.delete("Model"), 60)],
        nothing_is_left,
    ),
]
