"""The network namespace that holds the cluster, and the host's way into it."""

import subprocess
from pathlib import Path

from e2e.cluster.place import Place


def command(place: Place, *program: str) -> list[str]:
    """A command line that runs a program inside the namespace.

    Not ``ip netns exec``: that mounts /sys anew, and the kubelet then finds no control groups.
    """
    return ["nsenter", f"--net={_file(place)}", "--", *program]


def exists(place: Place) -> bool:
    """True while the namespace is there and whole; a leftover file after a restart of the machine is none."""
    if not _file(place).exists():
        return False
    if subprocess.run(command(place, "true"), capture_output=True, check=False, timeout=30).returncode != 0:
        return False
    # the last route of `ensure`: without it the making was interrupted
    return bool(_ip("route", "show", place.services))


def ensure(place: Place) -> None:
    """Make the namespace, the pair of devices, and the host's routes to pods and Services, unless they are there."""
    if exists(place):
        return
    remove(place)
    _ip("netns", "add", place.namespace)
    _ip("link", "add", place.host_device, "type", "veth", "peer", "name", place.node_device)
    _ip("link", "set", place.node_device, "netns", place.namespace)
    _ip("address", "add", f"{place.host_address}/30", "dev", place.host_device)
    _ip("link", "set", place.host_device, "up")
    inside = ["-n", place.namespace]
    _ip(*inside, "link", "set", "lo", "up")
    _ip(*inside, "address", "add", f"{place.node_address}/30", "dev", place.node_device)
    _ip(*inside, "link", "set", place.node_device, "up")
    # kubelet and kube-proxy want a default route; the host does not forward, so nothing leaves the machine
    _ip(*inside, "route", "add", "default", "via", place.host_address)
    _set(place, "net/ipv4/ip_forward", 1)
    for target in (place.pods, place.services):
        _ip("route", "replace", target, "via", place.node_address, "dev", place.host_device)


def forget_failed_attempts(place: Place, *, seconds: int) -> None:
    """How long the node remembers to which pod it passed an attempt to connect that nobody answered.

    The kernel's two minutes pin a caller's port to a pod that is gone; callers that open many connections a second come
    back to a port within some.
    """
    _set(place, "net/netfilter/nf_conntrack_tcp_timeout_syn_sent", seconds)


def remove(place: Place) -> None:
    """Delete the namespace and the devices; the host's routes go with its device."""
    if (Path("/sys/class/net") / place.host_device).exists():
        _ip("link", "delete", place.host_device)
    if _file(place).exists():
        _ip("netns", "delete", place.namespace)


def pids(place: Place) -> list[int]:
    """Every process inside the namespace: the components, and the shims that outlive containerd."""
    if not exists(place):
        return []
    return [int(pid) for pid in _ip("netns", "pids", place.namespace).split()]


def _set(place: Place, setting: str, value: int) -> None:
    write = ["sh", "-c", f"echo {value} > /proc/sys/{setting}"]
    subprocess.run(command(place, *write), check=True, capture_output=True, timeout=30)


def _file(place: Place) -> Path:
    return Path("/run/netns") / place.namespace


def _ip(*args: str) -> str:
    return subprocess.run(["ip", *args], check=True, capture_output=True, text=True, timeout=30).stdout
