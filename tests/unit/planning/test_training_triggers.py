"""What starts a run, what does not, and what has to wait."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leeboard.api.training_job import TrainingJob
from leeboard.planning.training.run_identity import fingerprint, run_id
from leeboard.planning.training.schedule import CronSchedule
from tests.support.training_world import World, digest, training_result

UNTRAINED = {
    "limits": {"deadline": "5m", "retries": 1, "cooldown": "1h", "maxRunsPerDay": 3},
    "triggers": {"schedule": {"cron": "0 3 * * 1"}, "onDrift": True, "onSpecChange": True},
    "resources": {"limits": {"memory": "9Gi"}},
    "storage": {"secretRef": {"name": "other"}},
    "output": {"uri": "s3://elsewhere/"},
    "serviceAccountName": "other",
    "suspend": True,
    "imagePullSecrets": [{"name": "pull"}],
}


def trained_changes() -> st.SearchStrategy[tuple[str, object]]:
    text = st.text(alphabet="abcdefgh0123", min_size=1, max_size=12)
    return st.one_of(
        st.tuples(st.just("seed"), st.integers(8, 1000)),
        st.tuples(st.just("image"), text.map(lambda name: f"registry/{name}")),
        st.tuples(st.just("params"), st.dictionaries(text, text, min_size=3)),
        st.tuples(st.just("command"), st.lists(text, min_size=3, max_size=5)),
        st.tuples(st.just("code"), text.map(lambda r: {"from": "Git", "repository": "http://git/x", "revision": r})),
    )


def identity_of(world: World) -> str:
    return run_id(fingerprint(TrainingJob.parse(world.job).spec), "SpecChange")


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.sets(st.sampled_from(sorted(UNTRAINED))))
def test_limits_triggers_resources_and_credentials_do_not_make_another_run(fields: set[str]) -> None:
    plain, world = World(), World()
    world.change(**{name: UNTRAINED[name] for name in fields})
    assert identity_of(world) == identity_of(plain)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(trained_changes())
def test_every_training_field_makes_another_run(change: tuple[str, object]) -> None:
    plain, world = World(), World()
    world.change(**{change[0]: change[1]})
    assert identity_of(world) != identity_of(plain)


def test_the_order_of_datasets_and_parameters_says_nothing() -> None:
    plain, world = World(), World()
    world.job["spec"]["datasets"].reverse()
    world.job["spec"]["params"] = dict(reversed(world.job["spec"]["params"].items()))
    assert identity_of(world) == identity_of(plain)


def test_changing_a_limit_trains_nothing_and_is_observed() -> None:
    world = World()
    world.whole_run()
    world.change(**{name: value for name, value in UNTRAINED.items() if name not in ("suspend", "triggers")})
    world.settle()
    assert len(world.runs) == 1
    assert world.job["status"]["observedGeneration"] == 2


def test_a_change_while_a_run_is_under_way_waits_for_its_end() -> None:
    world = World()
    world.settle()
    world.change(seed=8)
    world.settle()
    assert len(world.runs) == 1
    world.whole_run()
    assert [run.phase for run in world.runs] == ["Succeeded", "Training"]


def test_a_spec_that_returns_names_its_version_again() -> None:
    world = World()
    first = world.whole_run()
    world.change(seed=8)
    world.whole_run(artifact="d")
    world.change(seed=7)
    world.settle()
    assert len(world.runs) == 2
    assert world.job["status"]["lastRun"] == first.id
    assert world.events[-1] == "VersionReselected"
    assert len(world.plan().events) == 0


def test_a_training_job_made_anew_trains_nothing_that_the_registry_holds() -> None:
    world = World()
    first = world.whole_run()
    world.job.pop("status")
    world.job["metadata"]["uid"] = "another"
    world.jobs.clear()
    world.settle()
    assert [(run.id, run.phase, run.model_version) for run in world.runs] == [
        (first.id, "Succeeded", first.model_version)
    ]
    assert world.jobs == {} and world.conditions() == {"Ready": ("True", "RunSucceeded")}


def test_a_spec_that_returns_to_what_failed_is_not_run_again_but_says_so() -> None:
    world = World()
    world.settle()
    world.end(world.run.job, {"train": (1, "")}, failed="PodFailurePolicy")
    world.settle()
    failed = world.run
    world.change(seed=8)
    world.whole_run()
    world.change(seed=7)
    world.settle()
    assert len(world.runs) == 2 and world.conditions()["Stalled"] == ("True", "ScriptFailed")
    world.command("again-1")
    world.settle()
    assert world.run.phase == "Training" and world.run.id != failed.id and world.run.cause.kind == "Manual"


def test_a_command_is_an_edge() -> None:
    world = World()
    world.whole_run()
    world.command("one")
    world.whole_run(artifact="d")
    world.settle()
    assert len(world.runs) == 2
    world.job["metadata"]["annotations"] = {}
    world.settle()
    world.command("two")
    world.settle()
    assert [run.cause.kind for run in world.runs] == ["SpecChange", "Manual", "Manual"]


def test_suspended_begins_nothing_but_goes_on_with_what_runs() -> None:
    world = World()
    world.settle()
    world.change(suspend=True, seed=9)
    world.whole_run()
    world.command("now")
    world.settle()
    assert [run.phase for run in world.runs] == ["Succeeded"]
    assert world.conditions()["Suspended"] == ("True", "Suspended")
    world.change(suspend=False)
    world.settle()
    assert world.run.phase == "Training" and world.run.cause.kind == "Manual"
    assert "Suspended" not in world.conditions()


def test_an_episode_of_drift_starts_one_run() -> None:
    world = World(triggers={"onSpecChange": True, "onDrift": True})
    world.whole_run()
    world.ask_retraining("episode-1")
    run = world.whole_run(data="9", artifact="d")
    cause = world.versions[run.model_version]["spec"]["cause"]
    assert cause["kind"] == "Drift" and cause["reason"] == "roc_auc 0.69 → 0.62"
    assert cause["ref"] == {"kind": "DriftMonitor", "name": "late-flights", "uid": "dm-uid", "episode": "episode-1"}
    for _ in range(3):
        world.pass_time(days=2)
        world.settle()
    assert len(world.runs) == 2
    world.ask_retraining("episode-2")
    world.settle()
    assert len(world.runs) == 3


def test_drift_on_the_same_data_ends_without_a_version_and_is_looked_at_again_later() -> None:
    world = World(triggers={"onSpecChange": True, "onDrift": True})
    world.whole_run()
    world.ask_retraining("episode-1")
    world.whole_run()
    assert (world.run.phase, len(world.versions)) == ("NoNewData", 1)
    assert world.conditions() == {"Ready": ("True", "RunSucceeded")}
    plan = world.plan()
    assert plan.requeue_after == timedelta(minutes=10) and plan.status is None
    world.pass_time(minutes=10)
    world.whole_run(data="9", artifact="d")
    assert (world.run.phase, world.run.cause.kind) == ("Succeeded", "Drift")


def test_drift_is_ignored_where_the_job_says_so() -> None:
    world = World(triggers={"onSpecChange": True, "onDrift": False})
    world.whole_run()
    world.ask_retraining("episode-1")
    world.settle()
    assert len(world.runs) == 1


def test_looking_for_new_code_and_data_is_free_until_something_is_new() -> None:
    world = World(
        triggers={"onSpecChange": True, "onNewCommit": {"every": "5m"}, "onNewData": {"every": "10m"}},
        limits={"maxRunsPerDay": 2, "cooldown": "1h"},
    )
    world.whole_run()
    assert world.plan().requeue_after == timedelta(minutes=5)
    for _ in range(30):
        world.pass_time(minutes=5)
        world.settle()
        assert world.run.phase == "Training"
        world.end(world.run.job, {"fetch": (67, {"contract": 1, "reason": "NoNewData"})}, failed="PodFailurePolicy")
        world.settle()
        assert world.run.phase == "NoNewData"
    assert [run.phase for run in world.runs] == ["Succeeded", "NoNewData"]
    assert world.conditions() == {"Ready": ("True", "RunSucceeded")}
    assert len(world.jobs) == 2
    world.pass_time(minutes=5)
    run = world.whole_run(commit="e" * 40, artifact="d")
    assert (run.phase, run.cause.kind, run.cause.reason) == ("Succeeded", "NewCommit", f"commit {'e' * 12}")


def test_what_is_compared_is_what_was_asked_for() -> None:
    from leeboard.planning.training.baseline import baseline

    digests = [{"name": "train", "digest": digest("a")}, {"name": "holdout", "digest": digest("c")}]
    commit = training_result("x")["code"]["commit"]
    for triggers, expected in (
        ({"onNewCommit": {"every": "5m"}}, {"commit": commit}),
        ({"onNewData": {"every": "5m"}}, {"datasets": digests}),
        ({"onNewCommit": {"every": "5m"}, "onNewData": {"every": "5m"}}, {"commit": commit, "datasets": digests}),
        ({"schedule": {"cron": "* * * * *"}}, {"commit": commit, "datasets": digests}),
    ):
        world = World(triggers={"onSpecChange": True, **triggers})
        world.whole_run()
        world.pass_time(minutes=5)
        world.settle()
        assert baseline(world.run, world.runs, world.snapshot().job.spec) == expected
        world.change(seed=100)
        assert baseline(world.runs[0], world.runs, world.snapshot().job.spec) is None


def test_a_commit_that_fails_is_not_trained_again_every_five_minutes() -> None:
    from leeboard.planning.training.baseline import baseline

    world = World(triggers={"onNewCommit": {"every": "5m"}})
    world.whole_run()
    world.pass_time(minutes=5)
    world.settle()
    broken = training_result(world.run.id, commit="d" * 40)
    fetched = {key: broken[key] for key in ("contract", "run", "code", "datasets")}
    world.end(world.run.job, {"fetch": (0, fetched), "train": (1, "")}, failed="PodFailurePolicy")
    world.settle()
    assert world.run.commit == "d" * 40
    world.pass_time(minutes=5)
    world.settle()
    assert baseline(world.run, world.runs, world.snapshot().job.spec) == {"commit": "d" * 40}


def test_a_schedule_catches_up_once_and_not_with_the_time_before_it_was_there() -> None:
    world = World(triggers={"onSpecChange": False, "schedule": {"cron": "0 3 * * *", "timeZone": "Europe/Berlin"}})
    world.settle()
    assert not world.runs and world.conditions() == {"Ready": ("True", "Idle")}
    assert world.plan().requeue_after == timedelta(hours=1)
    world.pass_time(days=4)
    world.whole_run()
    world.settle()
    assert [run.cause.kind for run in world.runs] == ["Schedule"]


def test_a_malformed_schedule_stalls_instead_of_raising() -> None:
    world = World(triggers={"schedule": {"cron": "0 25 * * *"}})
    world.settle()
    assert world.conditions()["Stalled"] == ("True", "BadConfiguration") and not world.runs


def test_the_cooldown_holds_drift_back_is_told_once_and_ends() -> None:
    world = World(triggers={"onSpecChange": True, "onDrift": True}, limits={"cooldown": "6h"})
    world.whole_run()
    world.ask_retraining("one")
    world.whole_run(data="9", artifact="d")
    world.ask_retraining("two")
    world.pass_time(hours=1)
    world.settle()
    world.settle()
    assert world.conditions()["RunHeld"] == ("True", "Cooldown") and world.conditions()["Ready"][0] == "True"
    assert world.events.count("Cooldown") == 1
    assert world.plan().requeue_after == timedelta(hours=1)
    world.change(seed=8)
    world.whole_run(artifact="e")
    assert world.run.cause.kind == "SpecChange"
    world.pass_time(hours=5)
    world.settle()
    assert (world.run.cause.kind, "RunHeld" in world.conditions()) == ("Drift", False)


def test_the_runs_of_a_day_are_limited_but_not_by_hand() -> None:
    world = World(limits={"maxRunsPerDay": 2})
    for seed in (1, 2, 3):
        world.change(seed=seed)
        world.settle()
        if world.run.phase == "Training":
            world.whole_run(artifact=str(seed))
        world.pass_time(hours=1)
    assert len(world.runs) == 2 and world.conditions()["RunHeld"] == ("True", "RunLimitReached")
    world.command("now")
    world.whole_run(artifact="f")
    assert len(world.runs) == 3
    world.pass_time(hours=22)
    world.settle()
    assert len(world.runs) == 3, "the run by hand trained what the change asked for"


def test_at_most_twenty_runs_are_remembered_and_answers_to_drift_longest() -> None:
    world = World(triggers={"onSpecChange": True, "onDrift": True}, limits={"maxRunsPerDay": 19})
    world.ask_retraining("one")
    world.whole_run()
    world.whole_run(data="9", artifact="d")
    answer = next(run for run in world.runs if run.cause.kind == "Drift")
    for seed in range(100, 125):
        world.pass_time(hours=2)
        world.change(seed=seed)
        world.whole_run(artifact="e")
    assert len(world.runs) == 20
    assert answer.id in {run.id for run in world.runs}
    assert [run.cause.kind for run in world.runs].count("Drift") == 1


MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "zone", "after", "expected"),
    [
        ("0 3 * * 1", "UTC", MONDAY, "2026-03-09T03:00"),
        ("*/15 * * * *", "UTC", MONDAY, "2026-03-02T10:15"),
        ("30 9-17/4 * * mon-fri", "UTC", MONDAY, "2026-03-02T13:30"),
        ("0 0 13 * fri", "UTC", MONDAY, "2026-03-06T00:00"),
        ("0 0 29 2 *", "UTC", MONDAY, "2028-02-29T00:00"),
        ("0 0 * jan sun", "UTC", MONDAY, "2027-01-03T00:00"),
        ("0 0 * * 7", "UTC", MONDAY, "2026-03-08T00:00"),
        ("5/20 10 * * *", "UTC", MONDAY, "2026-03-02T10:05"),
        ("0 3 * * *", "America/New_York", MONDAY, "2026-03-03T08:00"),
        # the clocks go from 02:00 to 03:00 on 8 March: 02:30 comes an hour later by the wall
        ("30 2 * * *", "America/New_York", datetime(2026, 3, 8, 5, tzinfo=UTC), "2026-03-08T07:30"),
        # and back from 02:00 to 01:00 on 1 November: 01:30 comes once
        ("30 1 * * *", "America/New_York", datetime(2026, 11, 1, 5, 30, tzinfo=UTC), "2026-11-02T06:30"),
    ],
)
def test_a_schedule_fires_as_crontab_says(cron: str, zone: str, after: datetime, expected: str) -> None:
    assert CronSchedule.parse(cron, zone).following(after) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "zone"),
    [
        ("* * * *", "UTC"),
        ("60 * * * *", "UTC"),
        ("5-1 * * * *", "UTC"),
        ("*/0 * * * *", "UTC"),
        ("x * * * *", "UTC"),
        ("0 0 30 2 *", "UTC"),
        ("٣ * * * *", "UTC"),
        ("1,, * * * *", "UTC"),
        ("* * * * *", "Mars/Phobos"),
        ("* * * * *", "../etc"),
    ],
)
def test_a_malformed_schedule_is_refused(cron: str, zone: str) -> None:
    with pytest.raises(ValueError):
        CronSchedule.parse(cron, zone)


@settings(derandomize=True, max_examples=80, deadline=None)
@given(
    st.sampled_from(["*/7 * * * *", "0 3 * * 1", "30 1,2 * * *", "0 0 1 */5 *", "15 12 13 * 5"]),
    st.sampled_from(["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]),
    st.datetimes(
        datetime(2020, 1, 1, tzinfo=UTC).replace(tzinfo=None), datetime(2030, 1, 1, tzinfo=UTC).replace(tzinfo=None)
    ),
)
def test_the_following_time_is_also_the_latest_one_until_then(cron: str, zone: str, moment: datetime) -> None:
    schedule, now = CronSchedule.parse(cron, zone), moment.replace(tzinfo=UTC)
    following = schedule.following(now)
    assert following > now
    assert schedule.latest(now, following) == following
    assert schedule.latest(now, following - timedelta(seconds=1)) is None


def test_runs_with_other_training_fields_are_no_baseline() -> None:
    from leeboard.planning.training.baseline import baseline

    world = World(triggers={"onSpecChange": False, "onNewData": {"every": "5m"}})
    world.whole_run()
    world.change(seed=8)
    world.pass_time(minutes=5)
    world.settle()
    assert world.run.cause.kind == "NewData"
    assert baseline(world.run, world.runs, world.snapshot().job.spec) is None


def test_a_look_for_new_data_that_has_to_wait_is_not_announced() -> None:
    world = World(triggers={"onSpecChange": True, "onNewData": {"every": "5m"}}, limits={"cooldown": "6h"})
    world.whole_run()
    world.pass_time(minutes=5)
    world.whole_run(data="9", artifact="d")
    world.pass_time(minutes=5)
    world.settle()
    assert len(world.runs) == 2 and "RunHeld" not in world.conditions()
    assert world.plan().requeue_after == timedelta(hours=1)
    world.pass_time(hours=6)
    world.settle()
    assert world.run.phase == "Training"
