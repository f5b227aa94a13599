"""From requests to rows that people label: exporter, S3, evaluator and planner, with their status on an API server."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyarrow.parquet as pq
import pytest
from prometheus_client import CollectorRegistry

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.model import Model
from leeboard.evaluator.configuration import Configuration
from leeboard.evaluator.metrics import EvaluatorMetrics
from leeboard.evaluator.places import Places
from leeboard.evaluator.rounds import Rounds
from leeboard.kube.client import KubeClient
from leeboard.kube.resources import DRIFT_MONITOR, MODEL
from leeboard.planning.drift_monitor import plan_drift_monitor
from leeboard.planning.settings import Settings
from leeboard.planning.snapshot import DriftMonitorSnapshot
from leeboard.storage.digests import digest_of
from tests.support.examples import example
from tests.support.s3_server import KEYS, S3Server, s3_server
from tests.unit.serving.exporter.running import PROFILE, Exporter, prediction

pytestmark = pytest.mark.apiserver
NAME, PLACE = "late-flights", "s3://models/observed/"
RANDOM = np.random.default_rng(11)


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as running:
        yield running


def exporter(s3: S3Server, folder: Path) -> Exporter:
    """One that stores half of the rows without the hour, and takes labels by token."""
    (folder / "token").write_text("secret\n")
    log = {"sampleRate": "0.5", "redact": ["hour"]}
    environment = {
        "LEEBOARD_OBSERVATIONS_URI": f"{PLACE}observations/v1/",
        "LEEBOARD_STORAGE_ENDPOINT": s3.endpoint,
        "LEEBOARD_REQUEST_LOG": json.dumps(log),
        "LEEBOARD_FEEDBACK_TOKENS": str(folder / "token"),
    }
    return Exporter(folder, interval=0.5, environment=environment | KEYS)


async def served(operator: KubeClient, s3: S3Server, namespace: str) -> None:
    """A champion with that profile, a monitor that queues rows for labels, and the Secret of the storage."""
    data = json.dumps(PROFILE).encode()
    s3.store(PLACE).put("profile.json", data, overwrite=True)
    keys = {name: base64.b64encode(value.encode()).decode() for name, value in KEYS.items()}
    await operator.create({"apiVersion": "v1", "kind": "Secret", "metadata": at(namespace, "s3"), "data": keys})
    model = example("model") | {"metadata": at(namespace)}
    model["spec"]["storage"] = {"uri": PLACE, "endpoint": s3.endpoint, "secretRef": {"name": "s3"}}
    model["spec"]["serving"]["logging"] = {"sampleRate": "0.5", "redact": ["hour"]}
    live = await operator.create(model)
    champion = {"name": "v1", "since": "2026-01-01T00:00:00Z", "images": {"server": "s"}}
    await operator.replace_status(live | {"status": {"observedGeneration": 1, "champion": champion}})
    version = {
        "modelRef": {"name": NAME},
        "source": {"import": {"reason": "test"}},
        "artifact": {"uri": PLACE, "digest": digest_of(b""), "format": "sklearn-skops", "bytes": 1},
        "profile": {"uri": f"{PLACE}profile.json", "digest": digest_of(data)},
    }
    await operator.create(model | {"kind": "ModelVersion", "metadata": at(namespace, "v1"), "spec": version})
    monitor = example("drift-monitor") | {"metadata": at(namespace)}
    monitor["spec"] = {
        "modelRef": {"name": NAME},
        "window": {"length": "1h", "every": "1s", "minSamples": 100},
        "checks": [{"type": "DataDrift", "distance": "JensenShannon", "threshold": "0.1"}],
        "actions": [{"type": "QueueLabeling", "most": 60}],
    }
    await operator.create(monitor)


def at(namespace: str, name: str = NAME) -> dict[str, Any]:
    return {"name": name, "namespace": namespace}


async def decided(operator: KubeClient, namespace: str) -> tuple[dict[str, Any], list[str]]:
    """The monitor's status after one plan of the operator, and the reasons of what it tells."""
    live = await operator.get(DRIFT_MONITOR, namespace, NAME)
    model = Model.parse(await operator.get(MODEL, namespace, NAME))
    snapshot = DriftMonitorSnapshot(DriftMonitor.parse(live), model, None, Settings("r", "s"))
    plan = plan_drift_monitor(snapshot, datetime.now(UTC))
    if plan.status is not None:
        live = await operator.replace_status(live | {"status": plan.status})
    status: dict[str, Any] = live["status"]
    return status, [event.reason for event in plan.events]


async def test_requests_become_rows_to_label(
    kubes: tuple[KubeClient, KubeClient], s3: S3Server, namespace: str, tmp_path: Path
) -> None:
    operator, evaluator = kubes
    await served(operator, s3, namespace)
    with exporter(s3, tmp_path) as pod:
        inputs = prediction("x").inputs
        sent = [
            prediction(f"r{n}", score, inputs=inputs | {"wind": np.array([RANDOM.normal(60, 1)])})
            for n, score in enumerate(RANDOM.random(800))
        ]
        pod.send(*sent)
        pod.until_requests(800)
        store = s3.store(PLACE)
        pod.until(lambda: any("/requests/" in entry.key for entry in store.list("observations/v1/")))
        pod.until(lambda: pod.metric("leeboard_outbox_bytes") == 0)
        labelled = pod.post(
            json.dumps({"labels": [{"id": f"r{n}", "label": 1} for n in range(0, 800, 2)]}),
            headers={"Authorization": "Bearer secret"},
        )
        assert labelled.status_code == httpx.codes.ACCEPTED
        assert pod.post(b"{}").status_code == httpx.codes.UNAUTHORIZED
        pod.until(lambda: any("/feedback/" in entry.key for entry in store.list("observations/v1/")))
        metrics = EvaluatorMetrics(CollectorRegistry())
        places = Places(evaluator, Configuration.of({}), metrics.file)
        rounds = Rounds(evaluator, places, metrics, (namespace,), lambda: datetime.now(UTC))
        told: list[str] = []
        for _ in range(3):
            await rounds.run()
            status, reasons = await decided(operator, namespace)
            told += reasons
            await asyncio.sleep(1.1)
    labelling = status["episode"]["labelling"]
    key = f"observations/v1/labelling/{NAME}/{status['episode']['id']}.parquet"
    assert labelling.items() >= {"reason": "LabelingQueued", "most": 60, "key": key, "rows": 60}.items()
    assert "wind" in labelling["inputs"]
    assert told.count("LabelingQueued") == 1
    rows = pq.read_table(io.BytesIO(store.get(key))).to_pandas()
    assert list(rows.columns) == ["id", "time", "score", "why", "wind", "late", "carrier"]
    assert len(set(rows["id"])) == 60
    assert all(int(name[1:]) % 2 for name in rows["id"]), "a row that has a label"
    assert rows["why"].value_counts().to_dict() == {"uncertain": 30, "drift": 30}
    scores = {one.id: one.scores[0] for one in sent}
    assert [scores[name] for name in rows["id"]] == list(rows["score"])
