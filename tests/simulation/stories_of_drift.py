"""Stories of a DriftMonitor: an episode from its first verdict to its last, and the whole loop."""

from __future__ import annotations

from typing import Any

from tests.simulation.stories_of_models import REPLACE, champion
from tests.simulation.stories_of_runs import runs
from tests.support.simulation.story import Step, Story
from tests.support.simulation.world import NAME, World


def monitor(world: World) -> dict[str, Any]:
    """The monitor's status."""
    found: dict[str, Any] = world.kube.live("DriftMonitor", NAME)["status"]
    return found


def figures(roc_auc: float) -> Any:
    """The evaluator has measured so much on the newest labels."""
    return lambda world: world.drift_figures(roc_auc)


def asks_once(world: World) -> None:
    """One request of one episode."""
    assert [one["trainingJobRef"]["name"] for one in monitor(world)["requests"]] == ["elsewhere"]
    assert monitor(world)["episode"]["alerted"] is True
    assert "endedAt" not in monitor(world)["episode"]


def is_over(world: World) -> None:
    """The episode has ended and nothing is asked any more."""
    assert monitor(world)["requests"] == []
    assert monitor(world)["episode"]["endedAt"]
    assert monitor(world)["verdict"] == "Stable"


def retrained_once(world: World) -> None:
    """Drift of the first champion made the second; its episode has ended."""
    first, second = runs(world)
    assert second["cause"]["kind"] == "Drift"
    assert second["cause"]["ref"]["episode"] == monitor(world)["episode"]["id"]
    assert champion(world) == second["modelVersion"] != first["modelVersion"]
    is_over(world)


ELSEWHERE = {"actions": [{"type": "Alert"}, {"type": "Retrain", "trainingJobRef": {"name": "elsewhere"}}]}
WATCHED = [
    Step("a Model is created", lambda world: world.add_model(rollout=REPLACE), 5),
    Step("a version is registered", lambda world: world.add_version("v1"), 60),
    Step("a monitor is created", lambda world: world.add_monitor(**ELSEWHERE), 30),
]
DRIFTS = Step("the metric falls", figures(0.62), 60)

STORIES = [
    Story("drift opens an episode, alerts once and asks once", [*WATCHED, DRIFTS, DRIFTS], asks_once),
    Story(
        "an episode ends with the first stable verdict",
        [*WATCHED, DRIFTS, Step("the metric is back", figures(0.72), 60)],
        is_over,
    ),
    Story(
        "figures that are missing change nothing in an episode",
        [*WATCHED, DRIFTS, Step("the evaluator is away", lambda world: None, 2400)],
        asks_once,
    ),
    Story(
        "the whole loop: train, serve, drift, train again, serve",
        [
            Step("a Model is created", lambda world: world.add_model(rollout=REPLACE), 5),
            Step("a TrainingJob is created", lambda world: world.add_training(), 200),
            Step("a monitor is created", lambda world: world.add_monitor(), 30),
            Step("there is newer data", lambda world: world.behave(data="d"), 1),
            Step("the metric falls", figures(0.62), 240),
            Step("the new champion does well", figures(0.72), 60),
        ],
        retrained_once,
    ),
]
