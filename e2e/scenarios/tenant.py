"""A tenant of the scenarios: a namespace with everything that a small model needs to be trained, served and watched."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from e2e.cluster.lifecycle import Cluster
from e2e.support import installation
from e2e.support.buckets import Buckets
from e2e.support.git_project import GitProject
from e2e.support.installation import Images
from e2e.support.kubectl import Document, Kubectl
from e2e.support.narrator import Narrator
from e2e.support.world import World
from tests.support.trained import flights

CODE = Path(__file__).parent / "code" / "train.py"
API_VERSION = "leeboard.dev/v1alpha1"


def parquet(frame: pd.DataFrame) -> bytes:
    """A table as a file."""
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    return buffer.getvalue()


@dataclass(frozen=True)
class Tenant:
    """Namespace, bucket and repository have one name, and every object of the four kinds another."""

    cluster: Cluster
    images: Images
    name: str
    model: str
    kubectl: Kubectl
    buckets: Buckets
    code: GitProject
    world: World

    @classmethod
    def begin(cls, cluster: Cluster, images: Images, name: str, folder: Path, model: str = "flights") -> "Tenant":
        """Make the namespace, the bucket with two months of flights and a holdout, and the repository."""
        kubectl = cluster.kubectl(name)
        cluster.kubectl("").apply(*installation.tenant(name, cluster.endpoints["s3"]))
        buckets = Buckets(cluster)
        buckets.make(name)
        tenant = cls(
            cluster=cluster,
            images=images,
            name=name,
            model=model,
            kubectl=kubectl,
            buckets=buckets,
            code=GitProject.begin(folder / "code", cluster.repository(name)),
            world=World(kubectl, Narrator(), model),
        )
        for seed, month in enumerate(("2013-01", "2013-02"), start=1):
            tenant.put("train", month, flights(2000, seed))
        tenant.put("holdout", "2013-03", flights(1500, 3))
        tenant.code.commit({"train.py": CODE.read_text(encoding="utf-8")}, "Train on every file")
        return tenant

    def put(self, dataset: str, month: str, frame: pd.DataFrame) -> None:
        """Store one month of a dataset."""
        self.buckets.put(self.name, f"{dataset}/{month}/flights.parquet", parquet(frame))

    def end(self) -> None:
        """Remove everything, and do not wait for it."""
        self.cluster.kubectl()("delete", "namespace", self.name, "--wait=false")

    # -- the objects -------------------------------------------------------------------------------------------------
    def named(self, kind: str, spec: Document) -> Document:
        """One of the four kinds."""
        metadata = {"name": self.model, "namespace": self.name}
        return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}

    def training_job(self, **changes: Any) -> Document:
        """The TrainingJob; `changes` replace whole fields of the spec."""
        spec: Document = {
            "modelRef": {"name": self.model},
            "code": {
                "from": "Git",
                "repository": f"{self.cluster.endpoints['git']['cluster']}/{self.name}.git",
                "revision": "main",
            },
            "image": self.images.serving,
            "command": ["python3", "train.py"],
            "seed": 7,
            "datasets": [
                self.dataset("train", "Train", validation={"maxMissing": [{"column": "wind", "percent": 10}]}),
                self.dataset("holdout", "Holdout"),
            ],
            "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "1Gi"}},
            "serviceAccountName": "trainer",
            "storage": self.storage(),
            "output": {"uri": f"s3://{self.name}/models/"},
            "limits": {"deadline": "5m", "retries": 1, "cooldown": "1s", "maxRunsPerDay": 19},
        }
        return self.named("TrainingJob", spec | changes)

    def model_object(self, **changes: Any) -> Document:
        """The Model; `changes` replace whole fields of the spec."""
        spec: Document = {
            "owners": ["flight-ops"],
            "prediction": {"task": "BinaryClassification"},
            "storage": self.storage() | {"uri": f"s3://{self.name}/observed/"},
            "promotion": {
                "gates": [
                    {"type": "Threshold", "metric": "roc_auc", "min": "0.65"},
                    {"type": "VersusChampion", "metric": "roc_auc", "maxDrop": "0.02"},
                ]
            },
            "serving": {
                "replicas": 1,
                "resources": {"requests": {"cpu": "50m", "memory": "200Mi"}, "limits": {"memory": "1Gi"}},
            },
            "rollout": {
                "strategy": "Canary",
                "steps": [{"weight": 50, "duration": "10s"}],
                "analysis": {
                    "minSamples": 100,
                    "guards": [{"type": "ErrorRate", "margin": "0.05"}],
                },
            },
        }
        return self.named("Model", spec | changes)

    def drift_monitor(self, **changes: Any) -> Document:
        """The DriftMonitor; `changes` replace whole fields of the spec."""
        spec: Document = {
            "modelRef": {"name": self.model},
            "window": {"length": "30s", "every": "5s", "minSamples": 1000},
            "checks": [
                {"type": "DataDrift", "distance": "JensenShannon", "threshold": "0.3"},
                {"type": "Performance", "metric": "roc_auc", "maxDrop": "0.1"},
            ],
            "actions": [
                {"type": "Alert"},
                # whether it does harm or not: what the loop does then is what is to be seen
                {"type": "Retrain", "trainingJobRef": {"name": self.model}, "when": ["DataDrift", "Performance"]},
            ],
        }
        return self.named("DriftMonitor", spec | changes)

    def dataset(self, name: str, role: str, **more: Any) -> Document:
        """A dataset of monthly partitions, the last of which is read for a holdout and the last two otherwise."""
        last = 1 if role == "Holdout" else 2
        return {
            "name": name,
            "role": role,
            "uri": f"s3://{self.name}/{name}/",
            "partitions": {"pattern": "{yyyy}-{MM}/", "last": last},
        } | more

    def storage(self, opened_by: str = "s3") -> Document:
        """Where storage is, and the name of the Secret that opens it."""
        return {"secretRef": {"name": opened_by}, "endpoint": self.cluster.endpoints["s3"]["cluster"]}
