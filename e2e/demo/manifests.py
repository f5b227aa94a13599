"""The four objects of the demo, as a platform team would keep them in Git."""

from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]
API_VERSION = "leeboard.dev/v1alpha1"
NAME = "late-flights"
NAMESPACE = "ml"
SEED = 7
PARAMS = {"trees": "150"}
SCORE_OUTPUT = "probability"


@dataclass(frozen=True)
class Places:
    """Where the cluster's services are, seen from pods, and which image trains."""

    s3: str
    repository: str
    image: str


def _named(kind: str, spec: Document) -> Document:
    return {
        "apiVersion": API_VERSION,
        "kind": kind,
        "metadata": {"name": NAME, "namespace": NAMESPACE},
        "spec": spec,
    }


def _storage(places: Places, uri: str | None = None) -> Document:
    storage: Document = {"secretRef": {"name": "s3"}, "endpoint": places.s3}
    return storage | ({"uri": uri} if uri else {})


def training_job(places: Places, revision: str, **changes: Any) -> Document:
    """The TrainingJob at one revision of the training code; ``changes`` replace whole fields of the spec."""
    partitions = {"pattern": "{yyyy}-{MM}/", "last": 3}
    spec: Document = {
        "modelRef": {"name": NAME},
        "code": {"from": "Git", "repository": places.repository, "revision": revision},
        "image": places.image,
        "command": ["python3", "train.py"],
        "params": PARAMS,
        "seed": SEED,
        "datasets": [
            {
                "name": "train",
                "role": "Train",
                "uri": "s3://flights/train/",
                "partitions": partitions,
                "validation": {
                    "maxMissing": [{"column": "wind_speed", "percent": 5}],
                    "columns": [{"name": "distance", "type": "Number", "min": "0"}],
                },
            },
            {
                "name": "holdout",
                "role": "Holdout",
                "uri": "s3://flights/holdout/",
                "partitions": {"pattern": "{yyyy}-{MM}/", "last": 1},
            },
        ],
        "resources": {"requests": {"cpu": "250m", "memory": "512Mi"}, "limits": {"memory": "2Gi"}},
        "serviceAccountName": "trainer",
        "storage": _storage(places),
        "output": {"uri": "s3://models/ml/late-flights/"},
        "triggers": {"onSpecChange": True, "onDrift": True},
        "limits": {"deadline": "10m", "retries": 1, "cooldown": "5s", "maxRunsPerDay": 12},
    }
    return _named("TrainingJob", spec | changes)


def model(places: Places, **changes: Any) -> Document:
    """The Model: how it is served and how a new version earns its place; ``changes`` replace whole fields."""
    spec: Document = {
        "owners": ["flight-ops"],
        "prediction": {"task": "BinaryClassification", "scoreOutput": SCORE_OUTPUT, "positiveClass": "1"},
        "storage": _storage(places, "s3://observations/ml/late-flights/"),
        "versions": {"retain": 10},
        "promotion": {
            "policy": "Automatic",
            "gates": [
                {"type": "Threshold", "metric": "roc_auc", "min": "0.60"},
                {"type": "VersusChampion", "metric": "roc_auc", "maxDrop": "0.01"},
            ],
        },
        "serving": {
            "replicas": 1,
            "resources": {"requests": {"cpu": "50m", "memory": "256Mi"}, "limits": {"memory": "1Gi"}},
        },
        "rollout": {
            "strategy": "Canary",
            "steps": [{"weight": 50, "duration": "20s"}],
            "analysis": {
                "alpha": "0.05",
                "minSamples": 200,
                "guards": [
                    {"type": "ErrorRate", "margin": "0.05"},
                    {"type": "LatencyP99", "maxRatio": "10"},
                ],
            },
        },
    }
    return _named("Model", spec | changes)


def drift_monitor(**changes: Any) -> Document:
    """The DriftMonitor. Windows are seconds long because the replay compresses weeks into seconds, and so
    is the time in which one false alarm is allowed: an hour is longer than the demo takes.

    `python -m e2e.demo.study` prints the figures that the thresholds rest on. The weekday is the calendar itself: a
    window that does not begin and end with a week always differs in it. Temperature follows the seasons too, but is
    watched: trees answer for a heat that they never saw as for the warmest day that they did. It raises an alert; a
    retraining waits until labels say that the answers are worse.
    """
    spec: Document = {
        "modelRef": {"name": NAME},
        "window": {"length": "30s", "every": "5s", "minSamples": 5000},
        "features": {"exclude": ["weekday"]},
        "falseAlarms": {"budget": 1, "per": "1h"},
        "checks": [
            {"type": "DataDrift", "distance": "JensenShannon", "threshold": "0.7"},
            {"type": "PredictionDrift", "distance": "PSI", "threshold": "0.5"},
            {"type": "DataQuality", "maxMissingPercent": 10},
            {"type": "Performance", "metric": "log_loss", "maxDrop": "0.08"},
        ],
        "actions": [
            {"type": "Alert"},
            {"type": "Retrain", "trainingJobRef": {"name": NAME}, "when": ["Performance"]},
        ],
    }
    return _named("DriftMonitor", spec | changes)
