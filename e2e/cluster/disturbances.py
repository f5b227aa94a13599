"""What goes wrong on a real cluster, done to this one: processes are killed, servers and the node start anew."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from e2e.cluster import cgroups, network, node, processes, storage
from e2e.cluster.place import Place
from e2e.support.kubectl import Document


def kill_containers(place: Place, pod: Document) -> None:
    """SIGKILL to every process of a pod's containers. Its sandbox stays, so that the kubelet starts them again."""
    cgroups.kill(place.cgroup, within=f"pod{pod['metadata']['uid']}", spare="pause")


def restart_api_server(place: Place, *, away: float) -> None:
    """Stop the API server, and start it again after so many seconds; returns when it serves."""
    processes.stop_recorded(place.processes, "kube-apiserver", patience=1.0)
    time.sleep(away)
    node.start_control_plane(place)


def restart_object_storage(place: Place, *, away: float) -> None:
    """Kill the S3 server, and start it again after so many seconds; returns when it serves."""
    processes.stop_recorded(place.processes, "s3", patience=0.0)
    time.sleep(away)
    storage.start(place)


def restart_node(place: Place, *, away: float) -> None:
    """As when a machine loses its power: kubelet, runtime and every process of every pod end at once.

    Returns when the node is Ready again, which it says before its pods are.
    """
    for name in ("kubelet", "containerd"):
        processes.stop_recorded(place.processes, name, patience=0.0)
    cgroups.kill(place.cgroup)
    for pid in network.pids(place):
        if _is_shim(pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    time.sleep(away)
    node.start_runtime(place)
    node.start_node(place)


def _is_shim(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").startswith("containerd-shim")
    except FileNotFoundError:
        return False
