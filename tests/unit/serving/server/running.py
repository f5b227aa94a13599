"""A real server process over a real model, and an exporter's end of the socket that keeps what it is told."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
import skops.io

from leeboard.evaluator.columns import as_served, inputs_of
from leeboard.evaluator.golden import golden_rows, make_golden
from leeboard.models import Rows, score
from leeboard.models.scikit_learn import ScikitLearnPredictor
from leeboard_serving.observation import decode
from tests.support.trained import flights, train
from tests.unit.serving.single import singles

TASK, POSITIVE = "BinaryClassification", "1"
REFERENCE = flights(3000, 1)
INPUTS = inputs_of(REFERENCE)


def lay_out(volume: Path, model) -> None:
    """The volume as `load` leaves it."""
    (volume / "model").mkdir(parents=True)
    skops.io.dump(model, volume / "model" / "model.skops")
    served = as_served(flights(200, 3), INPUTS)
    rows = served.iloc[golden_rows(served)].reset_index(drop=True)
    golden = make_golden(rows, INPUTS, scored(model, rows), "probability")
    (volume / "golden.json").write_text(json.dumps(golden))


def scored(model, served) -> np.ndarray:
    """What the model says of rows when it is asked directly."""
    return score(ScikitLearnPredictor(model, "sklearn-skops"), Rows.of_frame(served), TASK, POSITIVE)


def trained(**options):
    """The model of most tests."""
    return train(REFERENCE, **options)


@dataclass
class Exporter:
    """Reads frames from the socket; not the real one, whose own tests are elsewhere."""

    path: Path
    told: list = field(default_factory=list)

    def __post_init__(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(str(self.path))
        self._socket.listen()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._read, args=(connection,), daemon=True).start()

    def _read(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream:
            while lengths := stream.read(8):
                header, body = (int.from_bytes(lengths[i : i + 4], "big") for i in (0, 4))
                self.told += singles(decode(stream.read(header), stream.read(body)))

    def wait(self, count: int, seconds: float = 10) -> list:
        """What was told, once it is that much."""
        deadline = time.monotonic() + seconds
        while len(self.told) < count and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.told

    def wait_for(self, identity: str, seconds: float = 10) -> None:
        """Wait until a request of that id was told of."""
        deadline = time.monotonic() + seconds
        while identity not in [one.id for one in self.told]:
            assert time.monotonic() < deadline, f"{identity} was not told of"
            time.sleep(0.02)

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()


@dataclass
class Server:
    """The process and a client of it."""

    process: subprocess.Popen
    port: int
    termination: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait_ready(self, seconds: float = 240) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.process.poll() is None, "the server ended"
            try:
                if httpx.get(f"{self.url}/v2/health/ready").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise AssertionError("not ready")


def start(folder: Path, **environment: str) -> Server:
    """Start the server on the volume `folder/volume`; it may end by itself."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    values = {
        "LEEBOARD_MODEL": "late-flights",
        "LEEBOARD_VERSION": "late-flights-1a2b3c4d",
        "LEEBOARD_TASK": TASK,
        "LEEBOARD_SCORE_OUTPUT": "probability",
        "LEEBOARD_POSITIVE_CLASS": POSITIVE,
        "LEEBOARD_MODEL_FOLDER": str(folder / "volume"),
        "LEEBOARD_RUN_FOLDER": str(folder),
        "LEEBOARD_TERMINATION_LOG": str(folder / "termination"),
        "LEEBOARD_PORT": str(port),
        "LEEBOARD_GRPC_PORT": "0",
        "LEEBOARD_HOST": "127.0.0.1",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    # a pipe that nobody reads would stop a server that has much to say
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "leeboard_serving.server"], env=os.environ | values | environment, stderr=log
        )
    return Server(process, port, folder / "termination")


def request(rows: int, seed: int = 9, **changes):
    """A request of so many flights."""
    frame = as_served(flights(rows, seed), INPUTS)
    inputs = []
    for one in INPUTS:
        values = [None if v is None or v != v else v for v in frame[one.name].tolist()]  # noqa: PLR0124 - NaN
        inputs.append({"name": one.name, "datatype": one.datatype, "shape": [rows], "data": values})
    return {"id": "r-1", "inputs": inputs} | changes


def expected(model, rows: int, seed: int = 9):
    """The answers that the request of the same name has to get."""
    return scored(model, as_served(flights(rows, seed), INPUTS))
