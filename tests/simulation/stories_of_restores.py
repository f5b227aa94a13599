"""Stories of a registry that is restored: what was rolled back elsewhere serves at no moment."""

from __future__ import annotations

import json
from typing import Any

from tests.simulation.stories_of_models import CANARY, adopted, end, healthy
from tests.support.examples import model_version
from tests.support.simulation.story import Step, Story
from tests.support.simulation.world import World

OUT = {"rolledBack": {"reason": "ErrorRateTooHigh", "message": "m", "at": "2026-02-01T00:00:00Z"}}
SERVED = {"championSince": "2026-02-01T00:00:00Z"}


def restored(name: str, past: dict[str, Any]) -> Any:
    """`leeboard restore` creates a version with its past."""

    def act(world: World) -> None:
        document = model_version(name)
        difference = {"name": "roc_auc", "value": "0.01", "low": "0.00", "high": "0.02"}
        document["spec"]["comparison"] = {"champion": "v0", "differences": [difference]}
        document["metadata"]["annotations"] = {"leeboard.dev/restored": json.dumps(past)}
        world.place(document)

    return act


STORIES = [
    Story(
        "a version that was rolled back elsewhere is restored beside a champion",
        [*adopted(CANARY), Step("v2 is restored", restored("v2", OUT), 120)],
        end("v1", pods={"v1"}, quarantined=["v2"]),
    ),
    Story(
        "a version that was rolled back elsewhere gets another rollout",
        [
            *adopted(CANARY),
            Step("v2 is restored", restored("v2", OUT), 60),
            Step("somebody lets it try again", lambda world: world.command(retry="1"), 60),
            Step("all is well in the first stage", healthy, 640),
            Step("and in the second", healthy, 700),
        ],
        end("v2", pods={"v2"}),
    ),
    Story(
        "a registry is restored into an empty Model",
        [
            Step("a Model is created", lambda world: world.add_model(rollout=CANARY), 10),
            Step("what served last is restored", restored("v1", SERVED), 0),
            Step("and what was rolled back", restored("v2", OUT), 120),
        ],
        end("v1", pods={"v1"}, quarantined=["v2"]),
    ),
]
