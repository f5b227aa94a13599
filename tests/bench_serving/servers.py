"""The servers that are measured, each as a process on one core that is ready to be asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from e2e.cluster.control_plane import free_port
from tests.bench_serving.cases import Case, Kind
from tests.bench_serving.models import lay_out


@dataclass
class Running:
    """A server: the address of its inference page, its port for gRPC, and the process that has to be ended.

    `ready_s` are the seconds from its start until it said that it was ready.
    """

    name: str
    url: str
    process: subprocess.Popen[bytes]
    companion: subprocess.Popen[bytes] | None = None
    grpc: int = 0
    ready_s: float = 0.0

    def close(self) -> None:
        """End it."""
        for process in filter(None, (self.process, self.companion)):
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def cpu_seconds(self) -> float:
        """What its process has taken of the processor since it began."""
        return cpu_seconds(self.process.pid)

    def companion_cpu_seconds(self) -> float:
        """The same of the exporter beside it, 0 where there is none."""
        return cpu_seconds(self.companion.pid) if self.companion else 0.0

    def answers(self, case: Case) -> Any:
        """The outputs of one request, as they are read by a client of the protocol. Raises OSError."""
        body, headers = case.body()
        request = urllib.request.Request(self.url, body, headers)  # noqa: S310 - loopback
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            content = answer.read()
            length = answer.headers.get("Inference-Header-Content-Length")
        described = json.loads(content[: int(length)] if length else content)
        first = described["outputs"][0]
        if "data" in first:
            return np.asarray(first["data"], dtype=np.float64).reshape(first["shape"])
        size = first["parameters"]["binary_data_size"]
        dtype = {"FP64": "<f8", "FP32": "<f4", "INT64": "<i8"}[first["datatype"]]
        return np.frombuffer(content[int(length) : int(length) + size], dtype).reshape(first["shape"])


@dataclass(frozen=True)
class Ours:
    """Leeboard's server with a model in one of its formats.

    `exporter` has a real exporter listen beside it.
    """

    format: str = "onnx"
    environment: Mapping[str, str] = field(default_factory=dict)
    name: str = "Leeboard"
    exporter: bool = False

    def start(self, kind: Kind, folder: Path, core: int) -> Running:
        """Start it and wait until it is ready. Raises RuntimeError where it is not."""
        volume = folder / f"{kind}-{self.format}"
        lay_out(volume, kind, self.format)
        port, grpc = free_port(), free_port()
        # a Unix socket of its own: nobody else's exporter hears of it
        run = Path(tempfile.mkdtemp(dir=folder))
        artefact = {"uri": "file:///", "digest": f"sha256:{'0' * 64}", "format": self.format}
        values = {
            "LEEBOARD_MODEL": "m",
            "LEEBOARD_VERSION": "m-1",
            "LEEBOARD_SCORE_OUTPUT": "probability",
            "LEEBOARD_ARTIFACT": json.dumps(artefact),
            "LEEBOARD_MODEL_FOLDER": str(volume),
            "LEEBOARD_RUN_FOLDER": str(run),
            "LEEBOARD_TERMINATION_LOG": str(run / "termination"),
            "LEEBOARD_PORT": str(port),
            "LEEBOARD_GRPC_PORT": str(grpc),
            "LEEBOARD_HOST": "127.0.0.1",
        }
        command = [sys.executable, "-m", "leeboard_serving.server"]
        url = f"http://127.0.0.1:{port}/v2/models/m/infer"
        running = started(
            self.name, command, values | dict(self.environment), core=core, url=url, ready=f"{url[:-6]}/ready"
        )
        running.grpc = grpc
        if self.exporter:
            running.companion = exporter(run, volume, values, 1 - core)
        return running


@dataclass(frozen=True)
class Floor:
    """A bare handler: parse, predict, answer; on the stack that its module names."""

    stack: str = "httptools"
    format: str = "sklearn-skops"

    @property
    def name(self) -> str:
        """Such as `bare handler on httptools`."""
        return f"bare handler on {self.stack}" + (", as ONNX" if self.format == "onnx" else "")

    def start(self, kind: Kind, folder: Path, core: int) -> Running:
        """Start it and wait until it is ready."""
        volume = folder / f"{kind}-{self.format}"
        lay_out(volume, kind, self.format)
        port = free_port()
        module = f"tests.bench_serving.floors.{self.stack}"
        command = [sys.executable, "-m", module, str(port), str(volume / "model"), self.format]
        url = f"http://127.0.0.1:{port}/v2/models/m/infer"
        return started(self.name, command, {}, core=core, url=url, ready=f"http://127.0.0.1:{port}/v2/health/ready")


def exporter(run: Path, volume: Path, environment: Mapping[str, str], core: int) -> subprocess.Popen[bytes]:
    """The real exporter beside a server, once it listens. Raises RuntimeError where it does not.

    Here it has what the client leaves of its core. In a pod it is a container, which has a share of its own: a client
    that waited for it would ask less of the server, and the server would seem to be slower.
    """
    values = dict(environment) | {
        "PYTHONPATH": os.pathsep.join(sys.path),
        "LEEBOARD_POD": "m-1-abc",
        "LEEBOARD_OBSERVATIONS_URI": f"file://{run}/bucket/",
        "LEEBOARD_FLUSH_INTERVAL": "5",
        "LEEBOARD_OUTBOX_FOLDER": str(run / "outbox"),
        "LEEBOARD_METRICS_PORT": str(free_port()),
        "LEEBOARD_FEEDBACK_PORT": str(free_port()),
    }
    process = _listening([sys.executable, "-m", "leeboard_serving.exporter"], values, run, core)
    os.sched_setscheduler(process.pid, os.SCHED_IDLE, os.sched_param(0))
    return process


def _listening(command: Sequence[str], environment: Mapping[str, str], run: Path, core: int) -> subprocess.Popen[bytes]:
    """A process on one core, once it listens for what a server tells. Raises RuntimeError where it does not."""
    process = subprocess.Popen(
        ["taskset", "-c", str(core), *command],
        env=os.environ | dict(environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not (run / "observe.sock").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{command[-1]} does not listen")
        time.sleep(0.05)
    return process


def cpu_seconds(process: int) -> float:
    """What all threads of a process have taken of the processor, to the nanosecond. Raises OSError where it ended.

    Source: `proc_pid_schedstat` of the kernel's scheduler statistics, whose first figure that is.
    """
    tasks = Path(f"/proc/{process}/task").iterdir()
    return sum(int((task / "schedstat").read_text(encoding="ascii").split()[0]) for task in tasks) / 1e9


def started(
    name: str,
    command: list[str],
    environment: Mapping[str, str],
    *,
    core: int | str,
    url: str,
    ready: str,
    seconds: float = 90,
) -> Running:
    """A process on one core, once its page `ready` answers. Raises RuntimeError where it does not."""
    values = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"} | dict(environment)
    process = subprocess.Popen(
        ["taskset", "-c", str(core), *command], env=values, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    running = Running(name, url, process)
    began = time.monotonic()
    deadline = began + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(ready, timeout=2) as answer:  # noqa: S310 - loopback
                if answer.status == 200:
                    running.ready_s = time.monotonic() - began
                    return running
        except OSError:
            time.sleep(0.02)
    running.close()
    raise RuntimeError(f"{name} was not ready after {seconds:g} s, or ended with {process.returncode}")
