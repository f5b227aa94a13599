"""The states of a Model."""

from __future__ import annotations

from leeboard.planning.conditions import timestamp
from tests.support.examples import example
from tests.support.model_world import World
from tests.support.restoring_world import UNKNOWN, RestoringWorld
from tests.support.states.model_worlds import (
    AB_TEST,
    BAD,
    BANDIT,
    BROKEN,
    OUTCOME,
    ab_world,
    arm,
    bandit_world,
    canary_world,
    empty,
    lacking,
    pairs,
    played_out,
    serving_world,
    shadow_world,
    staged_world,
    stretch,
)
from tests.support.states.state import DELETED, UNSEEN, States, changed, deleted, refused, unseen

MODELS = States("Model")
HELD = "v2 is held by the annotation leeboard.dev/pause"


@MODELS.state("InProgress", "Progressing", text=UNSEEN)
def not_seen_yet() -> World:
    return unseen(empty())


@MODELS.state("InProgress", "Progressing")
def no_version() -> World:
    return empty()


@MODELS.state("Failed", "Degraded", "Stalled")
def every_version_rejected() -> World:
    world = World()
    world.add_version("v1", phase="Rejected")
    world.settle()
    return world


@MODELS.state("InProgress", "Suspended", "AwaitingApproval")
def first_version_awaits_approval() -> World:
    world = World(promotion={"policy": "Approval"})
    world.add_version("v1", phase="AwaitingApproval")
    world.settle()
    return world


@MODELS.state("InProgress", "Progressing", "Reconciling")
def first_version_starts() -> World:
    world = World()
    world.slow = {"v1"}
    world.add_version("v1")
    world.settle()
    return world


@MODELS.state("Failed", "Degraded", "Stalled")
def first_version_cannot_start() -> World:
    world = World()
    world.problems["v1"] = BROKEN
    world.add_version("v1")
    world.settle()
    return world


@MODELS.state("Failed", "Degraded", "Stalled")
def first_version_never_ready() -> World:
    world = World()
    world.slow = {"v1"}
    world.add_version("v1")
    world.settle()
    world.wait(minutes=5)
    return world


@MODELS.state("Current", "Healthy")
def serving() -> World:
    return serving_world()


@MODELS.state("Current", "Healthy")
def serving_what_runs_its_own_code() -> World:
    world = World(serving=example("model")["spec"]["serving"] | {"allowUnsafeFormats": True})
    world.add_version("v1")
    world.versions["v1"]["spec"]["artifact"]["format"] = "sklearn-pickle"
    world.settle()
    return world


@MODELS.state("Current", "Healthy")
def serving_with_a_redaction_that_names_no_input() -> World:
    logging = {"sampleRate": "0.1", "redact": ["no_such_input"]}
    world = World(serving=example("model")["spec"]["serving"] | {"logging": logging})
    world.add_version("v1")
    world.settle()
    return world


@MODELS.state("Current", "Healthy")
def serving_while_an_exporter_begins_anew() -> World:
    world = serving_world()
    pod = world.snapshot().pods[0]["metadata"]["name"]
    world.exporters[pod] = {
        "restartCount": 1,
        "state": {"running": {"startedAt": timestamp(world.now)}},
        "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
    }
    world.settle()
    assert world.condition("ObservationsMissing")
    return world


@MODELS.state("Failed", "Degraded", "Stalled")
def serving_while_an_exporter_is_dead() -> World:
    world = serving_world()
    pod = world.snapshot().pods[0]["metadata"]["name"]
    world.exporters[pod] = {
        "restartCount": 4,
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
    }
    world.settle()
    assert world.condition("ObservationsMissing")
    return world


@MODELS.state("InProgress", "Progressing", text=UNSEEN)
def spec_changed() -> World:
    return changed(serving_world())


@MODELS.state("Current", "Healthy")
def candidate_starts() -> World:
    world = serving_world()
    world.slow = {"v2"}
    world.add_version("v2")
    world.settle()
    return world


@MODELS.state("Current", "Healthy")
def candidate_in_staging() -> World:
    return staged_world(duration="7d")


@MODELS.state("Current", "Suspended", "Staged")
def candidate_held_in_staging_for_days() -> World:
    world = staged_world(hold=True)
    world.wait(days=3)
    return world


@MODELS.state("Current", "Healthy", "Ready", "CanaryInProgress")
def canary_after_staging() -> World:
    world = staged_world(hold=True)
    world.annotate(promote="1")
    world.settle()
    assert world.status["candidate"]["phase"] == "Canary"
    return world


@MODELS.state("Failed", "Degraded", "Stalled")
def aborted_in_staging() -> World:
    world = staged_world(hold=True)
    world.annotate(abort="1")
    world.settle()
    return world


@MODELS.state("Current", "Healthy", "Ready", "CanaryInProgress")
def canary() -> World:
    return canary_world()


@MODELS.state("Current", "Healthy", "Ready", "CanaryInProgress")
def canary_for_days() -> World:
    world = canary_world()
    world.wait(days=3)
    return world


@MODELS.state("Current", "Suspended", text=HELD)
def canary_paused() -> World:
    world = canary_world()
    world.annotate(pause="true")
    world.settle()
    return world


@MODELS.state("Current", "Suspended", "CanaryInProgress")
def canary_without_a_verdict_in_time() -> World:
    steps = [{"weight": 50, "duration": "10m"}]
    analysis = {"maxDuration": "1h", "guards": [{"type": "ErrorRate", "margin": "0.01"}]}
    world = canary_world(rollout={"strategy": "Canary", "steps": steps, "analysis": analysis})
    world.count(candidate=(600, 0), champion=(600, 0))
    world.wait(minutes=61)
    return world


@MODELS.state("Current", "Healthy")
def paused_without_candidate() -> World:
    world = serving_world()
    world.annotate(pause="true")
    world.settle()
    return world


@MODELS.state("Current", "Healthy", "Ready", "CanaryInProgress")
def promoting() -> World:
    world = canary_world()
    world.annotate(promote="1")
    world.slow = {"v2"}
    world.kubelet()
    world.reconcile()
    assert world.status["candidate"]["phase"] == "Promoting"
    return world


@MODELS.state("Current", "Healthy")
def promoted() -> World:
    world = canary_world()
    world.annotate(promote="1")
    world.settle()
    assert world.status["draining"]["name"] == "v1"
    return world


@MODELS.state("Current", "Suspended", "AwaitingApproval")
def next_version_awaits_approval() -> World:
    world = World(promotion={"policy": "Approval"})
    world.add_version("v1")
    world.versions["v1"]["status"]["approvedBy"] = "ann"
    world.settle()
    world.add_version("v2", phase="AwaitingApproval")
    world.settle()
    return world


@MODELS.state("Failed", "Degraded", "Stalled")
def rolling_back() -> World:
    world = canary_world()
    world.count(**BAD)
    world.settle()
    assert world.status["candidate"]["phase"] == "RollingBack"
    return world


@MODELS.state("Failed", "Degraded", "Stalled")
def rolled_back() -> World:
    world = canary_world()
    world.count(**BAD)
    world.settle()
    world.wait(seconds=31)
    assert "candidate" not in world.status
    return world


@MODELS.state("Failed", "Degraded", "Stalled")
def restored_and_held_back() -> World:
    world = RestoringWorld()
    world.add_version("v1")
    world.settle()
    world.restore("v2", {"rolledBack": UNKNOWN})
    world.settle()
    assert world.condition("Stalled")["reason"] == "PastUnknown"
    return world


@MODELS.state("Failed", "Degraded", "Stalled")
def restored_without_anything_known_to_have_served() -> World:
    world = RestoringWorld()
    world.restore("v1", {"rolledBack": UNKNOWN})
    world.settle()
    assert "champion" not in world.status
    return world


@MODELS.state("Failed", "Degraded", "Stalled")
def aborted() -> World:
    world = canary_world()
    world.annotate(abort="1")
    world.settle()
    world.wait(seconds=31)
    return world


@MODELS.state("Failed", "Degraded", "Stalled")
def reverted_after_blue_green() -> World:
    world = serving_world(rollout={"strategy": "BlueGreen"})
    world.add_version("v2")
    world.settle()
    world.annotate(abort="1")
    world.settle()
    assert world.status["champion"]["name"] == "v1"
    return world


@MODELS.state("Current", "Healthy", "Ready", "CanaryInProgress")
def rolled_back_and_followed_by_a_newer_canary() -> World:
    world = canary_world()
    world.count(**BAD)
    world.settle()
    world.wait(seconds=31)
    world.add_version("v3")
    world.settle()
    return world


@MODELS.state("Current", "Healthy")
def superseded() -> World:
    world = canary_world()
    world.add_version("v3")
    world.settle()
    assert world.status["candidate"]["reason"] == "Superseded"
    return world


@MODELS.state("Current", "Healthy")
def rolled_back_and_pinned_to_the_champion() -> World:
    world = canary_world()
    world.count(**BAD)
    world.settle()
    world.wait(seconds=31)
    world.model["spec"]["promotion"] = {"policy": "Pinned", "version": "v1"}
    world.settle()
    return world


@MODELS.state("Current", "Healthy", "Ready", "ChallengersInProgress")
def compared_with_a_challenger() -> World:
    return shadow_world()


@MODELS.state("Current", "Healthy", "Ready", "ChallengersInProgress")
def compared_with_challengers_for_weeks() -> World:
    world = shadow_world(challengers={"most": 2})
    world.add_version("v3")
    world.settle()
    world.wait(days=20)
    world.pair(pairs("v2", copies=400), pairs("v3", flips=200))
    world.settle()
    return world


@MODELS.state("Current", "Healthy", "Ready", "ChallengersInProgress")
def compared_without_copies() -> World:
    world = shadow_world()
    world.wait(hours=1)
    assert world.status["challengers"][0]["reason"] == "CopiesMissing"
    return world


@MODELS.state("Current", "Healthy", "Ready", "ChallengersInProgress")
def comparison_passed_and_held() -> World:
    world = shadow_world(shadow={"then": "Hold"})
    world.wait(days=2)
    world.pair(pairs("v2"))
    world.settle()
    assert world.status["challengers"][0]["reason"] == "ComparisonPassed"
    return world


@MODELS.state("Current", "Suspended", text=HELD)
def comparison_paused() -> World:
    world = shadow_world()
    world.annotate(pause="true")
    world.settle()
    return world


@MODELS.state("Current", "Healthy")
def challenger_starts() -> World:
    world = serving_world(rollout={"strategy": "Shadow"})
    world.slow = {"v2"}
    world.add_version("v2")
    world.settle()
    return world


@MODELS.state("Failed", "Degraded", "Stalled")
def challenger_shut_out() -> World:
    world = shadow_world()
    world.pair(pairs("v2", flips=900))
    world.settle()
    assert not world.status.get("challengers")
    return world


@MODELS.state("Failed", "Degraded", "Stalled")
def challenger_cannot_start() -> World:
    world = serving_world(rollout={"strategy": "Shadow"})
    world.problems["v2"] = BROKEN
    world.add_version("v2")
    world.settle()
    return world


@MODELS.state("Current", "Healthy", "Ready", "ChallengersInProgress")
def ab_test_by_callers() -> World:
    return ab_world()


@MODELS.state("Current", "Healthy", "Ready", "ChallengersInProgress")
def ab_test_by_callers_of_several_for_weeks() -> World:
    world = ab_world("v2", "v3", challengers={"most": 2})
    world.wait(days=20)
    world.earn(OUTCOME, arm("v1", 400, 80), arm("v2", 400, 81), arm("v3", 400, 79))
    world.settle()
    return world


@MODELS.state("Current", "Healthy", "Ready", "ChallengersInProgress")
def ab_test_without_labels() -> World:
    world = ab_world()
    world.wait(days=8)
    world.earn(OUTCOME, arm("v1", 0, 0, requests=4000), arm("v2", 0, 0, requests=4000))
    world.settle()
    assert world.status["challengers"][0]["reason"] == "LabelsAwaited"
    return world


@MODELS.state("Current", "Healthy", "Ready", "ChallengersInProgress")
def ab_test_won_and_held() -> World:
    world = ab_world(abTest=AB_TEST["abTest"] | {"then": "Hold"})
    world.wait(days=8)
    world.earn(OUTCOME, arm("v1", 400, 80), arm("v2", 400, 160))
    world.settle()
    assert world.status["challengers"][0]["reason"] == "ComparisonPassed"
    return world


@MODELS.state("Current", "Suspended", "ChallengersInProgress")
def ab_test_without_a_verdict_in_time() -> World:
    world = ab_world(analysis=AB_TEST["analysis"] | {"maxDuration": "14d"})
    world.wait(days=15)
    world.earn(OUTCOME, arm("v1", 400, 80), arm("v2", 400, 80))
    world.settle()
    assert world.status["challengers"][0]["inconclusiveSince"]
    return world


@MODELS.state("Current", "Suspended", text=HELD)
def ab_test_paused() -> World:
    world = ab_world()
    world.annotate(pause="true")
    world.settle()
    return world


@MODELS.state("Current", "Healthy")
def ab_test_that_the_champion_won() -> World:
    world = ab_world()
    world.wait(days=8)
    world.earn(OUTCOME, arm("v1", 400, 160), arm("v2", 400, 80))
    world.settle()
    assert world.status["quarantined"][0]["reason"] == "TestLost"
    return world


@MODELS.state("Current", "Healthy", "Ready", "CanaryInProgress")
def ab_test_won_by_a_challenger_that_gets_its_pods() -> World:
    world = ab_world()
    world.wait(days=8)
    world.earn(OUTCOME, arm("v1", 400, 80), arm("v2", 400, 160))
    world.slow = {"v2"}
    world.settle()
    assert world.status["candidate"]["phase"] == "Promoting"
    return world


@MODELS.state("Failed", "Degraded", "Stalled")
def ab_test_ended_by_a_guard() -> World:
    world = ab_world()
    world.earn(OUTCOME, arm("v1", 400, 80), arm("v2", 400, 160, errors=600))
    world.settle()
    assert world.status["quarantined"][0]["reason"] == "ErrorRateTooHigh"
    return world


@MODELS.state("Current", "Healthy", "Ready", "ChallengersInProgress")
def bandit_by_requests() -> World:
    return bandit_world()


@MODELS.state("Current", "Healthy", "Ready", "ChallengersInProgress")
def bandit_of_several_whose_shares_follow_the_rewards() -> World:
    return played_out(bandit_world("v2", "v3", challengers={"most": 2}), 1, 6, v1=50, v2=90, v3=60)


@MODELS.state("Current", "Healthy", "Ready", "ChallengersInProgress")
def bandit_with_a_leader() -> World:
    return played_out(bandit_world(), v1=50, v2=90)


@MODELS.state("Current", "Suspended", text=HELD)
def bandit_paused() -> World:
    world = played_out(bandit_world(), 1, 3, v1=50, v2=90)
    world.annotate(pause="true")
    world.settle()
    return world


@MODELS.state("Current", "Healthy", "Ready", "ChallengersInProgress")
def bandit_won_and_held() -> World:
    world = played_out(bandit_world(bandit=BANDIT["bandit"] | {"then": "Hold"}), v1=50, v2=90)
    world.wait(days=2)
    stretch(world, 20, v1=50, v2=90)
    assert world.status["challengers"][0]["reason"] == "ComparisonPassed"
    return world


@MODELS.state("Current", "Suspended", "ChallengersInProgress")
def bandit_without_a_verdict_in_time() -> World:
    world = played_out(bandit_world(analysis=BANDIT["analysis"] | {"maxDuration": "7d"}), 1, 3, v1=50, v2=51)
    world.wait(days=8)
    stretch(world, 4, v1=50, v2=51)
    assert world.status["challengers"][0]["inconclusiveSince"]
    return world


@MODELS.state("Current", "Healthy")
def bandit_that_the_champion_won() -> World:
    world = bandit_world()
    world.wait(days=2)
    stretch(world, 20, v1=90, v2=50)
    assert world.status["quarantined"][0]["reason"] == "TestLost"
    return world


@MODELS.state("Current", "Healthy", "Ready", "CanaryInProgress")
def bandit_whose_challenger_is_promoted_by_command() -> World:
    world = played_out(bandit_world(), 1, 3, v1=50, v2=90)
    world.annotate(promote="1")
    world.slow = {"v2"}
    world.settle()
    assert world.status["candidate"]["phase"] == "Promoting"
    return world


@MODELS.state("Failed", "Degraded", "Stalled")
def bandit_ended_by_a_guard() -> World:
    world = played_out(bandit_world(), 1, 6, v1=50, v2=90)
    stretch(world, 7, v1=50, v2=90, errors={"v2": 1500})
    assert world.status["quarantined"][0]["reason"] == "ErrorRateTooHigh"
    return world


@MODELS.state("Failed", "Degraded", "Stalled")
def pinned_version_is_missing() -> World:
    world = serving_world()
    world.model["spec"]["promotion"] = {"policy": "Pinned", "version": "v9"}
    world.settle()
    return world


@MODELS.state("Failed", "Degraded", "Stalled")
def pinned_version_cannot_start() -> World:
    world = serving_world()
    world.add_version("v2")
    world.problems["v2"] = BROKEN
    world.model["spec"]["promotion"] = {"policy": "Pinned", "version": "v2"}
    world.settle()
    return world


@MODELS.state("InProgress", "Progressing", "Reconciling")
def champion_lacks_a_pod() -> World:
    return lacking(serving_world(), 1, minutes=0)


@MODELS.state("Failed", "Degraded", "Stalled")
def champion_lacks_a_pod_for_long() -> World:
    return lacking(serving_world(), 1, minutes=5)


@MODELS.state("InProgress", "Progressing", "Reconciling")
def champion_has_no_pod() -> World:
    return lacking(serving_world(), 0, minutes=0)


@MODELS.state("Failed", "Degraded", "Stalled")
def champion_cannot_start_again() -> World:
    world = serving_world()
    world.problems["v1"] = BROKEN
    return lacking(world, 0, minutes=0)


@MODELS.state("Failed", "Degraded", "Stalled")
def child_refused() -> World:
    return refused(serving_world())


@MODELS.state("Terminating", "Progressing", text=DELETED)
def being_deleted() -> World:
    return deleted(serving_world())
