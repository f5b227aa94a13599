"""`spec.serving` is edited while a canary waits for figures, long past its stage: nobody is condemned for that."""

from datetime import timedelta
from typing import Any

import pytest

from leeboard.planning.conditions import timestamp
from tests.support.model_world import World

LARGER = {"requests": {"cpu": "2"}, "limits": {"memory": "2Gi"}}


def waiting_canary(*, replicas: int = 2) -> World:
    """v2 beside v1 in its last stage for three days, with too few requests to be promoted or rolled back."""
    world = World()
    world.model["spec"]["serving"]["replicas"] = replicas
    world.add_version("v1")
    world.settle()
    world.add_version("v2")
    world.settle()
    world.wait(minutes=10)
    world.count(candidate=(3, 0), champion=(9, 0))
    world.settle()
    world.wait(days=3)
    world.count(candidate=(3, 0), champion=(9, 0))
    world.settle()
    assert (world.status["candidate"]["phase"], world.status["candidate"]["step"]) == ("Canary", 1)
    return world


def edit(world: World, **fields: Any) -> None:
    """Somebody commits another way to serve."""
    world.model["spec"]["serving"] |= fields
    world.model["metadata"]["generation"] += 1
    world.templates.clear()  # what is asked for is that pods are replaced


def rolling(world: World, *, updated: int, progressed: str, ended: bool = False) -> None:
    """Every version has one pod more than it should: of the new template there are so many, and none of them is ready.

    The Deployment controller keeps every old pod until a new one is ready, and so calls it available all the time.
    """
    progressing = {
        "type": "Progressing",
        "status": str(not ended),
        "reason": "ProgressDeadlineExceeded" if ended else "ReplicaSetUpdated",
        "lastUpdateTime": progressed,
        "lastTransitionTime": progressed,
    }
    for live in world.deployments.values():
        wanted = live["spec"]["replicas"]
        live["status"] |= {
            "observedGeneration": live["metadata"]["generation"],
            "replicas": wanted + 1,
            "updatedReplicas": updated,
            "readyReplicas": wanted,
            "availableReplicas": wanted,
            "conditions": [*(c for c in live["status"]["conditions"] if c["type"] == "Available"), progressing],
        }


def phase(world: World) -> str:
    """The candidate's phase; none after it was rolled back and forgotten."""
    return str(world.status.get("candidate", {}).get("phase", "none"))


def test_more_pods_are_asked_for_before_they_are_missed() -> None:
    world = waiting_canary()
    edit(world, replicas=6)
    plan = world.plan()
    status = plan.status or world.status
    assert (status["candidate"]["phase"], status["quarantined"]) == ("Canary", [])
    assert sorted(one["spec"]["replicas"] for one in plan.apply if one["kind"] == "Deployment") == [6, 6]


@pytest.mark.parametrize("phases", [("Canary", 4), ("RollingBack", 6)])
def test_pods_of_another_shape_have_as_long_as_pods_may_take(phases: tuple[str, int]) -> None:
    world = waiting_canary()
    edit(world, resources=LARGER)
    world.reconcile()
    began = timestamp(world.now)
    expected, minutes = phases
    rolling(world, updated=1, progressed=began)
    world.reconcile()
    assert phase(world) == "Canary"
    world.now += timedelta(minutes=minutes)
    world.reconcile()
    assert phase(world) == expected


def test_a_node_that_takes_the_new_pods_one_by_one_is_waited_for() -> None:
    world = waiting_canary(replicas=6)
    edit(world, resources=LARGER)
    world.reconcile()
    for minute in range(4):
        rolling(world, updated=minute + 1, progressed=timestamp(world.now))
        world.reconcile()
        world.now += timedelta(minutes=4)
        world.reconcile()
        assert phase(world) == "Canary"
    world.kubelet()
    world.settle()
    assert phase(world) == "Canary"


def test_what_is_not_seen_by_its_controller_yet_is_not_missed() -> None:
    world = waiting_canary()
    edit(world, resources=LARGER)
    world.reconcile()  # applied, and the Deployment controller is away
    world.now += timedelta(hours=1)
    world.reconcile()
    assert phase(world) == "Canary"
