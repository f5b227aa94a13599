"""What is recorded of a run is what trains, and nothing of a run goes before its end is recorded."""

from __future__ import annotations

from leeboard.planning.training.run_identity import fingerprint
from tests.support.training_world import World


def recorded(**spec: object) -> World:
    """A run is recorded, and has no Job yet."""
    world = World(**spec)
    world.reconcile()
    assert (world.run.phase, world.jobs) == ("Pending", {})
    return world


def params_of(world: World) -> list[str]:
    """The learning rate that each training Job is given."""
    jobs = [raw for raw in world.jobs.values() if raw["metadata"]["labels"]["leeboard.dev/part"] == "training"]
    containers = [raw["spec"]["template"]["spec"]["containers"][0] for raw in jobs]
    return [one["value"] for each in containers for one in each["env"] if one["name"] == "LEEBOARD_PARAM_LEARNING_RATE"]


def test_a_spec_that_changes_before_its_run_has_a_job_is_a_run_of_its_own() -> None:
    world = recorded()
    first = world.run
    world.change(params={"learning_rate": "0.05"})
    world.settle()
    assert [run.id for run in world.runs] != [first.id]
    assert world.run.fingerprint == fingerprint(world.snapshot().job.spec)
    assert params_of(world) == ["0.05"]
    assert world.events == ["RunStarted", "Superseded", "RunStarted"]


def test_a_command_is_answered_although_the_spec_changes_before_its_run_has_a_job() -> None:
    world = World(triggers={"onSpecChange": False})
    world.command("now")
    world.reconcile()
    asked = world.run
    world.change(params={"learning_rate": "0.05"})
    world.settle()
    (run,) = world.runs
    assert (run.cause, run.number) == (asked.cause, asked.number)
    assert run.id != asked.id
    assert (run.job, params_of(world)) == (f"late-flights-{run.id}", ["0.05"])
    status = world.snapshot().job.status
    assert status.answer is not None
    assert (status.answer.subject, status.last_run) == (run.id, run.id)


def test_a_job_that_is_there_keeps_its_run_whatever_the_spec_says() -> None:
    world = recorded()
    first = world.run
    world.execute(world.plan(), effects=1)
    world.change(params={"learning_rate": "0.05"})
    world.reconcile()
    assert (world.run.id, world.run.phase, params_of(world)) == (first.id, "Training", ["0.1"])


def test_the_job_of_a_run_without_news_goes_after_that_is_recorded() -> None:
    world = World(triggers={"onSpecChange": True, "onNewData": {"every": "10m"}})
    world.whole_run()
    world.pass_time(minutes=11)
    world.settle()
    world.end(world.run.job, {"fetch": (67, "")}, failed="PodFailurePolicy")
    plan = world.plan()
    assert (plan.status or {})["runs"][-1]["phase"] == "NoNewData"
    assert plan.delete == ()
    world.execute(plan)
    assert [reference.name for reference in world.plan().delete] == [world.run.job]


def test_a_run_is_held_against_the_champion_by_what_it_trained_with() -> None:
    world = World(triggers={"onSpecChange": False, "onDrift": True})
    world.command("first")
    world.whole_run()
    world.ask_retraining("episode-1")
    world.settle()
    world.change(params={"learning_rate": "0.05"})
    world.train()
    world.settle()
    assert (world.run.cause.kind, world.run.phase) == ("Drift", "NoNewData")
