"""The evaluator against a real API server: its figures beside the operator's own status."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.evaluator.configuration import Configuration
from leeboard.evaluator.metrics import EvaluatorMetrics
from leeboard.evaluator.places import Places
from leeboard.evaluator.rounds import Rounds
from leeboard.kube.client import KubeClient
from leeboard.kube.resources import DRIFT_MONITOR, MODEL, MODEL_VERSION
from leeboard.planning.drift_monitor import plan_drift_monitor
from leeboard.planning.settings import Settings
from leeboard.planning.snapshot import DriftMonitorSnapshot
from leeboard.stats.distances import NAMES
from leeboard.stats.distributions import count_values, numeric_bins, to_profile, to_window
from leeboard.storage.digests import digest_of
from leeboard.storage.file import FileStore
from tests.support.examples import example

pytestmark = pytest.mark.apiserver
NAME = "late-flights"
ETCD_LIMIT = 1_572_864
"""Bytes of a request to etcd, by default."""


def observed(folder: Path, version: str, end: datetime, requests: int, **more: Any) -> None:
    start = end - timedelta(seconds=10)
    window = {
        "contract": 1,
        "start": start.isoformat(),
        "end": end.isoformat(),
        "requests": requests,
        "errors": 1,
        "rows": requests,
        "latency": {"edges": [0.01], "counts": [requests, 0]},
        **more,
    }
    name = f"{int(start.timestamp() * 1000)}-{int(end.timestamp() * 1000)}.json.gz"
    place = folder / "observations" / version / "windows" / "pod" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(gzip.compress(json.dumps(window).encode()))


async def test_figures_are_replaced_as_a_whole_and_leave_the_rest_of_the_status_alone(
    kubes: tuple[KubeClient, KubeClient], namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator, evaluator = kubes
    monkeypatch.setattr("leeboard.evaluator.places.open_store", lambda uri, **_: FileStore(tmp_path))
    now = datetime.now(UTC)
    document = example("model")
    document["metadata"]["namespace"] = namespace
    document["spec"]["storage"] = {"uri": "s3://observations/"}
    await operator.create(document)
    await decide(operator, namespace, candidate=True)
    observed(tmp_path, "v1", now - timedelta(seconds=5), 900)
    observed(tmp_path, "v2", now - timedelta(seconds=5), 100)
    metrics = EvaluatorMetrics(CollectorRegistry())
    places = Places(evaluator, Configuration.of({}), metrics.file)
    rounds = Rounds(evaluator, places, metrics, (namespace,), lambda: datetime.now(UTC))

    await rounds.run()
    first = await operator.get(MODEL, namespace, NAME)
    assert {v["name"]: v["requests"] for v in first["status"]["evaluation"]["versions"]} == {"v1": 900, "v2": 100}
    assert "errorRateDifference" in first["status"]["evaluation"]
    assert first["status"]["champion"]["name"] == "v1"

    # the operator copies the figures through, and so comes to own them too
    await decide(operator, namespace, candidate=False)
    await rounds.run()
    second = (await operator.get(MODEL, namespace, NAME))["status"]
    assert [v["name"] for v in second["evaluation"]["versions"]] == ["v1"]
    assert "errorRateDifference" not in second["evaluation"]
    assert second["champion"]["name"] == "v1"
    assert second["observedGeneration"] == 1


async def test_the_largest_figures_fit_a_status(
    kubes: tuple[KubeClient, KubeClient], namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 10,000 inputs with the longest names the first 500 are told of, by every distance."""
    operator, evaluator = kubes
    monkeypatch.setattr("leeboard.evaluator.places.open_store", lambda uri, **_: FileStore(tmp_path))
    names = [f"{number:05}{'x' * 123}" for number in range(10_000)]
    await watched_by_everything(operator, namespace, tmp_path, names)
    metrics = EvaluatorMetrics(CollectorRegistry())
    places = Places(evaluator, Configuration.of({}), metrics.file)
    await Rounds(evaluator, places, metrics, (namespace,), lambda: datetime.now(UTC)).run()

    monitor = await operator.get(DRIFT_MONITOR, namespace, NAME)
    evaluation = monitor["status"]["evaluation"]
    assert "error" not in evaluation
    assert (len(evaluation["features"]), evaluation["unwatched"]) == (500, 9500)
    assert len(evaluation["features"][0]["distances"]) == len(NAMES)
    assert len(json.dumps(monitor)) < ETCD_LIMIT

    # the operator adds a hundred findings, and the whole is taken too
    model = Model.parse(await operator.get(MODEL, namespace, NAME))
    champion = ModelVersion.parse(await operator.get(MODEL_VERSION, namespace, "v1"))
    settings = Settings(runtime_image="r", server_image="s")
    snapshot = DriftMonitorSnapshot(DriftMonitor.parse(monitor), model, champion, settings)
    status = plan_drift_monitor(snapshot, datetime.now(UTC)).status
    assert status is not None
    written = await operator.replace_status(monitor | {"status": status})
    assert written["status"]["verdict"] == "Drift"
    assert len(written["status"]["findings"]) == 100
    assert len(json.dumps(written)) < ETCD_LIMIT


async def watched_by_everything(operator: KubeClient, namespace: str, folder: Path, names: list[str]) -> None:
    """A champion whose inputs all moved, and a monitor that looks at them by every distance."""
    reference, window = np.arange(2000) / 10, np.arange(2000) / 10 + 150
    counted = count_values("x", numeric_bins(reference), reference)
    counted_now = count_values("x", counted.bins, window)
    moved = to_window(counted_now) | {"counts": counted_now.counts.tolist()} | counted_now.extent.document()
    features = [to_profile(counted) | {"name": name} for name in names]
    profile = json.dumps({"contract": 1, "rows": 2000, "features": features, "prediction": features[0]}).encode()
    (folder / "profile.json").write_bytes(profile)
    model, monitor = example("model"), example("drift-monitor")
    model["spec"]["storage"] = {"uri": "s3://observations/"}
    version = {
        "apiVersion": "leeboard.dev/v1alpha1",
        "kind": "ModelVersion",
        "metadata": {"name": "v1"},
        "spec": {
            "modelRef": {"name": NAME},
            "source": {"import": {"reason": "test"}},
            "artifact": {"uri": "s3://observations/m/", "digest": digest_of(b""), "format": "onnx", "bytes": 1},
            "profile": {"uri": "s3://observations/profile.json", "digest": digest_of(profile)},
        },
    }
    monitor["spec"] |= {
        "window": {"length": "10m", "every": "1m", "minSamples": 100},
        "checks": [{"type": "DataDrift", "distance": name, "threshold": "0.1"} for name in NAMES],
        "actions": [{"type": "Alert"}],
    }
    for document in (model, version, monitor):
        document["metadata"]["namespace"] = namespace
        await operator.create(document)
    await decide(operator, namespace, candidate=False)
    more = {"features": [moved | {"name": name} for name in names], "prediction": moved | {"name": "probability"}}
    observed(folder, "v1", datetime.now(UTC) - timedelta(seconds=5), 2000, **more)


async def decide(operator: KubeClient, namespace: str, *, candidate: bool) -> None:
    """What the operator writes: the whole status, with whatever evaluation it read."""
    live = await operator.get(MODEL, namespace, NAME)
    since = (datetime.now(UTC) - timedelta(minutes=1)).isoformat().replace("+00:00", "Z")
    served: dict[str, Any] = {"since": since, "images": {"server": "s"}}
    status: dict[str, Any] = {"observedGeneration": 1, "champion": {"name": "v1", **served}}
    if candidate:
        status["candidate"] = {"name": "v2", "phase": "Canary", **served}
    evaluation = live.get("status", {}).get("evaluation")
    if evaluation is not None:
        status["evaluation"] = evaluation
    await operator.replace_status(live | {"status": status})
