"""Servers to run the suite against: ours, and those of others, each with the same model as its project starts it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from leeboard import __version__
from tests.bench_serving import peers
from tests.bench_serving.cases import WIDTH, Kind
from tests.bench_serving.models import pickled
from tests.bench_serving.servers import Ours, Running, free_port, started
from tests.conformance.subject import Subject, describe
from tests.conformance.tensors import Tensor
from tests.support.peer_environments import ALONE, environment, version

KIND: Kind = "logistic"
MODEL = "m"
CORE = 0
MATRIX = (Tensor("input-0", "FP32", (-1, WIDTH[KIND])),)
"""What the model takes, for servers that do not say it."""


@dataclass(frozen=True)
class Addresses:
    """A server that is ready: where it is, and what it does not say of its inputs."""

    name: str
    url: str
    grpc: str
    inputs: tuple[Tensor, ...] = ()
    control: bool = False

    def subject(self) -> Subject:
        """What the suite checks. Raises NotDescribed."""
        return describe(self.url, MODEL, self.grpc, self.inputs, self.control)


def leeboard(folder: Path, port: int) -> Running:
    """Ours, with the model as ONNX. Raises RuntimeError."""
    environment = {"LEEBOARD_GRPC_PORT": str(port), "LEEBOARD_MODEL_CONTROL": "explicit"}
    return Ours("onnx", environment).start(KIND, folder, CORE)


def mlserver(folder: Path, port: int) -> Running:
    """MLServer with its own runtime for scikit-learn. Raises RuntimeError."""
    return peers.MLServer("MLServer", {"grpc_port": port}).start(KIND, folder, CORE)


def kserve(folder: Path, port: int) -> Running:
    """KServe's server with a model of the protocol's second version. Raises RuntimeError."""
    number = free_port()
    python = environment("kserve") / "bin" / "python"
    script = peers.MODULES / "kserve_server.py"
    url = f"http://127.0.0.1:{number}"
    return started(
        "KServe", [str(python), str(script), str(number), str(pickled(KIND, folder)), str(port)],
        ALONE, core=CORE, url=f"{url}/v2/models/{MODEL}/infer", ready=f"{url}/v2/models/{MODEL}/ready",
        seconds=peers.READY_SECONDS,
    )  # fmt: skip


STARTS = {"Leeboard": leeboard, "MLServer": mlserver, "KServe": kserve}


def versions() -> Mapping[str, str]:
    """Of the servers."""
    return {"Leeboard": __version__} | {name: version(name.lower()) for name in STARTS if name != "Leeboard"}


@contextmanager
def serving(name: str, folder: Path) -> Iterator[Addresses]:
    """A server that ends with the block. Raises RuntimeError."""
    port = free_port()
    running = STARTS[name](folder, port)
    try:
        own = name == "Leeboard"
        url = running.url.partition("/v2/")[0]
        # of the peers, loading again is not asked for: neither of them was given a repository to load from
        yield Addresses(name, url, f"127.0.0.1:{port}", () if own else MATRIX, own)
    finally:
        running.close()
