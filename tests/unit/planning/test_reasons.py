"""Every reason comes from somewhere, on the kinds that the reference names, and says what to do; none storms."""

import ast
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from leeboard.api.reason_reference import REFERENCE
from leeboard.api.reasons import Reason, hint
from leeboard.api.version_past import VersionPast
from leeboard.planning.drift import notifications
from leeboard.planning.restored import untold
from tests.support.examples import DIGEST, example, model_version, put
from tests.support.kubelet_states import STATES, State
from tests.support.model_world import World as ModelWorld
from tests.support.restoring_world import RestoringWorld
from tests.support.routed import GATEWAY
from tests.support.states import routed_models
from tests.support.states.model_worlds import AB_TEST, OUTCOME, SHADOW, arm, pairs
from tests.support.training_world import World, container_ended, training_result
from tests.unit.planning import test_asked_rollback as asked_rollback
from tests.unit.planning import test_drift_monitor as drift
from tests.unit.planning import test_guard_rule as guards
from tests.unit.planning import test_model_version as versions
from tests.unit.planning import test_rollout_forecast as forecasts

ROOT = Path(__file__).resolve().parents[3]
Told = list[tuple[str, str]]
"""Reasons, each with the message that came with it."""

ONE_OF_EACH = tuple({state.reason: state for state in STATES}.values())
BY_FETCH = ("BadData", "NoNewData", "CodeUnavailable", "StorageNotFound", "StorageForbidden", "StorageUnreachable")
BY_PUBLISH = ("ResultMissing", "PublishFailed", "UnsafeFormat", "StorageConflict")
BY_EVALUATION = ("DigestMismatch", "EvaluationFailed", "ModelLoadFailed", "LibraryMismatch", "BadConfiguration")
BY_SERVER_POD = (
    *("DigestMismatch", "UnsafeFormat", "StorageNotFound", "StorageForbidden", "StorageUnreachable", "BadData"),
    *(
        "BadConfiguration",
        "ModelLoadFailed",
        "LibraryMismatch",
        "GoldenSamplesMismatch",
        "GoldenSamplesRefused",
        "SignatureMissing",
        "SignatureInvalid",
        "DiskFull",
    ),
)
BY_EVALUATOR = (
    *("StorageNotFound", "StorageForbidden", "StorageUnreachable", "DigestMismatch", "BadData", "ConfigMissing"),
    *("BadConfiguration", "EvaluationFailed", "ReferenceMissing"),
)
ANSWERED_ELSEWHERE = (Reason.COMMAND_REFUSED, Reason.ROLLED_BACK, Reason.ABORTED)
"""A refused command is told what to ask for instead; of what was rolled back the cause is told with its remedy."""
BY_EXECUTOR = {("TrainingJob", one) for one in ("ChildRejected", "NameTaken")} | {
    ("Model", one) for one in ("ChildRejected", "NameTaken")
}
"""What the API server answers reaches a status after the plan: tests/unit/engine/test_reconciling.py."""


def said(reason: str, message: str = "m") -> str:
    """A container's last words."""
    return json.dumps({"contract": 1, "run": "", "reason": reason, "message": message})


def of_training(world: World) -> Told:
    """All that the status of a TrainingJob tells."""
    conditions = [(one["reason"], one["message"]) for one in world.job["status"]["conditions"]]
    return conditions + [(run.reason, run.message) for run in world.runs]


class Recorder(World):
    """A world that keeps what its statuses told, and counts what was done."""

    def __init__(self, **spec: Any) -> None:
        super().__init__(**spec)
        self.told: Told = []
        self.writes = 0

    def execute(self, plan: Any, effects: int | None = None) -> None:
        super().execute(plan, effects)
        self.told += [(event.reason, event.message) for event in plan.events]
        if plan.status is not None:
            self.writes += 1
            self.told += of_training(self)


def begun() -> Recorder:
    """A run whose Job is there."""
    world = Recorder()
    world.settle()
    return world


def failed(world: Recorder, container: str, text: str, code: int = 64, *, job: str = "") -> Told:
    """That container ends the run."""
    world.end(job or world.run.job, {container: (code, text)}, failed="PodFailurePolicy")
    world.settle()
    return world.told


def with_state(state: State) -> Told:
    """A run whose pod is in that state; one that has ended ends the Job."""
    world = begun()
    status = state.status("train")
    world.pod(world.run.job, [], **status)
    if status["phase"] == "Failed":
        world.end_job(world.run.job, "BackoffLimitExceeded")
    world.settle()
    return world.told


def with_warning(reason: str, note: str) -> Told:
    """A Job without a pod, or with one that no node sets up, of which an Event tells."""
    world = begun()
    job = world.jobs[world.run.job]
    uid = job["metadata"]["uid"]
    if reason != "FailedCreate":
        since = job["metadata"]["creationTimestamp"]
        conditions = [
            {"type": "PodScheduled", "status": "True", "lastTransitionTime": since},
            {"type": "PodReadyToStartContainers", "status": "False", "lastTransitionTime": since},
        ]
        world.pod(world.run.job, [], phase="Pending", conditions=conditions)
        uid = world.pods[-1]["metadata"]["uid"] = "pod-uid"
    world.pass_time(minutes=3)
    world.warnings = {uid: ({"reason": reason, "note": note, "eventTime": "2026"},)}
    world.settle()
    return world.told


def of_runs() -> Iterator[Told]:
    """Every way of a run that the tests of runs have, and what its pods may say."""
    for state in ONE_OF_EACH:
        yield with_state(state)
    yield with_warning("FailedCreate", "exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1")
    yield with_warning("FailedMount", 'MountVolume.SetUp failed for volume "ca" : configmap "ca" not found')
    yield with_warning("FailedCreatePodSandBox", "Failed to create pod sandbox")
    for reason in BY_FETCH:
        yield failed(begun(), "fetch", said(reason))
    for reason in BY_PUBLISH:
        yield failed(begun(), "train", said(reason))
    for reason in BY_EVALUATION:
        world = begun()
        world.train()
        world.settle()
        yield failed(world, "evaluate", said(reason), job=world.run.evaluation_job)
    yield failed(begun(), "train", "a traceback", 1)
    yield from of_other_runs()


def of_other_runs() -> Iterator[Told]:
    """Ends and states of runs that no container tells."""
    world = begun()
    world.pod(world.run.job, [container_ended("train", 137, "", "OOMKilled")], failed=True)
    world.end_job(world.run.job, "PodFailurePolicy")
    world.settle()
    yield world.told
    world = begun()
    world.end(world.run.job, {"train": (143, "")}, failed="DeadlineExceeded")
    world.settle()
    yield world.told
    world = begun()
    world.pod(world.run.job, [container_ended("fetch", 69)], failed=True)
    world.jobs[world.run.job]["status"] = {"failed": 1}
    world.settle()
    world.jobs.clear()
    world.settle()
    yield world.told
    world = begun()
    forged = {key: training_result(world.run.id)[key] for key in ("contract", "run", "code", "datasets")}
    world.end(world.run.job, {"fetch": (0, forged), "train": (0, training_result(world.run.id, data="9"))})
    world.settle()
    yield world.told
    yield of_triggers()


def of_triggers() -> Told:
    """Whole runs, and what keeps others from beginning."""
    drifting = {"onSpecChange": True, "onDrift": True}
    held = []
    for limits in ({"cooldown": "6h"}, {"maxRunsPerDay": 1}):
        world = Recorder(limits=limits, triggers=drifting)
        world.whole_run()
        for episode in ("e1", "e2"):
            world.ask_retraining(episode)
            world.pass_time(minutes=1)
            world.whole_run(artifact="d", data="8")
        held += world.told
    back = Recorder()
    back.whole_run()
    seed = back.job["spec"]["seed"]
    back.change(seed=seed + 1)
    back.whole_run(artifact="d")
    back.change(seed=seed)
    back.settle()
    back.job["metadata"].setdefault("annotations", {})["leeboard.dev/retry"] = "r1"
    back.settle()
    back.change(suspend=True)
    back.settle()
    idle = Recorder(triggers={})
    idle.settle()
    orphan = Recorder()
    orphan.model = None
    orphan.settle()
    return [*held, *back.told, *idle.told, *orphan.told]


# -- Model -----------------------------------------------------------------------------------------------------------
def of_model(world: ModelWorld) -> Told:
    """All that the status of a Model tells."""
    status = world.status
    found = [(one["reason"], one["message"]) for one in status.get("conditions", [])]
    found += [(one["reason"], one["message"]) for one in status.get("quarantined", [])]
    found += [(one["reason"], one["message"]) for one in status.get("challengers", []) if one.get("reason")]
    candidate = status.get("candidate") or {}
    return found + ([(candidate["reason"], candidate.get("message", ""))] if candidate.get("reason") else [])


class Served(ModelWorld):
    """A Model's world that keeps what was told, and counts the writes."""

    def __init__(self, **spec: Any) -> None:
        super().__init__(**spec)
        self.told: Told = []
        self.writes = 0

    def reconcile(self) -> Any:
        plan = super().reconcile()
        self.told += [(event.reason, event.message) for event in plan.events]
        if plan.status is not None:
            self.writes += 1
            self.told += of_model(self)
        return plan


def serving(**spec: Any) -> Served:
    """v1 serves."""
    world = Served(**spec)
    world.settle()
    world.add_version("v1")
    world.settle()
    return world


def candidate_with(status: dict[str, Any]) -> Told:
    """v2 is to come, and its pods are in that state until the time for it is over."""
    world = serving()
    world.problems["v2"] = status
    world.add_version("v2")
    world.settle()
    world.wait(minutes=3)
    world.wait(minutes=30)
    return world.told


def ended_with(reason: str) -> dict[str, Any]:
    """A server pod whose container said that."""
    ended = {"exitCode": 64, "message": json.dumps({"reason": reason, "message": "m"})}
    waits = {"name": "load", "restartCount": 1, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
    return {"phase": "Pending", "initContainerStatuses": [waits | {"lastState": {"terminated": ended}}]}


def of_models() -> Iterator[Told]:
    """Every way of a Model."""
    for state in ONE_OF_EACH:
        yield candidate_with(state.status("server"))
    for reason in BY_SERVER_POD:
        yield candidate_with(ended_with(reason))
    out_of_memory = ended_with("")
    out_of_memory["initContainerStatuses"][0]["lastState"]["terminated"] = {"exitCode": 137, "reason": "OOMKilled"}
    yield candidate_with(out_of_memory)
    yield candidate_with(ended_with("no reason of ours"))
    yield candidate_with({})
    yield from of_pods_without_words()
    yield from of_rollouts()
    yield from of_comparisons()
    yield from of_routes()
    yield from of_asked_rollbacks()
    restored = RestoringWorld()
    restored.restore("v1", VersionPast(rolled_back=untold(restored.now)))
    restored.settle()
    yield of_model(restored)


def of_pods_without_words() -> Iterator[Told]:
    """States of pods and Deployments that no container tells, and of a field that does nothing."""
    log = {"logging": {"sampleRate": "0.1", "redact": ["misspelt"]}}
    yield serving(serving=example("model")["spec"]["serving"] | log).told
    world = serving()
    world.exporters[world.snapshot().pods[0]["metadata"]["name"]] = {"state": {"terminated": {"exitCode": 1}}}
    world.settle()
    yield world.told
    since = "2026-03-02T10:00:00Z"
    running = {"name": "server", "ready": False, "started": False, "state": {"running": {"startedAt": since}}}
    yield candidate_with({"phase": "Running", "containerStatuses": [running]})
    conditions = [
        {"type": "PodScheduled", "status": "True", "lastTransitionTime": since},
        {"type": "PodReadyToStartContainers", "status": "False", "lastTransitionTime": since},
    ]
    yield candidate_with({"phase": "Pending", "conditions": conditions})
    message = 'pods "x" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1'
    world = serving()
    world.slow = {"v2"}
    world.add_version("v2")
    world.settle()
    refused = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message}
    world.refused["v2"] = refused
    world.settle()
    yield world.told


def of_comparisons() -> Iterator[Told]:
    """A challenger through the ends of its comparison."""
    for then, flips in (("Promote", 900), ("Promote", 0), ("Hold", 0)):
        world = serving(rollout=SHADOW | {"shadow": {"maxDisagreement": "0.05", "then": then}})
        world.add_version("v2")
        world.settle()
        world.wait(minutes=20)  # without a copy
        world.pair(pairs("v2", flips=flips))
        world.settle()
        if world.status.get("challengers"):
            world.now += timedelta(days=2)
            world.pair(pairs("v2", flips=flips))
            world.settle()
        yield world.told
    for wins in (50, 150):
        yield from of_tests(wins)


def of_tests(wins: int) -> Iterator[Told]:
    """A challenger through an A/B test that the champion wins, or nobody within its time."""
    analysis = AB_TEST["analysis"] | {"maxDuration": "14d"}
    world = serving(rollout=AB_TEST | {"analysis": analysis}, traffic={"mode": "Gateway", "gateway": GATEWAY})
    world.add_version("v2")
    world.settle()
    world.wait(days=15)
    world.earn(OUTCOME, arm("v1", 500, 150), arm("v2", 500, wins))
    world.settle()
    yield world.told


def of_routes() -> Iterator[Told]:
    """What is said of routes, and of a share that no pods can give."""
    for world in (
        routed_models.routed(),
        routed_models.route_pending(),
        routed_models.route_rejected(),
        routed_models.gateway_api_missing(),
        routed_models.gateway_disabled(),
    ):
        yield [(one["reason"], one["message"]) for one in world.status["conditions"]]
    few = serving(
        serving=example("model")["spec"]["serving"] | {"replicas": 1},
        rollout={"strategy": "Canary", "steps": [{"weight": 10, "duration": "10m"}]},
    )
    few.add_version("v2")
    few.settle()
    yield few.told


def canary() -> Served:
    """v2 is in its first stage beside v1."""
    world = serving()
    world.add_version("v2")
    world.settle()
    return world


def of_rollouts() -> Iterator[Told]:
    """A canary through its ends."""
    good, bad = {"candidate": (3000, 0), "champion": (6000, 0)}, {"candidate": (400, 80), "champion": (800, 0)}
    for counts, more in ((good, {}), (bad, {}), (good | {"candidate": (3000, 3)}, {"slow": True})):
        world = serving()
        world.add_version("v2")
        world.settle()
        world.wait(seconds=1)
        for _ in range(8):
            if "candidate" not in world.status:
                break
            world.count(**counts)
            if more and "evaluation" in world.status:
                world.status["evaluation"]["versions"][0]["latencyP99"] = {"value": "90", "low": "80", "high": "99"}
            world.wait(minutes=10)
        yield world.told
    yield from of_guards()
    held = canary()
    held.annotate(pause="true")
    held.settle()
    held.annotate(pause="false")
    held.add_version("v3")
    held.settle()
    held.wait(minutes=30)
    yield held.told
    ended = canary()
    ended.count_error("EvaluationFailed")
    ended.settle()
    ended.annotate(abort="a1")
    ended.settle()
    ended.annotate(rollback="r1/none")
    ended.settle()
    yield ended.told
    staging = {"staging": {"duration": "10m", "hold": True}}
    staged = serving(rollout=example("model")["spec"]["rollout"] | staging)
    staged.add_version("v2")
    staged.settle()
    staged.model["spec"]["rollout"]["staging"] = {"duration": "10m"}
    staged.settle()
    yield staged.told
    pinned = serving(promotion={"policy": "Pinned", "version": "gone"})
    waiting = Served(promotion={"policy": "Approval", "gates": []})
    waiting.add_version("v1", phase="AwaitingApproval")
    waiting.settle()
    own_code = Served(serving=example("model")["spec"]["serving"] | {"allowUnsafeFormats": True})
    own_code.add_version("v1")
    own_code.versions["v1"]["spec"]["artifact"]["format"] = "sklearn-pickle"
    own_code.settle()
    yield [*pinned.told, *waiting.told, *own_code.told]


def of_guards() -> Iterator[Told]:
    """A canary with each guard whose figure is worse, and one that comes to no verdict in time."""
    steps = [{"weight": 50, "duration": "10m"}]
    for kind, fields in guards.GUARDS.items():
        asked = {"guards": [{"type": kind} | fields], "maxDuration": "1h", "minSamples": 100}
        world = serving(rollout={"strategy": "Canary", "steps": steps, "analysis": asked})
        world.add_version("v2")
        world.settle()
        figures = guards.row(kind, -1, 1) | ({"lacks": "Labels"} if kind == "Performance" else {})
        for row, minutes in ((figures, 1), (figures, 70), (guards.row(kind, 0.2, 0.3), 1)):
            world.wait(minutes=minutes)
            if "candidate" in world.status:
                world.count(candidate=(1000, 0), champion=(1000, 0))
                world.status["evaluation"]["guards"] = [row]
                world.settle()
        yield world.told
    world = serving(rollout={"strategy": "Canary", "steps": steps, "analysis": {"maxDuration": "1m"}})
    world.status["evaluation"] = forecasts.model().status.evaluation
    world.add_version("v2")
    world.settle()
    yield world.told


def of_asked_rollbacks() -> Iterator[Told]:
    """Monitors ask for a rollback, with and without an earlier version."""
    for known in (("v1",), ("v1", "v2")):
        world = serving(rollout={"strategy": "BlueGreen"})
        for name in known:
            world.add_version(name)
            world.settle()
            world.wait(minutes=11)
        asked_rollback.ask(world, version=known[-1])
        yield world.told


ACCELERATED = {"uri": "s3://m/a.onnx", "digest": DIGEST, "bytes": 9, "parity": {"rows": 3, "worst": "1e-16"}}


# -- the others ------------------------------------------------------------------------------------------------------
def of_versions() -> Iterator[Told]:
    """Every verdict about a version."""
    imported = model_version("v1")
    imported["spec"] = put(imported, "spec.source", {"import": {"reason": "x"}})["spec"]
    for name in ("code", "profile", "goldenSamples", "cause"):
        imported["spec"].pop(name, None)
    approval = put(example("model"), "spec.promotion.policy", "Approval")
    cases = [
        (model_version("v1"), example("model")),
        (model_version("v1"), None),
        (model_version("v1"), approval),
        (put(model_version("v1"), "spec.metrics.0.value", "0.59"), example("model")),
        (put(model_version("v1"), "spec.goldenSamples", None), example("model")),
        (put(model_version("v1"), "spec.code", {"verified": False}), example("model")),
        (imported, example("model")),
        (put(model_version("v1"), "spec.artifact.format", "sklearn-pickle"), example("model")),
        (put(model_version("v1"), "spec.accelerated", ACCELERATED), example("model")),
        (put(model_version("v1"), "spec.notAccelerated", "there is no converter for Odd"), example("model")),
    ]
    for version, model in cases:
        plan = versions.plan(version, model)
        told = [(event.reason, event.message) for event in plan.events]
        yield told + [(one["reason"], one["message"]) for one in (plan.status or {})["conditions"]]


def looked(watch: drift.Watch, evaluation: dict[str, Any] | None) -> Told:
    """What a look of a monitor tells."""
    status = watch.look(evaluation)
    conditions = watch.document["status"]["conditions"] if status is None else status["conditions"]
    return [(one["reason"], one["message"]) for one in conditions]


def of_monitors() -> Iterator[Told]:
    """Every verdict of a monitor."""
    asking = [{"type": "Retrain", "trainingJobRef": {"name": "t"}}, {"type": "RequestRollback"}]
    watch = drift.Watch(drift.DISTANCE, actions=asking)
    yield looked(watch, drift.figures(features=[drift.feature(js=0.4)]))
    yield [(reason, "") for _, reason in watch.events]
    watch.document["spec"]["giveUpAfter"], watch.champion = 1, "v2"
    yield looked(watch, drift.figures(features=[drift.feature(js=0.4)], version="v2"))
    yield [(reason, "") for _, reason in watch.events]
    yield looked(drift.Watch(drift.DISTANCE), drift.figures())
    yield looked(drift.Watch(drift.DISTANCE), None)
    yield looked(drift.Watch(drift.DISTANCE), drift.figures(rows=1))
    yield looked(drift.Watch(drift.DISTANCE), drift.figures(requests=1, served=1000))
    for reason in BY_EVALUATOR:
        yield looked(drift.Watch(drift.DISTANCE), drift.figures(error={"reason": reason, "message": "m"}))
    labelling = drift.Watch(drift.DISTANCE, actions=[{"type": "QueueLabeling"}])
    for answer in ({}, {"key": "k", "rows": 3}):
        episode = (labelling.document.get("status", {}).get("episode") or {}).get("id")
        told = {"labelling": {"episode": episode} | answer}
        yield looked(labelling, drift.figures(features=[drift.feature(js=0.4)], **told))
    yield [(reason, "") for _, reason in labelling.events]
    stale = drift.Watch(drift.DISTANCE)
    stale.now += timedelta(days=3)
    yield looked(stale, drift.figures())
    starved = drift.Watch(drift.AUC)
    starved.now += timedelta(days=30)
    late = drift.timestamp(starved.now)
    yield looked(starved, drift.figures(observedAt=late, labels={"arrived": 3, "rows": 0, "newest": late}))
    without = drift.Watch(drift.DISTANCE)
    without.champion = ""
    yield looked(without, None)
    yield looked_without_model()
    for told_nobody in (Reason.WEBHOOK_FORBIDDEN, Reason.WEBHOOK_FAILED):
        yield of_a_webhook(told_nobody)


def of_a_webhook(reason: Reason) -> Told:
    """What stands in the status after a notification that failed."""
    webhook = {"secretRef": {"name": "pager"}}
    watch = drift.Watch(drift.DISTANCE, actions=[{"type": "Alert", "webhook": webhook}])
    watch.look(drift.figures(features=[drift.feature(js=0.4)]))
    monitor = drift.DriftMonitor.parse(watch.document)
    (due,) = notifications.due(monitor, notifications.recorded(monitor, (), watch.now), watch.now)
    delivery = notifications.failed(due, reason, "m", 0, watch.now)
    watch.document["status"]["deliveries"] = [delivery.dump()]
    status = watch.look(drift.figures(features=[drift.feature(js=0.4)]))
    return [(one["reason"], one["message"]) for one in status["deliveries"]]


def looked_without_model() -> Told:
    """A monitor of a Model that is not there."""
    watch = drift.Watch(drift.DISTANCE)
    snapshot = drift.DriftMonitorSnapshot(drift.DriftMonitor.parse(watch.document), None, None, drift.SETTINGS)
    status = drift.plan_drift_monitor(snapshot, watch.now).status or {}
    return [(one["reason"], one["message"]) for one in status["conditions"]]


SOURCES: dict[str, Callable[[], Iterator[Told]]] = {
    "TrainingJob": of_runs,
    "Model": of_models,
    "ModelVersion": of_versions,
    "DriftMonitor": of_monitors,
}


@pytest.mark.parametrize("kind", SOURCES)
def test_the_reference_names_the_reasons_that_a_kind_shows_and_no_others(kind: str) -> None:
    claimed = {str(reason) for reason, entry in REFERENCE.items() if kind in entry.kinds}
    told = [pair for source in SOURCES[kind]() for pair in source]
    seen = {str(reason) for reason, _ in told if reason}
    assert (claimed - seen, seen - claimed) == ({reason for of, reason in BY_EXECUTOR if of == kind}, set())
    advised = [(reason, message) for reason, message in told if message and reason not in ANSWERED_ELSEWHERE]
    assert {reason for reason, message in advised if hint(reason) not in message} == set(), "said without what to do"


def test_every_reason_has_an_entry() -> None:
    assert set(REFERENCE) == set(Reason)


def used_reasons(folder: str) -> set[str]:
    """Names of `Reason.NAME` in the code below a folder."""
    found = set()
    for path in (ROOT / folder).rglob("*.py"):
        if path.name in ("reasons.py", "reason_reference.py", "problem_report.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Reason":
                found.add(node.attr)
    return found


def test_every_reason_is_used_by_some_part() -> None:
    used = used_reasons("operator/leeboard") | used_reasons("serving-image/leeboard_serving")
    assert {reason.name for reason in Reason} == used


@pytest.mark.parametrize(
    ("part", "reasons"),
    [
        ("operator/leeboard/runner", {*BY_FETCH, *BY_PUBLISH} - {"StorageForbidden"}),
        ("operator/leeboard/storage", {"StorageForbidden", "StorageNotFound", "StorageUnreachable", "DigestMismatch"}),
        ("operator/leeboard/evaluator", {"BadConfiguration", "BadData", "ConfigMissing"}),
        ("operator/leeboard/models", {"EvaluationFailed", "ModelLoadFailed", "LibraryMismatch", "UnsafeFormat"}),
        (
            "serving-image/leeboard_serving",
            {"GoldenSamplesMismatch", "GoldenSamplesRefused", "ModelLoadFailed", "UnsafeFormat", "BadData"},
        ),
    ],
)
def test_what_a_container_may_say_is_said_by_its_code(part: str, reasons: set[str]) -> None:
    assert {Reason(one).name for one in reasons} <= used_reasons(part)


# -- no storm --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("state", ONE_OF_EACH, ids=lambda one: one.title)
def test_a_failure_is_told_once_however_often_it_is_looked_at(state: State) -> None:
    world = begun()
    status = state.status("train")
    world.pod(world.run.job, [], **status)
    if status["phase"] == "Failed":
        world.end_job(world.run.job, "BackoffLimitExceeded")
    before = world.writes
    for _ in range(20):
        world.reconcile()
        world.pass_time(minutes=30)
    # what is wrong, that it lasts, and at most one more for the end of a run
    assert world.writes - before <= 3
    assert len(world.jobs) == 1
    assert len(world.events) <= 3


@pytest.mark.parametrize("state", ONE_OF_EACH, ids=lambda one: one.title)
def test_a_model_tells_of_a_failure_once_however_often_it_is_looked_at(state: State) -> None:
    world = serving()
    world.problems["v2"] = state.status("server")
    world.add_version("v2")
    world.settle()
    writes, events = world.writes, len(world.events)
    for _ in range(20):
        world.reconcile()
        world.kubelet()
        world.now += timedelta(minutes=30)
    # the candidate is rolled back and forgotten
    assert world.writes - writes <= 6
    assert len(world.events) - events <= 3
    assert world.served() == {"v1"}
