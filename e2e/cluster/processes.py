"""Starting, watching and stopping the programs of the cluster, by pid."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


class NotStarted(RuntimeError):
    """A program ended or did not become ready; the text is the end of its log."""


def start(
    name: str, command: Sequence[str], folder: Path, *, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own; log and pid are written into the folder as <name>.log and <name>.pid."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, **(environment or {})},
        )
    (folder / f"{name}.pid").write_text(str(process.pid), encoding="utf-8")
    return process


def wait_until(what: str, ready: Callable[[], bool], *, seconds: float, log: Path | None = None) -> None:
    """Wait until ``ready``. Raises NotStarted with the end of the log."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            tail = log.read_text(errors="replace")[-2000:] if log and log.exists() else ""
            raise NotStarted(f"{what} not ready within {seconds:.0f} s\n{tail}")
        time.sleep(0.1)


def alive(pid: int) -> bool:
    """True while a process of that pid runs and is not a zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def stop(pid: int, *, patience: float = 5.0) -> None:
    """SIGTERM, and SIGKILL after ``patience`` seconds: the API server waits up to a minute for open watches."""
    for number, wait in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
        if not alive(pid):
            return
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + wait
        while alive(pid) and time.monotonic() < deadline:
            time.sleep(0.05)


def stop_recorded(folder: Path, name: str) -> None:
    """Stop the program whose pid was written by `start`, when that pid still is that program's."""
    path = folder / f"{name}.pid"
    if path.exists():
        stop(int(path.read_text(encoding="utf-8")))
        path.unlink()
