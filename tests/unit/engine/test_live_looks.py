"""What is not taken back rests on what is live: a cache that is behind ends no run and moves no traffic."""

from __future__ import annotations

from typing import Any

from leeboard.api.model_version import ModelVersion
from leeboard.controllers.base import Key, Look
from leeboard.controllers.registry import CONTROLLERS
from leeboard.engine.live_looks import LiveLooks
from leeboard.engine.store import Store
from tests.support.examples import example, model_version
from tests.support.fake_kube import FakeKube
from tests.unit.engine.harness import Clock, Process

NAME = "late-flights"
RUN = Key("TrainingJob", "ml", NAME)


def placed(kube: FakeKube, document: dict[str, Any]) -> None:
    document["metadata"] |= {"namespace": "ml"}
    kube.put(document)


async def under_way() -> tuple[FakeKube, Process]:
    """A run whose Job was seen by one process, and another process that knows everything but the Job."""
    kube = FakeKube()
    placed(kube, example("model"))
    training = example("training-job")
    training["spec"] |= {"triggers": {"onSpecChange": True}, "limits": {}}
    placed(kube, training)
    await Process(kube, CONTROLLERS, Clock()).settle()
    other = Process(kube, CONTROLLERS, Clock())
    for kind in ("Model", "TrainingJob"):
        other.store.put(kube.live(kind, NAME))
    return kube, other


def phase(kube: FakeKube) -> tuple[str, str]:
    (run,) = kube.live("TrainingJob", NAME)["status"]["runs"]
    return run["phase"], run["reason"]


async def test_a_job_that_only_the_cache_lacks_was_not_deleted() -> None:
    kube, other = await under_way()
    assert phase(kube) == ("Training", "Training")
    await other.reconciler.reconcile(RUN)
    assert phase(kube) == ("Training", "Training")
    kube.remove("Job", "ml", kube.of_kind("Job")[0]["metadata"]["name"])
    other.watch()
    await other.reconciler.reconcile(RUN)
    assert phase(kube) == ("Failed", "JobDeleted")


async def test_gates_are_decided_by_who_is_champion_now() -> None:
    kube = FakeKube()
    placed(kube, example("model"))
    process = Process(kube, CONTROLLERS, Clock())
    process.watch()
    champion = {"name": "earlier", "since": "2026-01-01T00:00:00Z", "images": {"server": "s:1"}}
    kube.set_status("Model", NAME, {"champion": champion})
    placed(kube, model_version("later"))
    await process.reconciler.reconcile(Key(ModelVersion.KIND, "ml", "later"))
    status = kube.live("ModelVersion", "later")["status"]
    assert status["phase"] == "Rejected"
    assert "was not compared with the champion earlier" in status["gates"][1]["message"]


async def test_what_decides_nothing_is_read_once_and_nothing_beside_it() -> None:
    kube, other = await under_way()
    await other.reconciler.reconcile(RUN)
    kube.set_status("TrainingJob", NAME, {**kube.live("TrainingJob", NAME)["status"], "observedGeneration": 0})
    other.watch()
    kube.calls.clear()
    await other.reconciler.reconcile(RUN)
    assert kube.calls == [("status", "TrainingJob", NAME)]


async def test_a_look_brings_news_and_forgets_what_is_gone() -> None:
    kube, store = FakeKube(), Store()
    for name in ("kept", "gone", "another"):
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"leeboard.dev/model": "m"}}}
        placed(kube, pod)
    kube.live("Pod", "another")["metadata"]["labels"] = {"leeboard.dev/model": "n"}
    for raw in kube.of_kind("Pod"):
        store.put(raw)
    kube.remove("Pod", "ml", "gone")
    kube.remove("Pod", "ml", "another")
    kube.set_status("Pod", "kept", {"phase": "Running"})
    looks = LiveLooks(kube, store)
    await looks.take(Look("Pod", "ml", labels=(("leeboard.dev/model", "m"),)))
    assert [raw["metadata"]["name"] for raw in store.of_kind("Pod")] == ["another", "kept"]
    assert store.get(Key("Pod", "ml", "kept"))["status"] == {"phase": "Running"}
    await looks.take(Look("Pod", "ml", "another"))
    assert [raw["metadata"]["name"] for raw in store.of_kind("Pod")] == ["kept"]
