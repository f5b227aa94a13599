"""The commands beside the operator's own engine, over the fake API server: what is asked is answered and done."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from leeboard.cli.acting import approve, retry, rollouts
from leeboard.cli.cluster import Cluster
from leeboard.cli.command import DONE, REFUSED, TIMED_OUT, Session
from leeboard.cli.describe import command as describe
from leeboard.cli.errors import CommandError
from leeboard.cli.kubeconfig import Target
from leeboard.cli.main import build_parser
from leeboard.cli.terminal import Terminal
from leeboard.cli.training import command as train
from leeboard.cli.training import following
from leeboard.cli.why import command as why
from leeboard.controllers.registry import CONTROLLERS
from tests.support.examples import Document, example, model_version
from tests.support.fake_kube import FakeKube
from tests.support.training_world import container_ended, evaluation_result, training_result
from tests.unit.engine.harness import Clock, Process


class Server(FakeKube):
    """The fake API server, which knows the user too."""

    async def whoami(self) -> Document:
        return {"status": {"userInfo": {"username": "ann"}}}


class World:
    """Operator, kubelet and the controllers of Kubernetes, who work while a command waits."""

    def __init__(self, **spec: Any) -> None:
        self.kube, self.clock = Server(), Clock()
        self.process = Process(self.kube, CONTROLLERS, self.clock)
        model = example("model")
        model["metadata"] |= {"namespace": "ml", "uid": "m-uid"}
        model["spec"] |= {"rollout": {"strategy": "BlueGreen"}, **spec}
        self.kube.put(model)
        self.cluster = Cluster(self.kube, Target(None, "https://api", "ml"))  # type: ignore[arg-type]

    def add_version(self, name: str, born: str) -> None:
        version = model_version(name)
        version["metadata"] |= {"namespace": "ml", "uid": f"{name}-uid", "creationTimestamp": born}
        version["spec"]["comparison"] = {
            "champion": "v0",
            "differences": [{"name": "roc_auc", "value": "0.01", "low": "0.00", "high": "0.02"}],
        }
        self.kube.put(version)

    async def turn(self) -> None:
        """Everybody does what there is to do."""
        await self.process.settle()
        for live in self.kube.of_kind("Deployment"):
            wanted = live["spec"]["replicas"]
            counts = {f"{which}eplicas": wanted for which in ("r", "readyR", "updatedR", "availableR")}
            observed = {"observedGeneration": live["metadata"]["generation"]}
            self.kube.set_status("Deployment", live["metadata"]["name"], counts | observed)
        self.finish_jobs()
        await self.process.settle()

    def finish_jobs(self) -> None:
        """Jobs end at once: well, or as `failing` says."""
        for live in self.kube.of_kind("Job"):
            if live.get("status"):
                continue
            labels, name = live["metadata"]["labels"], live["metadata"]["name"]
            run, training = labels["leeboard.dev/run"], labels["leeboard.dev/part"] == "training"
            said = training_result(run, artifact="e") if training else evaluation_result(run)
            code = 1 if self.failing else 0
            fetched = {key: said[key] for key in ("contract", "run", "code", "datasets")} if training else {}
            pod = {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {
                    "name": f"{name}-0",
                    "namespace": "ml",
                    "labels": labels,
                    "ownerReferences": [{"uid": live["metadata"]["uid"], "kind": "Job", "name": name}],
                },
                "spec": {},
                "status": {
                    "phase": "Failed" if code else "Succeeded",
                    "initContainerStatuses": [container_ended("fetch", 0, fetched)] if training else [],
                    "containerStatuses": [container_ended("train" if training else "evaluate", code, said)],
                },
            }
            if not any(one["metadata"]["name"] == f"{name}-0" for one in self.kube.of_kind("Pod")):
                self.kube.put(pod)
            kind, now = ("Failed" if code else "Complete"), "2026-01-01T00:00:00Z"
            condition = {"type": kind, "status": "True", "reason": "PodFailurePolicy", "lastTransitionTime": now}
            self.kube.set_status("Job", name, {"conditions": [condition], "failed": code})

    failing = False

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        async def work() -> None:
            while True:
                await self.turn()
                await asyncio.sleep(0.02)

        task = asyncio.create_task(work())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def run(self, *arguments: str, operator: bool = True) -> tuple[int, Any]:
        """A command as it is called, and what it says as JSON."""
        options = build_parser("leeboard").parse_args([*arguments, "-o", "json"])
        output = io.StringIO()
        session = Session(options, Terminal(output, io.StringIO(), {}), self.clock())
        work = _WORK.get(options.command.name)
        asked = work(session, self.cluster) if work else rollouts.command(session, self.cluster, options.command.name)
        if operator:
            async with self.at_work():
                status = await asked
        else:
            status = await asked
        return status, json.loads(output.getvalue())

    @property
    def status(self) -> Document:
        return self.kube.live("Model", "late-flights")["status"]


_WORK: dict[str, Any] = {
    "approve": approve._approve,
    "retry": retry._retry,
    "train": train._train,
    "describe": describe._describe,
    "why": why._why,
}


async def champions(*names: str) -> World:
    world = World()
    for number, name in enumerate(names, start=1):
        world.add_version(name, f"2026-01-0{number}T00:00:00Z")
        for _ in range(8):
            await world.turn()
        assert world.status["champion"]["name"] == name
        world.clock.now = world.clock.now.replace(day=number + 1)
        for _ in range(4):
            await world.turn()
    return world


async def test_a_rollback_and_a_retry_are_asked_for_answered_and_done() -> None:
    world = await champions("v1", "v2")
    status, answer = await world.run("rollback", "late-flights")
    assert (status, answer["accepted"], answer["subject"]) == (DONE, True, "v1")
    for _ in range(8):
        await world.turn()
    assert world.status["champion"]["name"] == "v1"
    written = world.kube.live("Model", "late-flights")["metadata"]["annotations"]["leeboard.dev/rollback"]
    assert written == answer["id"] == world.status["commands"]["rollback"]
    with pytest.raises(CommandError, match="no version is known") as refused:
        await world.run("rollback", "late-flights")
    assert refused.value.status == REFUSED
    status, answer = await world.run("retry", "rollout", "late-flights/v2")
    assert (status, answer["subject"]) == (DONE, "v2")
    _, story = await world.run("why", "late-flights")
    assert {"champion", "command", "registered"} <= {one["step"] for one in story["timeline"]}


async def test_a_hold_is_answered_and_nonsense_is_not_even_asked() -> None:
    world = await champions("v1")
    assert (await world.run("pause", "late-flights"))[0] == DONE
    assert world.status["commands"]["pause"] is True
    with pytest.raises(CommandError, match="held already"):
        await world.run("pause", "late-flights")
    assert (await world.run("resume", "late-flights"))[0] == DONE
    before = len(world.kube.writes())
    for verb in ("promote", "abort"):
        with pytest.raises(CommandError, match="no rollout is under way"):
            await world.run(verb, "late-flights", operator=False)
    assert len(world.kube.writes()) == before


async def test_without_an_operator_it_ends_in_time() -> None:
    world = await champions("v1", "v2")
    status, answer = await world.run("rollback", "late-flights", "--timeout", "1s", operator=False)
    assert (status, answer["accepted"]) == (TIMED_OUT, None)
    status, answer = await world.run("rollback", "late-flights", "--no-wait", operator=False)
    assert (status, answer["accepted"]) == (DONE, None)


async def test_an_approval_is_ones_own_name_and_given_once() -> None:
    world = World(promotion={"policy": "Approval"})
    world.add_version("v1", "2026-01-01T00:00:00Z")
    await world.turn()
    status, answer = await world.run("approve", "late-flights")
    assert (status, answer["accepted"], answer["subject"], answer["id"]) == (DONE, True, "v1", "ann")
    assert world.kube.live("ModelVersion", "v1")["status"]["approvedBy"] == "ann"
    with pytest.raises(CommandError, match="was approved by ann already"):
        await world.run("approve", "v1")


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs last moments here, and so do the pauses between two looks."""
    monkeypatch.setattr(following, "_LOOK_EVERY", 0.02)


def with_training_job(world: World) -> None:
    job = example("training-job")
    job["metadata"] |= {"namespace": "ml", "uid": "tj-uid"}
    job["spec"] |= {"triggers": {"onSpecChange": False}, "limits": {}}
    world.kube.put(job)


async def test_a_run_is_followed_to_its_version(soon: None) -> None:
    world = World()
    with_training_job(world)
    status, told = await world.run("train", "late-flights", "--wait", "--timeout", "60s")
    assert (status, told["exitStatus"], told["version"]["phase"]) == (0, 0, "Accepted")
    assert told["run"]["cause"]["kind"] == "Manual" and told["version"]["metrics"]
    _, page = await world.run("describe", "run", told["run"]["id"])
    assert {one["kind"] for one in page["children"]} == {"Job", "Pod"}


async def test_a_version_that_a_gate_refuses_and_a_run_that_fails_have_their_own_status(soon: None) -> None:
    gates = {"gates": [{"type": "Threshold", "metric": "roc_auc", "min": "0.99"}]}
    world = World(promotion=gates)
    with_training_job(world)
    status, told = await world.run("train", "late-flights", "--wait", "--timeout", "60s")
    assert (status, told["version"]["phase"]) == (REFUSED, "Rejected")
    with pytest.raises(CommandError, match="did not fail"):
        await world.run("retry", "run", "late-flights")
    world.failing = True
    status, told = await world.run("train", "late-flights", "--wait", "--timeout", "60s")
    assert (status, told["run"]["phase"], told["version"]) == (1, "Failed", None)
    world.failing = False
    status, answer = await world.run("retry", "run", "late-flights")
    assert (status, answer["accepted"]) == (DONE, True) and answer["subject"] != told["run"]["id"]


async def test_a_suspended_job_trains_nothing() -> None:
    world = World()
    with_training_job(world)
    world.kube.live("TrainingJob", "late-flights")["spec"]["suspend"] = True
    with pytest.raises(CommandError, match="it is suspended"):
        await world.run("train", "late-flights", operator=False)
