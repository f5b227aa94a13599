"""The four controllers over a fake API server: what each sees, whom a change wakes, and what a crash leaves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from leeboard.api.names import MODEL, label_value
from leeboard.controllers.registry import CONTROLLERS
from leeboard.engine.store import Store
from tests.support.examples import example, model_version
from tests.support.fake_kube import FakeKube
from tests.support.training_world import IMAGE_ID, evaluation_result, training_result
from tests.unit.engine.harness import SETTINGS, Clock, Process

Raw = dict[str, Any]


def placed(kube: FakeKube, document: Raw, name: str | None = None, **metadata: Any) -> Raw:
    document = json.loads(json.dumps(document))
    document["metadata"] |= {"namespace": "ml", **metadata} | ({"name": name} if name else {})
    return kube.put(document)


def child(api_version: str, kind: str, name: str, labels: dict[str, str], owner: Raw | None = None) -> Raw:
    metadata: Raw = {"name": name, "labels": {"app.kubernetes.io/managed-by": "leeboard", **labels}}
    if owner is not None:
        metadata["ownerReferences"] = [{"kind": owner["kind"], "uid": owner["metadata"]["uid"]}]
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": {}}


@pytest.fixture
def kube() -> FakeKube:
    kube = FakeKube()
    for name in ("model", "training-job", "drift-monitor"):
        placed(kube, example(name))
    placed(kube, model_version())
    return kube


def stored(kube: FakeKube) -> Store:
    store = Store()
    for raw in kube.objects.values():
        store.put(raw)
    return store


WAKES = [
    ("Model", "late-flights", {"ModelVersion", "TrainingJob", "DriftMonitor"}),
    ("ModelVersion", "late-flights-v1", {"Model", "TrainingJob", "DriftMonitor"}),
    ("DriftMonitor", "late-flights", {"Model", "TrainingJob"}),
    ("TrainingJob", "late-flights", set()),
]


@pytest.mark.parametrize(("kind", "name", "expected"), WAKES)
def test_a_change_of_one_kind_wakes_the_others_that_rest_on_it(
    kube: FakeKube, kind: str, name: str, expected: set[str]
) -> None:
    store, changed = stored(kube), kube.live(kind, name)
    woken = {other for other in CONTROLLERS if other != kind and list(CONTROLLERS[other].wakes(changed, store))}
    assert woken == expected


@pytest.mark.parametrize(
    ("kind", "labels", "expected"),
    [
        ("Job", {"leeboard.dev/training-job": "late-flights"}, {"TrainingJob"}),
        (
            "Pod",
            {"leeboard.dev/training-job": "late-flights", "leeboard.dev/model": "late-flights"},
            {"TrainingJob", "Model"},
        ),
        ("Pod", {"leeboard.dev/model": "late-flights"}, {"Model"}),
        ("Deployment", {"leeboard.dev/model": "late-flights"}, {"Model"}),
        ("Service", {"leeboard.dev/model": "late-flights"}, {"Model"}),
        ("Service", {"leeboard.dev/model": "another"}, set()),
        ("Job", {}, set()),
    ],
)
def test_a_child_wakes_those_whose_label_it_carries(
    kube: FakeKube, kind: str, labels: dict[str, str], expected: set[str]
) -> None:
    changed = child("v1", kind, "c", labels)
    changed["metadata"]["namespace"] = "ml"
    store = stored(kube)
    assert {other for other in CONTROLLERS if list(CONTROLLERS[other].wakes(changed, store))} == expected


def test_nothing_is_woken_across_namespaces(kube: FakeKube) -> None:
    changed = kube.live("Model", "late-flights")
    elsewhere = {**changed, "metadata": {**changed["metadata"], "namespace": "other"}}
    for controller in CONTROLLERS.values():
        assert list(controller.wakes(elsewhere, stored(kube))) == []


def test_a_label_that_had_to_be_shortened_finds_its_model(kube: FakeKube) -> None:
    name = "a" * 80
    placed(kube, example("model"), name)

    changed = child("v1", "Pod", "p", {MODEL: label_value(name)})
    changed["metadata"]["namespace"] = "ml"
    assert list(CONTROLLERS["Model"].wakes(changed, stored(kube))) == [name]


def test_a_model_sees_its_own_children_and_no_namesakes(kube: FakeKube) -> None:
    model = kube.live("Model", "late-flights")
    labels = {"leeboard.dev/model": "late-flights"}
    placed(kube, child("apps/v1", "Deployment", "ours", labels, model))
    placed(kube, child("apps/v1", "Deployment", "of-a-predecessor", labels))
    placed(kube, child("v1", "Pod", "server", {**labels, "leeboard.dev/part": "server"}))
    placed(kube, child("v1", "Pod", "training", {**labels, "leeboard.dev/part": "training"}))
    placed(kube, {**model_version("other"), "spec": {**model_version()["spec"], "modelRef": {"name": "other"}}})
    snapshot = CONTROLLERS["Model"].observe(model, stored(kube), SETTINGS)
    assert [raw["metadata"]["name"] for raw in snapshot.deployments] == ["ours"]
    assert [raw["metadata"]["name"] for raw in snapshot.pods] == ["server"]
    assert [version.metadata.name for version in snapshot.versions] == ["late-flights-v1"]
    assert [monitor.metadata.name for monitor in snapshot.monitors] == ["late-flights"]


def test_the_champion_is_the_one_in_the_models_status(kube: FakeKube) -> None:
    live = {kind: kube.live(kind, "late-flights") for kind in ("TrainingJob", "DriftMonitor")}
    for kind, raw in live.items():
        assert CONTROLLERS[kind].observe(raw, stored(kube), SETTINGS).champion is None
    champion = {"name": "late-flights-v1", "since": "2026-01-01T00:00:00Z", "images": {"server": "s:1"}}
    kube.set_status("Model", "late-flights", {"champion": champion})
    for kind, raw in live.items():
        assert CONTROLLERS[kind].observe(raw, stored(kube), SETTINGS).champion.metadata.name == "late-flights-v1"
    kube.remove("Model", "ml", "late-flights")
    for kind, raw in live.items():
        snapshot = CONTROLLERS[kind].observe(raw, stored(kube), SETTINGS)
        assert (snapshot.model, snapshot.champion) == (None, None)


def succeeded(container: str, said: Raw) -> Raw:
    ended = {"terminated": {"exitCode": 0, "message": json.dumps(said)}}
    return {"name": container, "imageID": IMAGE_ID, "state": ended}


class Loop:
    """The real planners from two manifests to a served version; the hands of kubelet are played."""

    def __init__(self) -> None:
        self.kube = FakeKube()
        training = example("training-job")
        training["spec"] |= {"triggers": {"onSpecChange": True}, "limits": {}}
        placed(self.kube, example("model"))
        placed(self.kube, training)

    def play(self) -> None:
        """Every Job without an end gets one, every Deployment its pods."""
        for job in self.kube.of_kind("Job"):
            if not job.get("status"):
                self._finish(job)
        for deployment in self.kube.of_kind("Deployment"):
            replicas = deployment["spec"]["replicas"]
            counts = dict.fromkeys(("replicas", "readyReplicas", "updatedReplicas", "availableReplicas"), replicas)
            generation = deployment["metadata"]["generation"]
            name = deployment["metadata"]["name"]
            self.kube.set_status("Deployment", name, {**counts, "observedGeneration": generation})

    def _finish(self, job: Raw) -> None:
        name, labels = job["metadata"]["name"], job["metadata"]["labels"]
        training = labels["leeboard.dev/part"] == "training"
        said = (training_result if training else evaluation_result)(labels["leeboard.dev/run"])
        status: Raw = {
            "phase": "Succeeded",
            "containerStatuses": [succeeded("train" if training else "evaluate", said)],
        }
        if training:
            fetched = {key: said[key] for key in ("contract", "run", "code", "datasets")}
            status["initContainerStatuses"] = [succeeded("fetch", fetched)]
        pod = child("v1", "Pod", f"{name}-0", {}, job)
        pod["metadata"]["labels"] = labels
        placed(self.kube, {**pod, "status": status})
        condition = {"type": "Complete", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}
        self.kube.set_status("Job", name, {"conditions": [condition]})

    async def run(self) -> None:
        """One life of the operator, until nothing moves any more."""
        process = Process(self.kube, CONTROLLERS, Clock())
        for _ in range(12):
            before = self._versions()
            await process.settle()
            self.play()
            if self._versions() == before:
                return
        raise AssertionError("the loop does not come to rest")

    def _versions(self) -> dict[Any, str]:
        return {address: raw["metadata"]["resourceVersion"] for address, raw in self.kube.objects.items()}

    def outcome(self) -> Raw:
        """What a user would look at."""
        model = self.kube.live("Model", "late-flights")["status"]
        runs = self.kube.live("TrainingJob", "late-flights")["status"]["runs"]
        names = {kind: [raw["metadata"]["name"] for raw in self.kube.of_kind(kind)] for kind in CHILDREN}
        return {
            **names,
            "champion": model["champion"]["name"],
            "runs": [(run["id"], run["phase"], run["modelVersion"]) for run in runs],
            "selector": self.kube.live("Service", "late-flights")["spec"]["selector"],
        }


CHILDREN = ("Job", "ModelVersion", "Deployment", "Service")


async def test_the_planners_lead_from_two_manifests_to_a_served_version() -> None:
    loop = Loop()
    await loop.run()
    outcome = loop.outcome()
    assert [len(outcome[kind]) for kind in CHILDREN] == [2, 1, 1, 2]
    assert outcome["champion"] == outcome["ModelVersion"][0] == outcome["runs"][0][2]
    assert outcome["selector"]["leeboard.dev/version"] == outcome["champion"]


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_crash_at_any_write_leads_to_the_same_served_version(moment: str) -> None:
    undisturbed = Loop()
    await undisturbed.run()
    writes = len(undisturbed.kube.writes(without_events=False))
    assert writes > 15
    for number in range(1, writes + 1):
        loop, left = Loop(), number

        def crash(verb: str, kind: str, name: str) -> None:
            nonlocal left
            left -= verb not in ("get", "list")
            if left == 0 and verb not in ("get", "list"):
                left = -1_000_000
                raise RuntimeError("killed")

        setattr(loop.kube, moment, crash)
        with pytest.raises(RuntimeError, match="killed"):
            await loop.run()
        await loop.run()
        assert loop.outcome() == undisturbed.outcome(), number
