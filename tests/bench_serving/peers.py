"""The servers of others, each in an environment of its own whose versions are locked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from e2e.cluster.control_plane import free_port
from tests.bench_serving.cases import Kind
from tests.bench_serving.models import pickled
from tests.bench_serving.servers import Running, started
from tests.support.peer_environments import ALONE, environment

MODULES = Path(__file__).parent / "peer_modules"
READY_SECONDS = 120


@dataclass(frozen=True)
class MLServer:
    """MLServer with its own runtime for scikit-learn; `settings` are those of its settings.json.

    `cores` are those that it may use instead of the one that all others have.
    """

    name: str
    settings: Mapping[str, object] = field(default_factory=dict)
    httptools: bool = False
    cores: str = ""
    binary = False
    peer = "mlserver"

    def start(self, kind: Kind, folder: Path, core: int) -> Running:
        """Start it and wait until it is ready. Raises RuntimeError."""
        place = folder / re.sub(r"\W+", "-", f"{self.name}-{kind}")
        place.mkdir(parents=True, exist_ok=True)
        ports = {name: free_port() for name in ("http_port", "grpc_port", "metrics_port")}
        quiet = {"host": "127.0.0.1", "metrics_endpoint": "/metrics", "metrics_dir": str(place / "metrics")}
        (place / "settings.json").write_text(json.dumps(quiet | ports | dict(self.settings)), encoding="utf-8")
        uri = {"uri": str(pickled(kind, folder))}
        model = {"name": "m", "implementation": "mlserver_sklearn.SKLearnModel", "parameters": uri}
        (place / "model-settings.json").write_text(json.dumps(model), encoding="utf-8")
        command = [str(environment(self.peer) / "bin" / "python"), str(MODULES / "mlserver_server.py")]
        command += [] if self.httptools else ["--without-httptools"]
        url = f"http://127.0.0.1:{ports['http_port']}/v2/models/m"
        running = started(
            self.name, [*command, str(place)], ALONE, core=self.cores or core, url=f"{url}/infer",
            ready=f"{url}/ready", seconds=READY_SECONDS,
        )  # fmt: skip
        running.grpc = int(dict(self.settings).get("grpc_port", ports["grpc_port"]))
        return running


@dataclass(frozen=True)
class Module:
    """A peer that is started by a module of ours, with the arguments PORT and MODEL, and a port for gRPC."""

    name: str
    peer: str
    ready: str = "/v2/models/m/ready"
    grpc: bool = True
    binary = False

    def start(self, kind: Kind, folder: Path, core: int) -> Running:
        """Start it and wait until it is ready. Raises RuntimeError."""
        port, grpc = free_port(), free_port()
        python = environment(self.peer) / "bin" / "python"
        command = [str(python), str(MODULES / f"{self.peer}_server.py"), str(port), str(pickled(kind, folder))]
        command += [str(grpc)] if self.grpc else []
        url = f"http://127.0.0.1:{port}"
        infer, ready = f"{url}/v2/models/m/infer", f"{url}{self.ready}"
        running = started(self.name, command, ALONE, core=core, url=infer, ready=ready, seconds=READY_SECONDS)
        running.grpc = grpc if self.grpc else 0
        return running


BEST = {"parallel_workers": 0, "debug": False}
PEERS = (
    MLServer("MLServer as shipped"),
    MLServer("MLServer as shipped, on both cores", cores="0,1"),
    MLServer("MLServer, its best", BEST, httptools=True),
    Module("KServe's server", "kserve"),
    Module("BentoML", "bentoml", "/readyz", grpc=False),
)
