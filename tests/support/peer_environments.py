"""Tools of others, each in an environment of its own whose versions are locked."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ROOT / "requirements" / "peers"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "leeboard" / "peers"
ALONE = {"PYTHONPATH": ""}
"""A peer sees the packages of its own environment, and none of ours."""


def environment(peer: str) -> Path:
    """The virtual environment of a peer, made when it is not there; takes a minute or two. Raises RuntimeError."""
    lock = LOCKS / f"{peer}.txt"
    folder = CACHE / f"{peer}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:8]}"
    if not (folder / "complete").exists():
        print(f"  making the environment of {peer}, once", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        _run([str(ROOT / "tools" / "virtual-environment"), sys.executable, str(folder)])
        # a lock names everything; what an extra asks for is in it, and pip does not see that
        install = [
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--require-hashes",
            "--no-deps",
            "-r",
            str(lock),
        ]
        _run([str(folder / "bin" / "pip"), *install])
        (folder / "complete").touch()
    return folder


def version(peer: str) -> str:
    """As the lock has it."""
    found = re.search(rf"^{peer}==(\S+)", (LOCKS / f"{peer}.txt").read_text(encoding="utf-8"), re.M)
    return found[1] if found else "unknown"


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name}: {done.stderr.strip()[-1000:]}")
