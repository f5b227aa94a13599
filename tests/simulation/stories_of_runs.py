"""Stories of a TrainingJob: every way of a run, from its trigger to its end."""

from __future__ import annotations

from typing import Any

from tests.simulation.stories_of_models import REPLACE, champion
from tests.support.simulation.behaviour import Ending
from tests.support.simulation.story import Step, Story
from tests.support.simulation.world import NAME, World

DEADLINE = {"limits": {"deadline": "2m", "retries": 2}}


def runs(world: World) -> list[dict[str, Any]]:
    """The runs in status."""
    found: list[dict[str, Any]] = world.kube.live("TrainingJob", NAME)["status"]["runs"]
    return found


def ended(*ends: tuple[str, str, str], jobs: int | None = None) -> Any:
    """Cause, phase and reason of every run at the story's end, and the number of Jobs."""

    def check(world: World) -> None:
        assert [(run["cause"]["kind"], run["phase"], run["reason"]) for run in runs(world)] == list(ends)
        assert jobs is None or len(world.kube.of_kind("Job")) == jobs
        made = [run["modelVersion"] for run in runs(world) if run["phase"] == "Succeeded"]
        assert set(made) == {raw["metadata"]["name"] for raw in world.kube.of_kind("ModelVersion")}

    return check


def begun(**training: Any) -> list[Step]:
    """A Model and a TrainingJob are created."""
    return [
        Step("a Model is created", lambda world: world.add_model(rollout=REPLACE), 5),
        Step("a TrainingJob is created", lambda world: world.add_training(**training), 150),
    ]


def behaving(**fields: Any) -> Step:
    """The workloads behave so from the beginning."""
    return Step("the workloads have their ways", lambda world: world.behave(**fields), 1)


def fails(code: int, container: str = "train") -> Ending:
    """An attempt that ends so."""
    return Ending(code=code, container=container, said="so it ended")


def trained_again(identity: str) -> Any:
    """A person asks for a run."""
    return lambda world: world.kube.annotate("TrainingJob", NAME, train=identity)


def other_params(rate: str) -> Any:
    """A field that bears on the training changes."""
    return lambda world: world.kube.edit("TrainingJob", NAME, params={"learning_rate": rate})


def deletes_the_job(world: World) -> None:
    """Somebody deletes the Job of the run under way."""
    world.delete("Job", runs(world)[-1]["job"])


def loses_the_pod(world: World) -> None:
    """A node goes down with the pod of the run under way."""
    for pod in world.kube.of_kind("Pod"):
        if pod["metadata"]["labels"].get("leeboard.dev/part") == "training":
            world.kube.remove("Pod", "ml", pod["metadata"]["name"])


def is_suspended(world: World) -> None:
    """Nothing was trained."""
    status = world.kube.live("TrainingJob", NAME)["status"]
    assert status.get("runs", []) == []
    assert world.kube.of_kind("Job") == []
    assert "Suspended" in {one["type"] for one in status["conditions"]}


def serves_the_newest(world: World) -> None:
    """Both runs became versions, and the second one serves."""
    first, second = runs(world)
    assert (first["phase"], second["phase"]) == ("Succeeded", "Succeeded")
    assert champion(world) == second["modelVersion"]


def is_refused(world: World) -> None:
    """Both runs became versions, and the first one serves."""
    first, second = runs(world)
    assert (first["phase"], second["phase"]) == ("Succeeded", "Succeeded")
    assert champion(world) == first["modelVersion"]
    assert world.kube.live("ModelVersion", second["modelVersion"])["status"]["phase"] == "Rejected"


SUCCESS = ("SpecChange", "Succeeded", "RunSucceeded")

STORIES = [
    Story("a run becomes the first champion", begun(), ended(SUCCESS, jobs=2)),
    Story(
        "a change of the parameters trains anew, and the version replaces the champion",
        [*begun(), Step("the learning rate is lowered", other_params("0.05"), 240)],
        serves_the_newest,
    ),
    Story(
        "parameters that return to what was trained select that version",
        [
            *begun(),
            Step("the learning rate is lowered", other_params("0.05"), 240),
            Step("and raised again", other_params("0.1"), 60),
        ],
        ended(SUCCESS, SUCCESS, jobs=4),
    ),
    Story(
        "a run asked for by hand, twice with the same id",
        [
            *begun(),
            Step("somebody asks", trained_again("1"), 150),
            Step("a GitOps tool takes the annotation away", trained_again(""), 30),
            Step("and it comes back", trained_again("1"), 60),
        ],
        ended(SUCCESS, ("Manual", "Succeeded", "RunSucceeded")),
    ),
    Story(
        "storage is unreachable at the first attempt",
        [behaving(training=(fails(69, "fetch"), Ending())), *begun()],
        ended(SUCCESS),
    ),
    Story(
        "the script fails",
        [behaving(training=(fails(1),)), *begun()],
        ended(("SpecChange", "Failed", "ScriptFailed"), jobs=1),
    ),
    Story(
        "data is bad, corrected, and the run asked for again",
        [
            behaving(training=(fails(64, "fetch"),)),
            *begun(),
            behaving(training=(Ending(),)),
            Step("somebody asks", trained_again("1"), 150),
        ],
        ended(("SpecChange", "Failed", "BadData"), ("Manual", "Succeeded", "RunSucceeded")),
    ),
    Story(
        "the script fails, and the run is retried by command",
        [
            behaving(training=(fails(1),)),
            *begun(),
            behaving(training=(Ending(),)),
            Step("somebody retries", lambda world: world.kube.annotate("TrainingJob", NAME, retry="1"), 150),
        ],
        ended(("SpecChange", "Failed", "ScriptFailed"), ("Manual", "Succeeded", "RunSucceeded")),
    ),
    Story(
        "the evaluation fails",
        [behaving(evaluation=(fails(1, "evaluate"),)), *begun()],
        ended(("SpecChange", "Failed", "EvaluationFailed"), jobs=2),
    ),
    Story(
        "a run whose version the gate refuses, while the champion serves",
        [
            *begun(),
            Step("the next model is worse", lambda world: world.behave(metric="0.50"), 1),
            Step("the learning rate is lowered", other_params("0.05"), 150),
        ],
        is_refused,
    ),
    Story(
        "last words never arrive",
        [behaving(training=(Ending(said="a log's tail"),)), *begun()],
        ended(("SpecChange", "Failed", "ResultMissing")),
    ),
    Story(
        "the deadline passes",
        [behaving(hanging=frozenset({"training"})), *begun(**DEADLINE), Step("time passes", lambda world: None, 60)],
        ended(("SpecChange", "Failed", "DeadlineExceeded")),
    ),
    Story(
        "the Job is deleted while it runs",
        [
            behaving(hanging=frozenset({"training"})),
            *begun(),
            Step("somebody deletes it", deletes_the_job, 60),
        ],
        ended(("SpecChange", "Failed", "JobDeleted"), jobs=0),
    ),
    Story(
        "a node goes down with the pod",
        [
            behaving(hanging=frozenset({"training"})),
            *begun(),
            Step("the pod is gone", loses_the_pod, 10),
            Step("the workload goes on", lambda world: world.behave(hanging=frozenset()), 150),
        ],
        ended(SUCCESS),
    ),
    Story("a TrainingJob that is suspended", begun(suspend=True), is_suspended),
    Story(
        "a TrainingJob that is suspended while it runs, and released with other parameters",
        [
            *begun()[:1],
            Step("a TrainingJob is created", lambda world: world.add_training(), 10),
            Step("it is suspended", lambda world: world.kube.edit("TrainingJob", NAME, suspend=True), 150),
            Step("the learning rate is lowered", other_params("0.05"), 60),
            Step("it is released", lambda world: world.kube.edit("TrainingJob", NAME, suspend=False), 240),
        ],
        serves_the_newest,
    ),
    Story(
        "the parameters change while a run is under way: one run after the other",
        [
            behaving(training=(Ending(seconds=45.0),)),
            *begun()[:1],
            Step("a TrainingJob is created", lambda world: world.add_training(), 30),
            Step("the learning rate is lowered", other_params("0.05"), 280),
        ],
        serves_the_newest,
    ),
    Story(
        "a look for new data that finds none, and one that finds some",
        [
            *begun(triggers={"onSpecChange": True, "onNewData": {"every": "10m"}}),
            Step(
                "fetch finds what it knows",
                lambda world: world.behave(training=(fails(67, "fetch"),)),
                600,
            ),
            Step("new data arrives", lambda world: world.behave(training=(Ending(),), data="d"), 720),
            Step(
                "nobody looks any more",
                lambda world: world.kube.edit("TrainingJob", NAME, triggers={"onSpecChange": True}),
                60,
            ),
        ],
        # the look that found nothing has made room
        ended(SUCCESS, ("NewData", "Succeeded", "RunSucceeded"), jobs=4),
    ),
    Story(
        "a run that its budget holds back, and that starts when it may",
        [
            *begun(
                triggers={"onSpecChange": True, "schedule": {"cron": "*/5 * * * *", "timeZone": "UTC"}},
                limits={"cooldown": "12m"},
            ),
            Step("the schedule fires, and fires again", lambda world: world.behave(data="d"), 900),
            Step(
                "the schedule is taken away",
                lambda world: world.kube.edit("TrainingJob", NAME, triggers={"onSpecChange": True}),
                300,
            ),
        ],
        ended(SUCCESS, ("Schedule", "Succeeded", "RunSucceeded"), ("Schedule", "NoNewData", "NoNewData")),
    ),
    Story(
        "a TrainingJob is deleted while it runs",
        [
            *begun()[:1],
            Step("a TrainingJob is created", lambda world: world.add_training(), 10),
            Step("it is deleted", lambda world: world.delete("TrainingJob"), 60),
        ],
        lambda world: None,
    ),
]
