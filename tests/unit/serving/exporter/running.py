"""A real exporter beside a test: a process with its socket, its ports, and a folder that stands for a bucket."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
from prometheus_client.parser import text_string_to_metric_families

from leeboard.evaluator.labels import read_feedback, read_ledger
from leeboard.evaluator.windows import decompress, parse_window
from leeboard.stats.distributions import categorical_bins, count_values, numeric_bins, to_profile
from leeboard_serving.observation import encode
from tests.unit.serving.single import Single

ROOT = Path(__file__).resolve().parents[4]
PORTIONS = np.random.default_rng(7).random(2000)
PROFILE = {
    "contract": 1,
    "rows": 2000,
    "features": [
        to_profile(count_values("wind", numeric_bins(PORTIONS * 40), PORTIONS * 40)),
        to_profile(count_values("hour", numeric_bins(np.arange(24)), np.arange(24))),
        to_profile(count_values("late", numeric_bins([0, 1]), [0, 1])),
        to_profile(count_values("carrier", categorical_bins(["AA", "B6", "UA"]), ["AA", "B6", "UA"])),
    ],
    "prediction": to_profile(count_values("probability", numeric_bins(PORTIONS), PORTIONS)),
}
CARRIERS = np.array(["AA", "B6", "UA", "ZZ", None], dtype=object)


def observations(number, seed, *, most_rows=50):
    """Requests of one to many rows, some failed, with every kind of value that a model may be asked about."""
    generator = np.random.default_rng(seed)
    for n in range(number):
        failed = generator.random() < 0.1
        rows = 0 if failed else int(generator.integers(1, most_rows + 1))
        wind = generator.normal(20, 15, rows)
        wind[generator.random(rows) < 0.1] = np.nan
        wind[generator.random(rows) < 0.02] = np.inf
        inputs = {
            "wind": wind,
            "hour": generator.integers(-2, 30, rows),
            "late": generator.random(rows) < 0.3,
            "carrier": generator.choice(CARRIERS, rows),
        }
        yield Single(
            id=f"{seed}-{n}",
            time=time.time(),
            seconds=float(generator.lognormal(-4, 2)),
            status=int(generator.choice([400, 500, 503])) if failed else 200,
            rows=rows,
            inputs={} if failed else inputs,
            scores=generator.random(rows),
            dropped=int(generator.random() < 0.05),
        )


def prediction(name, score=0.5, **changes):
    """A request of one row."""
    inputs = {
        "wind": np.array([3.0]),
        "hour": np.array([4]),
        "late": np.array([True]),
        "carrier": np.array(["AA"], dtype=object),
    }
    values = {"time": time.time(), "seconds": 0.004, "status": 200, "rows": 1, "inputs": inputs}
    return Single(name, **(values | {"scores": np.array([score])} | changes))


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@dataclass
class Exporter:
    """`interval` is the flush interval; what is given beside it is added to the environment."""

    root: Path
    interval: float = 0.5
    environment: dict = field(default_factory=dict)
    process: subprocess.Popen | None = None

    def __post_init__(self):
        for name in ("model", "run", "bucket"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        (self.root / "model/profile.json").write_text(json.dumps(PROFILE))
        self.bucket = self.root / "bucket/observations/v1"
        self.metrics_port, self.feedback_port = free_port(), free_port()
        self.environment = {
            "LEEBOARD_MODEL": "late-flights",
            "LEEBOARD_VERSION": "v1",
            "LEEBOARD_POD": "late-flights-v1-abc",
            "LEEBOARD_OBSERVATIONS_URI": f"file://{self.bucket}/",
            "LEEBOARD_FLUSH_INTERVAL": f"{self.interval:g}",
            "LEEBOARD_MODEL_FOLDER": str(self.root / "model"),
            "LEEBOARD_RUN_FOLDER": str(self.root / "run"),
            "LEEBOARD_TERMINATION_LOG": str(self.root / "termination"),
            "LEEBOARD_OUTBOX_FOLDER": str(self.root / "outbox"),
            "LEEBOARD_METRICS_PORT": str(self.metrics_port),
            "LEEBOARD_FEEDBACK_PORT": str(self.feedback_port),
            "PYTHONPATH": os.pathsep.join(str(ROOT / name) for name in ("operator", "serving-image")),
            **self.environment,
        }

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def start(self):
        with (self.root / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "leeboard_serving.exporter"],
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=log,
            )
        self.until(self.is_healthy, seconds=60)

    def is_healthy(self):
        assert self.process.poll() is None, self.log()
        try:
            return self.get("/healthz").status_code == 200
        except httpx.TransportError:
            return False

    def log(self):
        return (self.root / "log").read_text()

    def until(self, true, seconds=30):
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)

    def connect(self):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.connect(str(self.root / "run/observe.sock"))
        return connection

    def send(self, *requests):
        """Over a connection of their own, which is closed after them."""
        with self.connect() as connection:
            connection.sendall(b"".join(encode(one.alone()) for one in requests))

    def get(self, path):
        return httpx.get(f"http://127.0.0.1:{self.metrics_port}{path}", timeout=10)

    def post(self, content, path="/feedback", **options):
        return httpx.post(f"http://127.0.0.1:{self.feedback_port}{path}", content=content, timeout=30, **options)

    def label(self, **labels):
        return self.post(json.dumps({"labels": [{"id": name, "label": value} for name, value in labels.items()]}))

    def metric(self, name, **labels):
        """The sum of the samples of that name with these labels, all of which tell the model and the version."""
        total = 0.0
        for family in text_string_to_metric_families(self.get("/metrics").text):
            for sample in family.samples:
                if sample.name == name and labels.items() <= sample.labels.items():
                    assert {"model": "late-flights", "version": "v1"}.items() <= sample.labels.items()
                    total += sample.value
        return total

    def until_requests(self, number):
        self.until(lambda: self.metric("leeboard_requests_total") >= number)

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(timeout=60)

    def told(self):
        return json.loads((self.root / "termination").read_text())

    def keys(self, kind):
        """The files of a kind in storage, oldest first."""
        folder = self.bucket / kind / "late-flights-v1-abc"
        found = folder.iterdir() if folder.is_dir() else ()
        # a store leaves the beginning of a file where its folder is taken away in between
        return sorted((path for path in found if not path.name.startswith(".")), key=span_of)

    def windows(self):
        return [parse_window(path.read_bytes()) for path in self.keys("windows")]


def span_of(path):
    start, _, end = path.name.partition(".")[0].partition("-")
    return int(start), int(end)


def parse_ledger(data):
    """The rows of a ledger file as it is stored."""
    return read_ledger(decompress(data))


def parse_feedback(data, task, positive_class):
    """The labels of a feedback file as it is stored."""
    return read_feedback(decompress(data), task, positive_class)
