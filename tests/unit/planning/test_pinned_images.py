"""What a version runs stays as it was adopted, whatever the operator is upgraded to and wherever a tag moves."""

import json
from datetime import timedelta

import pytest

from leeboard.planning.settings import Settings
from tests.support.model_world import World

OLD, NEW = "sha256:" + "a" * 64, "sha256:" + "b" * 64
SERVER = "registry.example/server"
UPGRADED = Settings(
    runtime_image="registry.example/runtime:2",
    server_image=f"{SERVER}:2",
    flush_interval=timedelta(seconds=7),
    namespace="elsewhere",
    image_pull_secrets=("new",),
)


def world_of(image: str = f"{SERVER}:1") -> World:
    """A world in which the nodes know the digest of the server's tag."""
    world = World()
    world.settings = Settings(runtime_image="registry.example/runtime:1", server_image=image)
    world.registry = {f"{SERVER}:1": f"{SERVER}@{OLD}", f"{SERVER}:2": f"{SERVER}@{NEW}"}
    return world


def images(world: World, version: str) -> set[str]:
    """What the containers of a version's pods run."""
    (live,) = [
        one for one in world.deployments.values() if one["metadata"]["labels"]["leeboard.dev/version"] == version
    ]
    pod = live["spec"]["template"]["spec"]
    return {container["image"] for container in (*pod["initContainers"], *pod["containers"])}


def templates(world: World) -> dict[str, str]:
    return {name: json.dumps(one["spec"]["template"], sort_keys=True) for name, one in world.deployments.items()}


def canary(world: World) -> World:
    """v1 is champion, and v2 in its first stage."""
    for version in ("v1", "v2"):
        world.add_version(version)
        world.settle()
    assert world.status["candidate"]["phase"] == "Canary"
    return world


def test_a_tag_is_recorded_by_its_digest_before_the_version_gets_traffic() -> None:
    world = canary(world_of())
    for place, version in (("champion", "v1"), ("candidate", "v2")):
        assert world.status[place]["images"]["server"] == f"{SERVER}@{OLD}"
        assert images(world, version) == {f"{SERVER}@{OLD}"}


def test_pods_from_before_the_pin_get_no_traffic_although_they_are_ready_first() -> None:
    world = world_of()
    world.add_version("v1")
    world.settle()
    world.add_version("v2")
    for _ in range(6):
        world.reconcile()
        world.kubelet()
        live = next((one for one in world.deployments.values() if "v2" in one["metadata"]["name"]), None)
        if live is not None and images(world, "v2") == {f"{SERVER}@{OLD}"}:
            # the one pod of the tag is ready, that of the digest is there and is not
            live["status"] |= {"replicas": 2, "readyReplicas": 1, "availableReplicas": 1, "updatedReplicas": 1}
    assert world.status["candidate"]["phase"] == "Starting"
    assert "v2" not in str(world.selector)
    world.settle()
    assert world.status["candidate"]["phase"] == "Canary"


def test_an_upgrade_under_a_canary_changes_no_pod_of_champion_and_candidate() -> None:
    world = canary(world_of())
    before = templates(world)
    world.settings = UPGRADED
    world.settle()
    assert templates(world) == before
    world.count(candidate=(3000, 0), champion=(6000, 0))
    world.wait(hours=1)
    world.count(candidate=(9000, 0), champion=(9000, 0))
    world.wait(hours=1)
    assert world.status["champion"]["name"] == "v2"
    name = next(name for name in before if "v2" in name)
    assert templates(world)[name] == before[name]
    world.add_version("v3")
    world.settle()
    assert images(world, "v3") == {f"{SERVER}@{NEW}"}


def test_a_tag_that_moves_moves_no_version_that_was_adopted() -> None:
    world = canary(world_of())
    before = templates(world)
    world.registry[f"{SERVER}:1"] = f"{SERVER}@{NEW}"
    world.wait(minutes=30)
    assert templates(world) == before
    del world.status["champion"], world.status["candidate"]  # and the status is lost
    world.settle()
    assert templates(world) == before


@pytest.mark.parametrize("known", ["", OLD, f"mirror.example/server@{OLD}"])
def test_where_nodes_know_no_digest_of_the_repository_the_tag_stays_and_holds_nothing_up(known: str) -> None:
    world = world_of()
    world.registry = {f"{SERVER}:1": known}
    canary(world)
    assert images(world, "v2") == {f"{SERVER}:1"}


def test_what_the_chart_was_installed_with_by_digest_is_run_as_it_is() -> None:
    world = world_of(f"{SERVER}@{OLD}")
    world.registry[f"{SERVER}@{OLD}"] = f"{SERVER}@{OLD}"
    canary(world)
    assert images(world, "v1") == images(world, "v2") == {f"{SERVER}@{OLD}"}


@pytest.mark.parametrize("every", range(3, 8))
def test_a_crash_between_any_two_calls_leaves_no_other_image(every: int) -> None:
    world = world_of()
    world.crash_every = every
    canary(world)
    assert images(world, "v1") == images(world, "v2") == {f"{SERVER}@{OLD}"}
