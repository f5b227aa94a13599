"""Stories of a Model whose spec is edited while a rollout is under way."""

from __future__ import annotations

from tests.simulation.stories_of_models import CANARY, SECOND, adopted, champion, status
from tests.support.simulation.story import Step, Story
from tests.support.simulation.world import World


def still_a_canary(world: World) -> None:
    """Growth is no verdict on a candidate."""
    assert champion(world) == "v1"
    assert (status(world)["candidate"]["name"], status(world)["candidate"]["phase"]) == ("v2", "Canary")
    assert status(world).get("quarantined", []) == []


STORIES = [
    Story(
        "a canary grows whose stage has long been over",
        [
            *adopted(CANARY),
            SECOND,
            Step("nobody calls", lambda world: None, 1000),
            Step("six pods are asked for", lambda world: world.scale(6), 60),
        ],
        still_a_canary,
    ),
]
