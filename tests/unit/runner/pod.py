"""A training pod on this machine: its volumes in a folder, its containers as processes, its storage a folder too."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

ROOT = Path(__file__).resolve().parents[3]
MODEL_SCRIPT = """
import os, pathlib, zipfile
import pandas as pd
model = pathlib.Path(os.environ["LEEBOARD_MODEL_DIR"])
output = pathlib.Path(os.environ["LEEBOARD_OUTPUT_DIR"])
model.mkdir(exist_ok=True)
with zipfile.ZipFile(model / "model.skops", "w") as archive:
    archive.writestr("schema.json", "{}")
pd.DataFrame({"x": [1.0], "label": [0], "split": ["train"]}).to_parquet(output / "reference.parquet")
"""


def git(folder: Path, *args: str) -> str:
    author = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "protocol.file.allow=always"]
    done = subprocess.run(["git", "-C", str(folder), *author, *args], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(repository: Path, script: str) -> str:
    """Commit `train.py` on the branch main of a repository that is made where it is absent; returns the commit."""
    if not (repository / ".git").is_dir():
        repository.mkdir(parents=True)
        git(repository, "init", "--quiet", "--initial-branch=main")
    (repository / "train.py").write_text(script)
    git(repository, "add", "train.py")
    git(repository, "commit", "--quiet", "--message", "change")
    return git(repository, "rev-parse", "HEAD")


def flights(rows: int, missing: int = 0) -> pd.DataFrame:
    wind = [None if row < missing else 5.0 + row for row in range(rows)]
    return pd.DataFrame({"distance": range(100, 100 + rows), "wind_speed": wind, "carrier": "UA", "label": 0})


@dataclass
class Pod:
    root: Path
    spec: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("control", "output", "model", "storage/flights", "storage/models"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        self.commit = commit(self.root / "repository", MODEL_SCRIPT)
        for month in (1, 2, 3):
            self.write(f"2013-{month:02d}/part.parquet", flights(10 * month))
        self.spec |= {
            "contract": 1,
            "run": "0123456789",
            "modelRef": {"name": "late-flights"},
            "code": {"from": "Git", "repository": f"file://{self.root}/repository", "revision": "main"},
            "datasets": [self.dataset("train", "Train", 2), self.dataset("holdout", "Holdout", 1)],
            "params": {"learning_rate": "0.1"},
            "seed": 7,
            "storage": {},
            "output": {"uri": f"file://{self.root}/storage/models/"},
            "baseline": None,
        }

    def dataset(self, name: str, role: str, last: int, **validation: Any) -> dict[str, Any]:
        return {
            "name": name,
            "role": role,
            "uri": f"file://{self.root}/storage/flights/",
            "partitions": {"pattern": "{yyyy}-{MM}/", "last": last},
            "validation": validation,
        }

    def write(self, key: str, table: pd.DataFrame | bytes) -> None:
        path = self.root / "storage" / "flights" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(table, bytes):
            path.write_bytes(table)
        elif key.endswith(".parquet"):
            table.to_parquet(path)
        else:
            table.to_csv(path, index=False)

    def environment(self, **more: str) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT / "operator"),
            "LEEBOARD_ROOT": str(self.root),
            "LEEBOARD_RUN_SPEC": json.dumps(self.spec),
            **more,
        }

    def script_environment(self) -> dict[str, str]:
        environment = self.environment() | {
            "LEEBOARD_RUN_ID": self.spec["run"],
            "LEEBOARD_MODEL_DIR": str(self.root / "model"),
            "LEEBOARD_OUTPUT_DIR": str(self.root / "output"),
            "LEEBOARD_PARAMS_FILE": str(self.root / "control" / "params.json"),
            "LEEBOARD_INPUT_TRAIN": str(self.root / "data" / "train"),
            "LEEBOARD_TERMINATION_LOG": str(self.root / "train.message"),
        }
        del environment["LEEBOARD_RUN_SPEC"]
        return environment

    def fetch(self) -> tuple[int, dict[str, Any]]:
        """The init container: exit code and termination message."""
        message = self.root / "fetch.message"
        done = subprocess.run(
            [sys.executable, "-m", "leeboard.runner.fetch"],
            env=self.environment(LEEBOARD_TERMINATION_LOG=str(message)),
            check=False,
            timeout=120,
        )
        return done.returncode, json.loads(message.read_bytes())

    def start_publish(self) -> "subprocess.Popen[bytes]":
        environment = self.environment(LEEBOARD_TERMINATION_LOG=str(self.root / "publish.message"))
        return subprocess.Popen([sys.executable, "-m", "leeboard.runner.publish"], env=environment)

    def start_train(self, *command: str, **environment: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, str(self.root / "bin" / "launch.pyz"), "--", *command],
            env=self.script_environment() | environment,
            cwd=self.root / "code",
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def train(self, *command: str) -> tuple[int, dict[str, Any]]:
        """Sidecar and main container side by side: the main container's exit code and termination message."""
        publish = self.start_publish()
        try:
            train = self.start_train(*command)
            train.communicate(timeout=120)
        finally:
            publish.terminate()
            ended = publish.wait(timeout=60)
        assert ended == 0, f"publish ended with {ended}"
        return train.returncode, self.message()

    def message(self) -> dict[str, Any]:
        data = (self.root / "train.message").read_bytes()
        assert len(data) <= 4096
        return json.loads(data)

    def wait_for(self, path: Path) -> None:
        deadline = time.monotonic() + 60
        while not path.exists():
            assert time.monotonic() < deadline, path
            time.sleep(0.05)
