"""A training on this machine, in the environment that it has in a training pod."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from e2e.demo.training import Estimator, files

LONGEST = 300
"""Seconds."""


def train(estimator: Estimator, data: Path, folder: Path, *, seed: int, params: Mapping[str, str] | None = None) -> str:
    """Run the training code on the tables below `data`; `folder` gets code, model and output. Returns what it said.

    Raises CalledProcessError, with what the script wrote to standard error, where it fails.
    """
    places = {name: folder / name for name in ("code", "model", "output")}
    for place in places.values():
        place.mkdir(parents=True)
    for name, text in files(estimator).items():
        (places["code"] / name).write_text(text, encoding="utf-8")
    environment = {
        "PATH": os.environ["PATH"],
        "LEEBOARD_INPUT_TRAIN": str(data),
        "LEEBOARD_MODEL_DIR": str(places["model"]),
        "LEEBOARD_OUTPUT_DIR": str(places["output"]),
        "LEEBOARD_SEED": str(seed),
    } | {f"LEEBOARD_PARAM_{name.upper()}": value for name, value in (params or {}).items()}
    done = subprocess.run(
        [sys.executable, "train.py"],
        cwd=places["code"],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=LONGEST,
    )
    return done.stdout
