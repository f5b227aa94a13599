"""Autoscaling: the champion's pods follow its load, save while their ratio to a candidate's is the weight."""

from datetime import timedelta

import pytest

from leeboard.planning.serving.autoscaler import SCALED_BY
from tests.support.examples import example
from tests.support.model_world import START, World
from tests.support.routed import gateway_world

ASKED = {"min": 2, "max": 8, "targetCPUPercent": 60}


def autoscaled(**spec):
    """v1 serves by its autoscaler."""
    world = World(**{"serving": example("model")["spec"]["serving"] | {"autoscaling": ASKED}} | spec)
    world.add_version("v1")
    world.settle()
    assert world.status["champion"]["name"] == "v1"
    return world


def bounds(world, version):
    spec = world.autoscalers[f"late-flights-{version}"]["spec"]
    return spec["minReplicas"], spec["maxReplicas"]


def routed():
    """v1 serves by its autoscaler and has six pods; requests come by a Gateway, and v2 has 10 % of them."""
    serving = example("model")["spec"]["serving"] | {"autoscaling": ASKED}
    world = gateway_world("v1", serving=serving)
    world.autoscale("v1", 6)
    begin(world)
    assert (world.status["candidate"]["phase"], world.weights()["late-flights-v2"]) == ("Canary", 10)
    return world


def passed(world):
    """The stage of the candidate ends well."""
    world.count(candidate=(4000, 4), champion=(36000, 36))
    world.wait(minutes=10)


def replicas(world, version):
    return world.deployments[f"late-flights-{version}"]["spec"]["replicas"]


def begin(world, name="v2"):
    world.add_version(name)
    world.settle()


def test_the_champion_is_scaled_by_the_cpu_of_its_server_container():
    world = autoscaled()
    (one,) = world.autoscalers.values()
    assert one["spec"]["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "late-flights-v1"}
    (metric,) = one["spec"]["metrics"]
    assert metric["containerResource"]["target"] == {"type": "Utilization", "averageUtilization": 60}
    assert metric["containerResource"]["container"] == "server"
    assert bounds(world, "v1") == (2, 8)


def test_what_the_autoscaler_says_is_left_alone_and_was_handed_over_once():
    world = autoscaled()
    assert world.held == {"late-flights-v1"}
    world.autoscale("v1", 5)
    plan = world.plan()
    (desired,) = (one for one in plan.apply if one["kind"] == "Deployment")
    assert "replicas" not in desired["spec"]
    assert desired["metadata"]["annotations"][SCALED_BY] == "autoscaler"
    assert plan.hand_over == ()
    assert (replicas(world, "v1"), world.status["replicas"]) == (5, 5)
    assert "5 of 5 pods" in world.condition("Ready")["message"]


@pytest.mark.parametrize("crash_every", range(2, 12))
def test_no_pod_is_lost_when_the_operator_ends_between_handing_over_and_leaving_out(crash_every):
    world = World(serving=example("model")["spec"]["serving"] | {"replicas": 4})
    world.add_version("v1")
    world.settle()
    world.model["spec"]["serving"] |= {"autoscaling": ASKED}
    world.crash_every = crash_every + 1
    world.settle(60)
    assert (replicas(world, "v1"), bounds(world, "v1")) == (4, (2, 8))


def test_a_canary_holds_the_champion_at_the_pods_it_has():
    world = autoscaled()
    world.autoscale("v1", 6)
    begin(world)
    assert (world.status["candidate"]["phase"], world.status["candidate"]["championReplicas"]) == ("Canary", 6)
    assert bounds(world, "v1") == (6, 6)
    weight = world.status["candidate"]["requestedWeight"]
    assert abs(100 * replicas(world, "v2") / (6 + replicas(world, "v2")) - weight) < 8
    world.autoscale("v1", 2)
    assert (replicas(world, "v1"), "late-flights-v2" in world.autoscalers) == (6, False)


def test_behind_a_gateway_both_versions_are_scaled_for_their_own_share():
    world = routed()
    assert (bounds(world, "v1"), bounds(world, "v2")) == ((6, 8), (1, 8))
    world.autoscale("v2", 4)
    assert (replicas(world, "v1"), replicas(world, "v2"), world.weights()["late-flights-v2"]) == (6, 4, 10)


def test_behind_a_gateway_the_champion_stays_able_to_take_all_requests_back():
    world = routed()
    world.autoscale("v1", 2)
    assert replicas(world, "v1") == 6
    world.autoscale("v1", 8)
    passed(world)
    assert world.status["candidate"]["step"] == 1
    assert (bounds(world, "v1"), bounds(world, "v2")) == ((6, 8), (4, 8))
    world.annotate(abort="1")
    world.settle()
    assert (replicas(world, "v1"), bounds(world, "v1"), "late-flights-v2" in world.autoscalers) == (8, (2, 8), False)


def test_behind_a_gateway_a_promoted_version_keeps_its_autoscaler():
    world = routed()
    uid = world.autoscalers["late-flights-v2"]["metadata"]["uid"]
    passed(world)
    passed(world)
    assert (world.status["champion"]["name"], replicas(world, "v2")) == ("v2", 6)
    assert set(world.autoscalers) == {"late-flights-v2"}
    assert (world.autoscalers["late-flights-v2"]["metadata"]["uid"], bounds(world, "v2")) == (uid, (2, 8))


def test_without_autoscaling_a_candidate_behind_a_gateway_has_the_pods_of_its_stage_again():
    world = routed()
    world.autoscale("v2", 5)
    world.model["spec"]["serving"].pop("autoscaling")
    world.settle()
    assert (replicas(world, "v2"), world.autoscalers) == (1, {})


@pytest.mark.parametrize("crash_every", range(2, 9))
def test_no_pod_of_a_candidate_is_lost_when_the_operator_ends_between_handing_over_and_leaving_out(crash_every):
    serving = example("model")["spec"]["serving"] | {"autoscaling": ASKED}
    world = gateway_world("v1", serving=serving)
    world.autoscale("v1", 6)
    world.crash_every = crash_every + 1
    world.add_version("v2")
    world.settle(60)
    world.count(candidate=(4000, 4), champion=(36000, 36))
    world.now += timedelta(minutes=10)
    world.settle(60)
    assert (replicas(world, "v2"), bounds(world, "v2"), world.weights()["late-flights-v2"]) == (3, (3, 8), 50)


def test_a_candidate_that_starts_does_not_hold_the_champion():
    world = autoscaled()
    world.slow = {"v2"}
    begin(world)
    world.autoscale("v1", 7)
    assert (replicas(world, "v1"), bounds(world, "v1")) == (7, (2, 8))


def test_a_promoted_version_begins_with_the_pods_of_the_champion_and_is_scaled_from_there():
    world = autoscaled()
    world.autoscale("v1", 6)
    begin(world)
    world.annotate(promote="1")
    world.settle()
    assert (world.status["champion"]["name"], replicas(world, "v2"), replicas(world, "v1")) == ("v2", 6, 6)
    assert set(world.autoscalers) == {"late-flights-v2"}
    world.autoscale("v2", 3)
    assert replicas(world, "v2") == 3


def test_after_a_rollback_the_champion_is_scaled_again():
    world = autoscaled()
    begin(world)
    world.annotate(abort="1")
    world.settle()
    assert bounds(world, "v1") == (2, 8)
    world.autoscale("v1", 8)
    assert replicas(world, "v1") == 8


def test_abort_after_a_switch_brings_all_pods_back_although_nothing_used_them():
    world = autoscaled(rollout={"strategy": "BlueGreen"})
    world.autoscale("v1", 6)
    begin(world)
    assert (world.status["champion"]["name"], replicas(world, "v2")) == ("v2", 6)
    world.autoscale("v2", 8)
    world.wait(minutes=5)
    assert replicas(world, "v1") == 6
    world.annotate(abort="1")
    world.settle()
    assert (world.status["champion"]["name"], replicas(world, "v1"), bounds(world, "v1")) == ("v1", 6, (2, 8))


def test_without_autoscaling_the_number_is_ours_again():
    world = autoscaled()
    world.autoscale("v1", 6)
    world.model["spec"]["serving"].pop("autoscaling")
    world.settle()
    assert (replicas(world, "v1"), world.autoscalers) == (world.model["spec"]["serving"]["replicas"], {})
    assert (
        SCALED_BY
        not in next(one for one in world.plan().apply if one["kind"] == "Deployment")["metadata"]["annotations"]
    )


def test_asking_for_it_restarts_nobody():
    world = World()
    world.add_version("v1")
    world.settle()
    before = dict(world.templates)
    world.model["spec"]["serving"] |= {"autoscaling": ASKED}
    world.settle()
    assert world.templates == before


def test_pods_are_spread_softly_and_of_the_champion_one_may_be_taken_at_a_time():
    world = World()
    world.add_version("v1")
    world.settle()
    spread = world.deployments["late-flights-v1"]["spec"]["template"]["spec"]["topologySpreadConstraints"]
    assert [(one["topologyKey"], one["whenUnsatisfiable"]) for one in spread] == [
        ("kubernetes.io/hostname", "ScheduleAnyway"),
        ("topology.kubernetes.io/zone", "ScheduleAnyway"),
    ]
    assert spread[0]["labelSelector"]["matchLabels"]["leeboard.dev/version"] == "v1"
    budget = world.budgets["late-flights"]["spec"]
    assert (budget["maxUnavailable"], budget["unhealthyPodEvictionPolicy"]) == (1, "AlwaysAllow")
    assert budget["selector"]["matchLabels"]["leeboard.dev/version"] == "v1"
    begin(world)
    world.annotate(promote="1")
    world.settle()
    assert world.budgets["late-flights"]["spec"]["selector"]["matchLabels"]["leeboard.dev/version"] == "v2"


def test_the_scale_subresource_tells_the_champions_pods():
    world = World()
    world.add_version("v1")
    world.settle()
    assert world.status["replicas"] == world.model["spec"]["serving"]["replicas"]
    assert world.status["selector"] == (
        "leeboard.dev/model=late-flights,leeboard.dev/part=server,leeboard.dev/version=v1"
    )
    assert world.now - START < timedelta(minutes=1)
