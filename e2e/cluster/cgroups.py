"""The control group that holds the cluster's pods, under version 1 and version 2."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
SHARE = 16
"""How much of the processors the group gets when they are wanted elsewhere, in shares of one process beside it: without
that all pods together would have as much as a single compiler that runs at the same time."""
CONTROLLERS = ("cpu", "cpuset", "io", "memory", "pids", "hugetlb")


def _unified() -> bool:
    return (ROOT / "cgroup.controllers").exists()


def _hierarchies() -> list[Path]:
    """The mounted hierarchies: one under version 2, one for each controller under version 1."""
    if _unified():
        return [ROOT]
    return [path for path in sorted(ROOT.iterdir()) if path.is_dir() and not path.is_symlink()]


def make(group: str) -> None:
    """Make the group, with every controller that can be had."""
    if _unified():
        offered = (ROOT / "cgroup.controllers").read_text(encoding="utf-8").split()
        wanted = " ".join(f"+{name}" for name in CONTROLLERS if name in offered)
        (ROOT / "cgroup.subtree_control").write_text(wanted, encoding="utf-8")
    for hierarchy in _hierarchies():
        place = hierarchy / group.lstrip("/")
        place.mkdir(exist_ok=True)
        # version 1: a group without processors and memory nodes takes no process
        for name in ("cpuset.cpus", "cpuset.mems"):
            if not _unified() and (place / name).exists():
                (place / name).write_text((hierarchy / name).read_text(encoding="utf-8"), encoding="utf-8")
        for name, usual in (("cpu.shares", 1024), ("cpu.weight", 100)):
            if (place / name).exists():
                (place / name).write_text(str(SHARE * usual), encoding="utf-8")


def clear(group: str, *, seconds: float) -> None:
    """Kill every process of the group and remove it. Raises TimeoutError when one stays."""
    deadline = time.monotonic() + seconds
    while not _remove(group):
        if time.monotonic() > deadline:
            raise TimeoutError(f"processes stay in control group {group}")
        kill(group)
        time.sleep(0.05)


def kill(group: str, *, within: str = "", spare: str = "") -> None:
    """SIGKILL to every process of the group; only below groups with `within` in their path, not to programs `spare`."""
    for place in _groups(group):
        if within not in str(place):
            continue
        for pid in _members(place):
            with suppress(FileNotFoundError, ProcessLookupError):
                if not spare or _program(pid) != spare:
                    os.kill(int(pid), signal.SIGKILL)


def _members(place: Path) -> list[str]:
    """The processes of one group, which may vanish at any time with the container that it holds."""
    try:
        return (place / "cgroup.procs").read_text(encoding="utf-8").split()
    except FileNotFoundError:
        return []


def _program(pid: str) -> str:
    """The name of a process' program."""
    return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()


def _remove(group: str) -> bool:
    # innermost first; False while a process is still in it
    for place in _groups(group):
        try:
            place.rmdir()
        except OSError:
            return False
    return True


def _groups(group: str) -> Iterator[Path]:
    for hierarchy in _hierarchies():
        top = hierarchy / group.lstrip("/")
        # unlike a search with Path, this minds no group that vanishes meanwhile
        yield from (Path(path) for path, _, _ in os.walk(top, topdown=False))
