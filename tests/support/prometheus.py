"""A real Prometheus beside a test, with the chart's scrape configuration and rules, and the pods it would discover."""

from __future__ import annotations

import json
import math
import re
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from e2e.cluster.control_plane import free_port
from e2e.cluster.prometheus import program

SCRAPE = Path(__file__).resolve().parents[2] / "charts" / "leeboard" / "monitoring" / "scrape.yaml"
RULES = SCRAPE.with_name("rules.yaml")
Raw = dict[str, Any]
Addresses = Mapping[tuple[str, str], str]
"""Host and port by container and name of its port."""


def discovered(pod: Raw, addresses: Addresses) -> Iterator[Raw]:
    """The targets that Prometheus' Kubernetes discovery makes of a pod, in the form that it reads from files.

    The labels are those that its documentation names for the role pod: one target for each port of each container,
    init containers included. Debian's Prometheus is built without that discovery.
    """
    metadata = pod["metadata"]
    shared = {"namespace": metadata["namespace"], "pod_name": metadata["name"], "pod_phase": "Running"}
    for kind in ("labels", "annotations"):
        for name, value in (metadata.get(kind) or {}).items():
            shared[f"pod_{kind.removesuffix('s')}_{re.sub(r'[^a-zA-Z0-9_]', '_', name)}"] = value
    for kind in ("containers", "initContainers"):
        for container in pod["spec"].get(kind, ()):
            for port in container.get("ports", ()):
                address = addresses.get((container["name"], port["name"]), "127.0.0.1:1")
                own = {
                    "pod_container_name": container["name"],
                    "pod_container_port_name": port["name"],
                    "pod_container_init": str(kind == "initContainers").lower(),
                }
                labels = {f"__meta_kubernetes_{name}": value for name, value in (shared | own).items()}
                yield {"targets": [address], "labels": labels}


class PrometheusServer:
    """A context manager. Scrapes once a second what the jobs of the chart's scrape.yaml keep of `pods`.

    With `native_histograms` it asks for protobuf, and keeps of a histogram that is a native one nothing else.
    """

    def __init__(self, folder: Path, pods: list[tuple[Raw, Addresses]], native_histograms: bool = False) -> None:
        self._folder = folder
        self._features = ["--enable-feature=native-histograms"] if native_histograms else []
        self._port = free_port()
        targets = folder / "targets.json"
        targets.write_text(json.dumps([target for pod in pods for target in discovered(*pod)]), encoding="utf-8")
        configuration = yaml.safe_load(SCRAPE.read_text(encoding="utf-8"))
        for job in configuration["scrape_configs"]:
            assert job.pop("kubernetes_sd_configs") == [{"role": "pod"}]
            job["file_sd_configs"] = [{"files": [str(targets)]}]
        configuration["global"] = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
        configuration["rule_files"] = [str(RULES)]
        (folder / "prometheus.yaml").write_text(yaml.safe_dump(configuration), encoding="utf-8")

    def __enter__(self) -> Self:
        command = [
            str(program("prometheus")),
            f"--config.file={self._folder / 'prometheus.yaml'}",
            f"--storage.tsdb.path={self._folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self._port}",
            "--log.level=warn",
            *self._features,
        ]
        with (self._folder / "prometheus.log").open("wb") as sink:
            self._process = subprocess.Popen(command, stdout=sink, stderr=subprocess.STDOUT)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait(timeout=10)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._port}"

    def log(self) -> str:
        """What it wrote so far."""
        return (self._folder / "prometheus.log").read_text(encoding="utf-8")

    def query(self, expression: str) -> list[Raw]:
        """The series of an expression now, without those that are no number. Raises OSError while nobody answers."""
        answer = self._get("query", query=expression)
        assert answer["resultType"] == "vector", answer
        return [one for one in answer["result"] if not math.isnan(float(one["value"][1]))]

    def query_range(self, expression: str, seconds: float, step: float = 1) -> list[Raw]:
        """The series of an expression over the last seconds."""
        now = time.time()
        result: list[Raw] = self._get("query_range", query=expression, start=now - seconds, end=now, step=step)[
            "result"
        ]
        return result

    def targets(self) -> list[Raw]:
        """The targets that are scraped."""
        active: list[Raw] = self._get("targets")["activeTargets"]
        return active

    def _get(self, path: str, **query: Any) -> Raw:
        url = f"http://127.0.0.1:{self._port}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            data: Raw = json.loads(answer.read())["data"]
        return data
