"""The pods of a cluster that goes down: their processes, the shims above them and their control group."""

import time
from pathlib import Path

from e2e.cluster import cgroups, processes
from e2e.cluster.place import Place


def stop(place: Place) -> None:
    """Kill the pods, then the shims that watched them, then remove the control group. Raises RuntimeError."""
    deadline = time.monotonic() + 20
    cgroups.kill(place.cgroup)
    for pid in pids(place):
        processes.stop(pid, patience=1)
    while not cgroups.remove(place.cgroup):
        if time.monotonic() > deadline:
            raise RuntimeError(f"processes stay in control group {place.cgroup}")
        cgroups.kill(place.cgroup)
        time.sleep(0.1)


def pids(place: Place) -> list[int]:
    """The shims that report to this cluster's containerd."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if b"shim" in words[0] and str(place.containerd_socket).encode() in words:
            found.append(int(folder.name))
    return found
