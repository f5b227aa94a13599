"""A registry as it looks after three trainings: a champion of drift, its two predecessors, one that was rolled back."""

import hashlib
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.api.training_job import TrainingJob
from leeboard.cli.objects import Kind, Objects, parsed
from leeboard.planning.conditions import timestamp
from tests.support.examples import Document, example, model_version

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NAMESPACE = "ml"
FIRST, SECOND, THIRD = "late-flights-1f0c77e2ab", "late-flights-b8d2905e4c", "late-flights-5a3e91c07d"
ROLLED_BACK, NEXT = "late-flights-c41a6f83d9", "late-flights-e77b20d154"
EPISODE = "9f8e7d6c5b4a"


def ago(**span: float) -> str:
    """A time before now, as the API server writes it."""
    return timestamp(NOW - timedelta(**span))


def digest(of: str) -> str:
    """The digest of a text, which stands for what lies in storage."""
    return f"sha256:{hashlib.sha256(of.encode()).hexdigest()}"


def commit(of: str) -> str:
    """A commit, as long as Git's."""
    return hashlib.sha1(of.encode(), usedforsecurity=False).hexdigest()


def code(of: str) -> Document:
    """Code that a run cloned."""
    repository = "https://git.example/ml/late-flights.git"
    return {"repository": repository, "revision": "main", "commit": commit(of), "verified": True}


def metric(name: str, value: str, low: str, high: str) -> Document:
    """A figure with its interval."""
    return {"name": name, "value": value, "low": low, "high": high}


def version(name: str, born: str, *, parent: str = "", **spec: Any) -> Document:
    """A version of the example, as its run would have registered it; `spec` replaces fields."""
    run = name.rpartition("-")[2]
    document = model_version(name)
    place = f"s3://models/ml/late-flights/{run}/"
    document["metadata"] |= {"namespace": NAMESPACE, "uid": f"{name}-uid", "creationTimestamp": born}
    document["spec"] |= {
        "source": {"trainingJob": {"name": "late-flights", "uid": "tj-uid", "run": run}},
        "artifact": {"uri": place, "digest": digest(run), "format": "sklearn-skops", "bytes": 1234567},
        "code": code("newest"),
        "image": {"reference": f"registry.example/ml/flights@{digest('image')}"},
        "datasets": [
            dataset("train", "Train", "autumn", ("2025-10/", "2025-11/", "2025-12/"), 312456),
            dataset("holdout", "Holdout", "january", ("2026-01/",), 101221),
        ],
        "params": {"learning_rate": "0.1", "max_iter": "200"},
        "environment": {"python": "3.11.9", "lockDigest": digest("packages")},
        "metrics": [metric("roc_auc", "0.702113", "0.692041", "0.712338")],
        "profile": {"uri": f"{place}evaluation/profile.json", "digest": digest(f"profile {run}")},
        "goldenSamples": {"uri": f"{place}evaluation/golden.json", "digest": digest(f"golden {run}")},
        **spec,
    }
    if parent:
        document["spec"]["parent"] = {"name": parent, "relation": "Retrained"}
    document["status"] = {"phase": "Accepted"}
    return document


def dataset(name: str, role: str, of: str, partitions: tuple[str, ...], rows: int) -> Document:
    """A dataset as a run read it."""
    return {
        "name": name,
        "role": role,
        "uri": f"s3://flights/{name}/",
        "partitions": list(partitions),
        "digest": digest(of),
        "rows": rows,
        "schemaDigest": digest("columns"),
    }


def _third() -> Document:
    document = version(
        THIRD,
        ago(hours=3),
        parent=SECOND,
        datasets=[
            dataset("train", "Train", "winter", ("2025-12/", "2026-01/", "2026-02/"), 318027),
            dataset("holdout", "Holdout", "march", ("2026-03/",), 96554),
        ],
        metrics=[
            metric("roc_auc", "0.731245", "0.722123", "0.740345"),
            metric("log_loss", "0.512001", "0.500877", "0.523125"),
            metric("average_precision", "0.451234", "0.432111", "0.470357"),
        ],
        comparison={
            "champion": SECOND,
            "metrics": [
                metric("roc_auc", "0.669872", "0.659104", "0.680640"),
                metric("log_loss", "0.580213", "0.566120", "0.594306"),
                metric("average_precision", "0.447001", "0.428410", "0.465592"),
            ],
            "differences": [
                metric("roc_auc", "0.061373", "0.048210", "0.074536"),
                metric("log_loss", "-0.068212", "-0.081904", "-0.054520"),
                metric("average_precision", "0.004233", "-0.009127", "0.017593"),
            ],
        },
        cause={
            "kind": "Drift",
            "ref": {"kind": "DriftMonitor", "name": "late-flights", "uid": "dm-uid", "episode": EPISODE},
            "reason": "Performance roc_auc 0.0614 [0.0482, 0.0745], threshold 0.03"
            " (roc_auc 0.733 → 0.67 [0.659, 0.681] on 8120 labelled rows)",
        },
    )
    document["status"]["gates"] = [
        {"gate": "Threshold roc_auc", "passed": True, "message": "roc_auc 0.731245, wanted at least 0.60"},
        {"gate": "VersusChampion roc_auc", "passed": True, "message": "differs by 0.061373"},
    ]
    return document


def versions() -> dict[str, Document]:
    """The versions by name: a chain of three, one that was rolled back, and one that is on its way."""
    first = version(
        FIRST,
        ago(days=41),
        code={"repository": "", "revision": "", "verified": False},
        params={"learning_rate": "0.3"},
        cause={"kind": "SpecChange", "reason": "first run"},
    )
    second = version(
        SECOND,
        ago(days=12),
        parent=FIRST,
        metrics=[metric("roc_auc", "0.733001", "0.724100", "0.741902")],
        cause={"kind": "NewCommit", "reason": "code looked at every 5m"},
    )
    rolled_back = version(ROLLED_BACK, ago(hours=30), parent=SECOND, cause={"kind": "Manual", "reason": "asked for"})
    candidate = version(
        NEXT, ago(minutes=25), parent=THIRD, cause={"kind": "Schedule", "reason": "schedule 0 3 * * 1 (UTC)"}
    )
    documents = (first, second, rolled_back, _third(), candidate)
    return {one["metadata"]["name"]: one for one in documents}


def model() -> Document:
    """The Model: the third version serves, another is in its canary."""
    document = example("model")
    document["metadata"] |= {"namespace": NAMESPACE, "uid": "m-uid", "creationTimestamp": ago(days=41)}
    images = {"server": "registry.example/leeboard/server:1"}
    document["status"] = {
        "observedGeneration": 1,
        "champion": {"name": THIRD, "since": ago(hours=2), "images": images},
        "candidate": {
            "name": NEXT,
            "since": ago(minutes=20),
            "images": images,
            "phase": "Canary",
            "step": 0,
            "requestedWeight": 33,
            "replicaWeight": 33,
            "observedWeight": 31,
            "reason": "NotEnoughSamples",
        },
        "quarantined": [
            {
                "name": ROLLED_BACK,
                "reason": "ErrorRateTooHigh",
                "message": "errors of the candidate exceed the champion's by 0.031 [0.014, 0.052], margin 0.01",
                "at": ago(hours=29),
            }
        ],
        "conditions": [{"type": "Ready", "status": "True", "reason": "Serving", "message": f"{THIRD} serves"}],
    }
    return document


def training_job() -> Document:
    """The TrainingJob with the runs it remembers."""
    document = example("training-job")
    document["metadata"] |= {"namespace": NAMESPACE, "uid": "tj-uid", "creationTimestamp": ago(days=41)}
    drift = versions()[THIRD]["spec"]["cause"]
    document["status"] = {
        "lastRun": "e77b20d154",
        "runs": [
            run("b8d2905e4c", 7, "Succeeded", "NewCommit", begun=12 * 24 * 60, took=12, reason="RunSucceeded"),
            run("0d4e55aa10", 8, "Failed", "NewData", begun=36 * 60, took=1, reason="BadData"),
            run("5a3e91c07d", 9, "Succeeded", drift, begun=200, took=252 / 60, reason="RunSucceeded"),
            run("e77b20d154", 10, "Succeeded", "Schedule", begun=40, took=13, reason="RunSucceeded"),
            run("77aa01bc9e", 11, "Training", "Manual", begun=3, took=None, reason="Training"),
        ],
    }
    return document


def run(
    identity: str, number: int, phase: str, cause: Any, *, begun: float, took: float | None, reason: str
) -> Document:
    """A run of the TrainingJob; times in minutes."""
    document = {
        "id": identity,
        "number": number,
        "phase": phase,
        "cause": {"kind": cause, "reason": ""} if isinstance(cause, str) else cause,
        "reason": reason,
        "startedAt": ago(minutes=begun),
        "modelVersion": f"late-flights-{identity}" if phase == "Succeeded" else "",
    }
    return document | ({"finishedAt": ago(minutes=begun - took)} if took is not None else {})


def monitor() -> Document:
    """The DriftMonitor, whose newest episode caused the champion."""
    document = example("drift-monitor")
    document["metadata"] |= {"namespace": NAMESPACE, "uid": "dm-uid", "creationTimestamp": ago(days=40)}
    document["status"] = {
        "verdict": "Stable",
        "version": THIRD,
        "rows": 8120,
        "findings": [{"check": "Performance", "subject": "roc_auc", "verdict": "Stable", "value": "0.002"}],
        "episode": {
            "id": EPISODE,
            "version": SECOND,
            "startedAt": ago(minutes=250),
            "endedAt": ago(minutes=70),
            "reason": "roc_auc",
        },
        "conditions": [{"type": "Ready", "status": "True", "reason": "Stable", "message": "5 checks found no drift"}],
    }
    return document


def drifting_monitor() -> Document:
    """A second monitor, of short windows, that finds drift now."""
    document = monitor()
    document["metadata"] |= {"name": "late-flights-fast", "creationTimestamp": ago(days=3)}
    document["status"] |= {
        "verdict": "Drift",
        "rows": 1204,
        "findings": [
            {
                "check": "DataDrift",
                "subject": "wind_speed",
                "verdict": "Drift",
                "value": "0.31",
                "low": "0.28",
                "high": "0.35",
                "threshold": "0.1",
            },
            {"check": "MeanShift", "subject": "temp", "verdict": "Drift", "value": "24", "threshold": "20"},
            {"check": "DataQuality", "subject": "temp", "verdict": "Stable", "value": "0.1", "threshold": "5"},
        ],
        "episode": {"id": "0123456789ab", "version": THIRD, "startedAt": ago(minutes=50), "reason": "wind_speed"},
        "conditions": [{"type": "Ready", "status": "True", "reason": "Drift", "message": "wind_speed"}],
    }
    return document


def raws(**changed: Any) -> dict[Kind, list[Document]]:
    """All objects as the API server would give them; `changed` replaces `models`, `versions`, `jobs` or `monitors`."""
    whole = {
        "models": [model()],
        "versions": list(versions().values()),
        "jobs": [training_job()],
        "monitors": [monitor()],
    } | changed
    kinds: dict[str, Kind] = {
        "models": Model,
        "versions": ModelVersion,
        "jobs": TrainingJob,
        "monitors": DriftMonitor,
    }
    return {kind: deepcopy(whole[name]) for name, kind in kinds.items()}


def objects(**changed: Any) -> Objects:
    """The same, parsed."""
    return parsed(raws(**changed))
