"""A small cluster for a TrainingJob: it carries plans out and plays Job controller and kubelet, all by hand."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.api.training_job import Run, TrainingJob
from leeboard.planning.conditions import timestamp
from leeboard.planning.plan import Plan
from leeboard.planning.settings import Settings
from leeboard.planning.snapshot import TrainingJobSnapshot
from leeboard.planning.training_job import plan_training_job
from tests.support.examples import DIGEST, example

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
COMMIT = "0123456789" * 4
IMAGE_ID = f"registry.example/ml/flights@{DIGEST}"


def digest(letter: str) -> str:
    """A digest that is told from others by one hex digit."""
    return "sha256:" + letter * 64


def training_result(run: str, *, commit: str = COMMIT, data: str = "a", artifact: str = "b") -> dict[str, Any]:
    """What the container train says on success."""
    dataset = {"uri": "s3://flights/train/", "rows": 1000, "schemaDigest": DIGEST}
    return {
        "contract": 1,
        "run": run,
        "artifact": {"uri": f"s3://models/{run}/", "digest": digest(artifact), "format": "sklearn-skops", "bytes": 9},
        "code": {"repository": "http://git/x.git", "revision": "main", "commit": commit, "verified": True},
        "datasets": [
            {"name": "train", "role": "Train", "digest": digest(data), "partitions": ["2013-01/"], **dataset},
            {"name": "holdout", "role": "Holdout", "digest": digest("c"), **dataset},
        ],
        "params": {"learning_rate": "0.1"},
        "seed": 7,
        "environment": {"python": "3.11.7", "lockDigest": DIGEST},
        "reference": {"uri": f"s3://models/{run}/reference.parquet", "digest": DIGEST},
    }


def evaluation_result(run: str) -> dict[str, Any]:
    """What the evaluation says on success."""
    stored = {"uri": f"s3://models/{run}/evaluation/profile.json", "digest": DIGEST}
    metric = {"name": "roc_auc", "value": "0.73", "low": "0.72", "high": "0.74", "dataset": "holdout", "digest": DIGEST}
    return {
        "contract": 1,
        "run": run,
        "metrics": [metric],
        "champion": [metric],
        "differences": [{"name": "roc_auc", "value": "0.01", "low": "0.00", "high": "0.02"}],
        "signature": {"inputs": [{"name": "distance", "datatype": "FP64"}], "outputs": []},
        "profile": stored,
        "goldenSamples": stored,
        "rows": 1000,
    }


class World:
    """Objects as an API server keeps them."""

    def __init__(self, **spec: Any) -> None:
        """A TrainingJob as in the example without triggers but onSpecChange; `spec` replaces fields of its spec."""
        self.job = example("training-job")
        self.job["metadata"] |= {"uid": "tj-uid", "namespace": "ml", "generation": 1}
        self.job["spec"] |= {"triggers": {"onSpecChange": True}, "limits": {}, **spec}
        self.model: dict[str, Any] | None = example("model")
        self.champion: str | None = None
        self.versions: dict[str, dict[str, Any]] = {}
        self.monitors: list[dict[str, Any]] = []
        self.jobs: dict[str, dict[str, Any]] = {}
        self.pods: list[dict[str, Any]] = []
        self.now = START
        self.events: list[str] = []
        self.uids = 0
        self.warnings: dict[str, tuple[dict[str, Any], ...]] = {}

    def snapshot(self) -> TrainingJobSnapshot:
        """What a controller would observe now."""
        versions = {name: ModelVersion.parse(raw) for name, raw in self.versions.items()}
        return TrainingJobSnapshot(
            job=TrainingJob.parse(json.loads(json.dumps(self.job))),
            model=Model.parse(self.model) if self.model else None,
            champion=versions[self.champion] if self.champion else None,
            versions=tuple(versions.values()),
            jobs=tuple(self.jobs.values()),
            pods=tuple(self.pods),
            monitors=tuple(DriftMonitor.parse(raw) for raw in self.monitors),
            settings=Settings(runtime_image="registry/runtime:1", server_image="registry/server:1"),
            warnings=self.warnings,
        )

    def plan(self) -> Plan:
        """The plan for now."""
        return plan_training_job(self.snapshot(), self.now)

    def execute(self, plan: Plan, effects: int | None = None) -> None:
        """Carry a plan out in the controllers' order; `effects` ends after that many API calls, as a crash would."""
        calls: list[Any] = [lambda raw=raw: self._create(raw) for raw in plan.create]
        calls += [lambda ref=ref: self.jobs.pop(ref.name, None) for ref in plan.delete]
        calls += [lambda: self._write(plan.status)] if plan.status is not None else []
        for call in calls[:effects]:
            call()
        if effects is None or effects >= len(calls):
            self.events += [event.reason for event in plan.events]

    def reconcile(self, times: int = 1) -> Plan:
        """Plan and carry out, several times; the last plan."""
        plan = Plan()
        for _ in range(times):
            plan = self.plan()
            self.execute(plan)
        return plan

    def settle(self) -> None:
        """Reconcile until nothing is left to do at this moment."""
        for _ in range(12):
            plan = self.plan()
            self.execute(plan)
            if plan.status is None and not plan.create and not plan.delete:
                return
        raise AssertionError("the plans do not come to rest")

    def pass_time(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)

    @property
    def primary(self) -> dict[str, Any]:
        """The object that this world is about."""
        return self.job

    @property
    def runs(self) -> list[Run]:
        """The runs in status."""
        return list(TrainingJob.parse(self.job).status.runs)

    @property
    def run(self) -> Run:
        """The newest run."""
        return self.runs[-1]

    def conditions(self) -> dict[str, tuple[str, str]]:
        """Status and reason by type."""
        conditions = self.job.get("status", {}).get("conditions", [])
        return {one["type"]: (one["status"], one["reason"]) for one in conditions}

    def change(self, **spec: Any) -> None:
        """Edit the spec."""
        self.job["spec"] |= spec
        self.job["metadata"]["generation"] += 1

    def command(self, identity: str) -> None:
        """Ask for a run by hand."""
        self.job["metadata"].setdefault("annotations", {})["leeboard.dev/train"] = identity

    def ask_retraining(self, episode: str) -> None:
        """A drift monitor asks."""
        monitor = example("drift-monitor")
        request = {"type": "Retrain", "trainingJobRef": {"name": self.job["metadata"]["name"]}, "episode": episode}
        monitor["metadata"] |= {"uid": "dm-uid", "namespace": "ml"}
        monitor["status"] = {"requests": [{**request, "reason": "roc_auc 0.69 → 0.62"}]}
        self.monitors = [monitor]

    def end(self, job: str, containers: dict[str, tuple[int, Any]], *, failed: str | None = None) -> None:
        """The pod of a Job ends, each container with exit code and message; then the Job, `failed` for that reason."""
        self.pod(job, [container_ended(name, code, said) for name, (code, said) in containers.items()], bool(failed))
        self.end_job(job, failed)

    def end_job(self, job: str, failed: str | None = None) -> None:
        """Only the Job ends: its pods' last words have not arrived."""
        kind = {"type": "Failed", "reason": failed, "message": "as it is"} if failed else {"type": "Complete"}
        condition = {**kind, "status": "True", "lastTransitionTime": timestamp(self.now)}
        self.jobs[job]["status"] = {"conditions": [condition], "failed": 1 if failed else 0}

    def pod(self, job: str, statuses: list[dict[str, Any]], failed: bool = False, **status: Any) -> None:
        """A pod of a Job with the states of its containers."""
        uid = self.jobs[job]["metadata"]["uid"]
        phase = "Failed" if failed else "Succeeded"
        self.pods.append(
            {
                "metadata": {
                    "name": f"{job}-{len(self.pods)}",
                    "creationTimestamp": timestamp(self.now + timedelta(seconds=len(self.pods))),
                    "ownerReferences": [{"kind": "Job", "uid": uid}],
                },
                "status": {"phase": phase, "containerStatuses": statuses, **status},
            }
        )

    def train(self, **result: Any) -> None:
        """The training of the newest run succeeds."""
        said = training_result(self.run.id, **result)
        fetched = {key: said[key] for key in ("contract", "run", "code", "datasets")}
        self.end(self.run.job, {"fetch": (0, fetched), "train": (0, said)})

    def evaluate(self) -> None:
        """The evaluation of the newest run succeeds."""
        self.end(self.run.evaluation_job, {"evaluate": (0, evaluation_result(self.run.id))})

    def whole_run(self, **result: Any) -> Run:
        """From a recorded run to a version that becomes the champion."""
        self.settle()
        self.train(**result)
        self.settle()
        if self.run.phase == "Evaluating":
            self.evaluate()
            self.settle()
            self.champion = self.run.model_version
        return self.run

    def _create(self, raw: dict[str, Any]) -> None:
        target = self.jobs if raw["kind"] == "Job" else self.versions
        name = raw["metadata"]["name"]
        if name not in target:
            self.uids += 1
            metadata = {**raw["metadata"], "uid": f"uid-{self.uids}", "creationTimestamp": timestamp(self.now)}
            target[name] = {**json.loads(json.dumps(raw)), "metadata": metadata}

    def _write(self, status: dict[str, Any] | None) -> None:
        self.job["status"] = json.loads(json.dumps(status))


def container_ended(name: str, code: int, said: Any = "", reason: str = "Error") -> dict[str, Any]:
    """A container's terminated state."""
    message = said if isinstance(said, str) else json.dumps(said)
    ended = {"exitCode": code, "message": message, "reason": "Completed" if code == 0 else reason}
    return {"name": name, "imageID": IMAGE_ID, "state": {"terminated": ended}}


def container_waiting(name: str, reason: str, message: str = "") -> dict[str, Any]:
    """A container's waiting state."""
    return {"name": name, "state": {"waiting": {"reason": reason, "message": message}}}
