"""Starting, watching and stopping the programs of the cluster, by pid."""

import contextlib
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
    _record(folder / f"{name}.pid", process.pid)
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
    fields = _stat(pid)
    return bool(fields) and fields[0] != "Z"


def running(folder: Path, name: str) -> int | None:
    """The pid that `start` wrote, while it still is that program's: a reused pid has another start time."""
    try:
        pid, since = (folder / f"{name}.pid").read_text(encoding="utf-8").split()
    except (FileNotFoundError, ValueError):
        return None
    fields = _stat(int(pid))
    return int(pid) if fields and fields[0] != "Z" and fields[START_TIME] == since else None


def stop(pid: int, *, patience: float = 5.0) -> None:
    """SIGTERM, and SIGKILL after ``patience`` seconds: the API server waits up to a minute for open watches."""
    for number, wait in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
        if not alive(pid):
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + wait
        while alive(pid) and time.monotonic() < deadline:
            time.sleep(0.05)


def stop_recorded(folder: Path, name: str, *, patience: float = 5.0) -> None:
    """Stop the program that `start` recorded under that name, if it still runs, and forget it."""
    pid = running(folder, name)
    if pid is not None:
        stop(pid, patience=patience)
    (folder / f"{name}.pid").unlink(missing_ok=True)


# of the fields of /proc/<pid>/stat that follow the program's name: state is 0, start time (clock ticks) is 19
START_TIME = 19


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _record(path: Path, pid: int) -> None:
    fields = _stat(pid)
    path.write_text(f"{pid} {fields[START_TIME] if fields else 0}\n", encoding="utf-8")
