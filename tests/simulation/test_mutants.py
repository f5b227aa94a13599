"""The simulation can fail: what makes crashes and races harmless is taken away, and every time it is seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from leeboard.api.training_job import TrainingJobStatus
from leeboard.controllers.registry import CONTROLLERS
from leeboard.engine.executor import Executor
from leeboard.planning.plan import Plan, Raw
from leeboard.planning.rollout.challengers import shares
from tests.simulation.stories_of_bandits import BETTER, SHARED
from tests.simulation.stories_of_runs import STORIES as RUNS
from tests.support.simulation.chaos import Chaos
from tests.support.simulation.crashing import play, replay
from tests.support.simulation.kube import SimulatedKube
from tests.support.simulation.story import Story

Patch = pytest.MonkeyPatch
MOST_SEEDS = 60


def without_resource_version(patch: Patch) -> None:
    """A status is written whoever wrote meanwhile."""
    guarded = SimulatedKube.replace_status

    async def unguarded(kube: SimulatedKube, obj: Raw) -> Raw:
        live = kube.live(obj["kind"], obj["metadata"]["name"], obj["metadata"]["namespace"])
        metadata = {**obj["metadata"], "resourceVersion": live["metadata"]["resourceVersion"]}
        return await guarded(kube, {**obj, "metadata": metadata})

    patch.setattr(SimulatedKube, "replace_status", unguarded)


def without_uid(patch: Patch) -> None:
    """An object is deleted by its name alone."""
    guarded = Executor._delete

    async def unguarded(executor: Executor, orphan: Any) -> None:
        await guarded(executor, type(orphan)(orphan.api_version, orphan.kind, orphan.namespace, orphan.name))

    patch.setattr(Executor, "_delete", unguarded)


def status_first(patch: Patch) -> None:
    """The run is recorded after its Job was posted: both belong to one plan."""
    plan_run = CONTROLLERS["TrainingJob"].plan

    def plan(snapshot: Any, now: Any) -> Plan:
        planned = plan_run(snapshot, now)
        begun = [run for run in (planned.status or {}).get("runs", ()) if run["phase"] == "Pending"]
        if not begun or planned.create:
            return planned
        status = TrainingJobStatus.model_validate(planned.status)
        recorded = replace(snapshot, job=snapshot.job.model_copy(update={"status": status}))
        return replace(planned, create=plan_run(recorded, now).create)

    patch.setitem(CONTROLLERS, "TrainingJob", replace(CONTROLLERS["TrainingJob"], plan=plan))


def without_live_looks(patch: Patch) -> None:
    """What is not taken back rests on a cache."""
    for kind, controller in list(CONTROLLERS.items()):
        patch.setitem(CONTROLLERS, kind, replace(controller, rests_on=lambda live, plan, cache: ()))


def without_memory_of_decisions(patch: Patch) -> None:
    """A bandit decides again and again by the same rewards."""
    patch.setattr(shares, "_last_decision", lambda status: None)


def a_bandit() -> None:
    """A bandit of which one stretch is settled, without a kill."""
    play(Story("one stretch is settled", [*SHARED, BETTER], lambda world: None))


def a_story() -> None:
    """The story of a run with a kill at every call."""
    played = play(RUNS[0])
    for kill in played.kills:
        replay(played, kill)


def two_leaders() -> None:
    """Seeded plays with two leaders."""
    for seed in range(1, 2 * MOST_SEEDS, 2):
        Chaos(seed, leaders=2).play()


@pytest.mark.parametrize(
    ("mutate", "scene", "seen"),
    [
        (without_resource_version, two_leaders, "went from|second time|lasted|begun again|is forgotten|same time"),
        (status_first, a_story, "was created while its run was not recorded"),
        (without_uid, two_leaders, "without saying which"),
        (without_memory_of_decisions, a_bandit, "decided twice on 1 stretches"),
        (
            without_live_looks,
            two_leaders,
            "is forgotten, and its Deployment is there|JobDeleted|superseded|reach no ready pod",
        ),
    ],
)
def test_what_is_taken_away_is_missed(
    monkeypatch: Patch, mutate: Callable[[Patch], None], scene: Callable[[], None], seen: str
) -> None:
    mutate(monkeypatch)
    with pytest.raises(AssertionError, match=seen):
        scene()
