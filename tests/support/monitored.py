"""The four processes as they run in a cluster, with work to do, and a Prometheus that scrapes them."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from e2e.cluster.control_plane import ControlPlane, free_port
from e2e.cluster.modules import module
from leeboard.evaluator.profile import make_profile
from leeboard.planning.conditions import timestamp
from tests.support.examples import example
from tests.support.exposed import ACCEPTS_PROTOBUF
from tests.support.installation import ROOT, SYSTEM, OperatorProcess, eventually, install, service_account_kubeconfig
from tests.support.prometheus import PrometheusServer
from tests.support.tenant import Tenant, asked_for, tenant, trained
from tests.support.training_world import evaluation_result, training_result
from tests.unit.serving.exporter.running import Exporter
from tests.unit.serving.server import running as serving

Raw = dict[str, Any]
NAME = "late-flights"
MONITORING = tuple(f"--set=metrics.{part}.enabled=true" for part in ("monitors", "rules", "dashboards"))


@dataclass
class World:
    """The ports of the processes' metrics by name, who scrapes them, and the folder of their logs."""

    folder: Path
    plane: ControlPlane
    operator: OperatorProcess
    ports: dict[str, int]
    prometheus: PrometheusServer

    def log(self, process: str) -> list[Raw]:
        """The lines that a process wrote, read as JSON. Raises ValueError where one is something else."""
        path = self.folder / ("evaluator.log" if process == "evaluator" else "pod/log")
        text = self.operator.log() if process == "operator" else path.read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    def scraped(self, process: str) -> str:
        """What a process shows now."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[process]}/metrics", timeout=10) as answer:
            text: str = answer.read().decode()
        return text

    def scraped_by_protobuf(self, process: str) -> bytes:
        """The same for who asks for protobuf."""
        url = f"http://127.0.0.1:{self.ports[process]}/metrics"
        answer = httpx.get(url, headers={"Accept": ACCEPTS_PROTOBUF}, timeout=10)
        assert answer.headers["content-type"].startswith("application/vnd.google.protobuf")
        return answer.content


@contextmanager
def monitored(folder: Path) -> Iterator[World]:
    """Start everything and let something of each kind happen."""
    with ExitStack() as stack:
        plane = stack.enter_context(ControlPlane())
        monitoring_kinds(plane)
        install(plane, *MONITORING)
        operator = stack.enter_context(OperatorProcess(plane, folder, LEEBOARD_RELIST_INTERVAL="2s"))
        ports = {"operator": operator.port, "evaluator": stack.enter_context(evaluator(plane, folder, operator))}
        exporter, server = stack.enter_context(serving_pod(folder / "pod"))
        ports |= {"exporter": exporter.metrics_port, "server": server.port}
        ml = tenant(plane, operator, "ml")
        deployment = served(ml)
        pods = discoverable(plane, deployment, ports)
        prometheus = stack.enter_context(PrometheusServer(folder, pods))
        refused(tenant(plane, operator, "strict"))
        drifting(ml)
        stack.enter_context(asking(exporter, server))
        yield World(folder, plane, operator, ports, prometheus)


PROMETHEUS_OPERATOR = ("github.com/prometheus-operator/prometheus-operator", "v0.85.0")
"""Where its definitions are, as a Go module and its version."""


def monitoring_kinds(plane: ControlPlane) -> None:
    """The Prometheus Operator's own definitions of its kinds."""
    folder = module(*PROMETHEUS_OPERATOR) / "example" / "prometheus-operator-crd"
    for kind in ("podmonitors", "prometheusrules", "servicemonitors"):
        plane.kubectl("apply", "--server-side", "-f", str(folder / f"monitoring.coreos.com_{kind}.yaml"))
    plane.kubectl("wait", "--for=condition=Established", "--timeout=30s", "crd", "--all")


@contextmanager
def evaluator(plane: ControlPlane, folder: Path, operator: OperatorProcess) -> Iterator[int]:
    """The evaluator as a process, beside a Model whose storage does not answer; gives the port of its metrics."""
    broken = tenant(plane, operator, "broken")
    model = example("model")
    model["spec"]["storage"] |= {"endpoint": "http://127.0.0.1:1"}
    keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s3"}, "stringData": keys}
    broken.kubectl.apply(model, secret)
    champion = {"name": "v1", "since": timestamp(datetime.now(UTC)), "images": {"server": "x"}}
    broken.write_status("model", NAME, {"champion": champion})
    port = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("LEEBOARD_", "KUBE"))},
        "KUBECONFIG": str(service_account_kubeconfig(plane, "leeboard-evaluator", folder)),
        "PYTHONPATH": str(ROOT / "operator"),
        "LEEBOARD_NAMESPACES": "broken",
        "LEEBOARD_EVALUATOR_INTERVAL": "1s",
        "LEEBOARD_PROBE_PORT": str(port),
    }
    with (folder / "evaluator.log").open("wb") as sink:
        command = [sys.executable, "-m", "leeboard.evaluator.service"]
        process = subprocess.Popen(command, stdout=sink, stderr=subprocess.STDOUT, env=environment)
    try:
        yield port
    finally:
        process.kill()
        process.wait(timeout=10)


@contextmanager
def serving_pod(folder: Path) -> Iterator[tuple[Exporter, serving.Server]]:
    """Server and exporter as in a pod: they share the model's volume and the socket."""
    exporter = Exporter(folder, interval=1)
    model = serving.trained()
    serving.lay_out(folder / "model", model)
    rows = serving.as_served(serving.flights(500, 3), serving.INPUTS)
    scores = serving.scored(model, rows)
    profile = make_profile(rows, serving.INPUTS, scores, "probability")
    (folder / "model" / "profile.json").write_text(json.dumps(profile), encoding="utf-8")
    volumes = {"LEEBOARD_MODEL_FOLDER": str(folder / "model"), "LEEBOARD_RUN_FOLDER": str(folder / "run")}
    with exporter:
        server = serving.start(folder, LEEBOARD_VERSION="v1", **volumes)
        try:
            server.wait_ready(180)
            yield exporter, server
        finally:
            server.process.kill()
            server.process.wait(timeout=10)


def served(ml: Tenant) -> Raw:
    """From the manifests to a champion; gives the Deployment that serves it."""
    trained(ml)
    deployment = ml.one("deployments", f"leeboard.dev/model={NAME}")
    ml.roll_out(deployment)
    ml.status("model", NAME, "champion")
    return deployment


def discoverable(plane: ControlPlane, deployment: Raw, ports: dict[str, int]) -> list[tuple[Raw, Any]]:
    """The pods that the three Deployments ask for, with where their ports really are."""

    def pod(one: Raw, name: str) -> Raw:
        template = one["spec"]["template"]
        address = {"namespace": one["metadata"]["namespace"], "name": name}
        return {"metadata": {**template["metadata"], **address}, "spec": template["spec"]}

    def at(process: str) -> str:
        return f"127.0.0.1:{ports[process]}"

    system, pods = plane.client(SYSTEM), []
    for component in ("operator", "evaluator"):
        live = system.get("deployment", f"leeboard-{component}")
        assert live is not None
        pods.append((pod(live, f"{component}-0"), {(component, "http"): at(component)}))
    places = {("exporter", "metrics"): at("exporter"), ("server", "http"): at("server")}
    return [*pods, (pod(deployment, f"{NAME}-0"), places)]


def refused(strict: Tenant) -> None:
    """A version that its gate does not let pass."""
    model, training = asked_for()
    model["spec"]["promotion"]["gates"] = [{"type": "Threshold", "metric": "roc_auc", "min": "0.999"}]
    strict.kubectl.apply(model, training)
    run = strict.status("trainingjob", NAME, "lastRun")["lastRun"]
    strict.finish(
        strict.one("jobs", f"leeboard.dev/run={run},leeboard.dev/part=training"), "train", training_result(run)
    )
    evaluation = strict.one("jobs", f"leeboard.dev/run={run},leeboard.dev/part=evaluation")
    strict.finish(evaluation, "evaluate", evaluation_result(run))
    version = strict.one("modelversions", f"leeboard.dev/training-job={NAME}")["metadata"]["name"]
    eventually(
        lambda: (strict.kubectl.get("modelversion", version) or {}).get("status", {}).get("phase") == "Rejected",
        "the version is refused",
        strict.operator.log,
    )


def drifting(ml: Tenant) -> None:
    """A monitor with figures, as the evaluator writes them, that lie beyond its thresholds."""
    monitor = example("drift-monitor")
    monitor["spec"]["actions"] = [{"type": "Alert"}]
    monitor["spec"]["checks"].append({"type": "EstimatedPerformance", "metric": "roc_auc", "maxDrop": "0.03"})
    ml.kubectl.apply(monitor)
    champion = ml.status("model", NAME, "champion")["champion"]["name"]
    distances = [{"name": name, "value": "0.5", "low": "0.4", "high": "0.6"} for name in ("JensenShannon", "PSI")]
    row = {"missingPercent": "1", "mean": "2", "referenceMean": "2", "distances": distances, "shift": "mean 2, was 1"}
    quality = {"name": "roc_auc", "value": "0.6", "low": "0.58", "high": "0.62", "rows": 300, "reference": "0.73"}
    evaluation = {
        "observedAt": timestamp(datetime.now(UTC)),
        "version": champion,
        "requests": 900,
        "rows": 900,
        "features": [row | {"name": "wind_speed"}],
        "prediction": row | {"name": "probability"},
        "labels": {"arrived": 310, "rows": 300, "delaySeconds": {"p50": "3600", "p95": "86400"}},
        "performance": [quality],
        "estimated": [quality | {"rows": 900}],
    }
    ml.write_status("driftmonitor", NAME, {"evaluation": evaluation})
    ml.status("driftmonitor", NAME, "episode")


@contextmanager
def asking(exporter: Exporter, server: serving.Server) -> Iterator[None]:
    """Requests to the server all the while, right and wrong ones, and a label; all of them are counted."""
    end = threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=server.url, timeout=20) as client:
            for number in itertools.count():
                right = client.post(f"/v2/models/{NAME}/infer", json=serving.request(20, id=f"r{number}"))
                wrong = client.post(f"/v2/models/{NAME}/infer", content=b"nonsense")
                assert (right.status_code, wrong.status_code) == (200, 400)
                if end.wait(0.5):
                    return

    with ThreadPoolExecutor(max_workers=1) as pool:
        asked = pool.submit(ask)
        try:
            exporter.until_requests(4)
            assert exporter.label(r0=1).status_code == 202
            yield
        finally:
            end.set()
            asked.result()
