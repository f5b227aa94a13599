"""The whole cluster: up, running, down. Every step may be repeated, so an interrupted start is simply started again."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from e2e.cluster import cgroups, images, mounts, network, node, packages, processes, storage, supervision
from e2e.cluster.binaries import binary
from e2e.cluster.cache import exclusive
from e2e.cluster.place import Place, claim, claimed, release
from e2e.support.kubectl import Kubectl
from e2e.support.narrator import Narrator

PROGRAMS = ("kube", "containerd", "containerd-shim-runc-v2", "coredns", "versitygw", "registry", "pause", "helm")
TEST_PROGRAMS = ("kube-apiserver", "gitops")
"""What tests need beyond that."""
PROCESSES = (
    *("s3", "registry", "git", "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"),
    *("containerd", "coredns", "kube-proxy", "kubelet"),
)


@dataclass(frozen=True)
class Cluster:
    """A running cluster."""

    place: Place

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig, usable from the host."""
        return self.place.kubeconfig

    @property
    def helm(self) -> Path:
        """The helm command."""
        return self.place.bin / "helm"

    @property
    def endpoints(self) -> dict[str, Any]:
        """Where object storage, registry and git are: the contents of endpoints.json."""
        return storage.read_endpoints(self.place.folder)

    def kubectl(self, namespace: str = "default") -> Kubectl:
        """kubectl as the administrator."""
        return node.kubectl(self.place, namespace)

    @property
    def registry(self) -> images.Registry:
        """The image registry beside the node."""
        return images.registry_of(self.place)

    def repository(self, name: str) -> Path:
        """The bare git repository of that name, made when it is not there."""
        return storage.repository(self.place, name)

    def published(self, name: str) -> None:
        """What was pushed to that repository can be cloned from pods: the git server serves the repository itself."""


def running(folder: Path) -> Cluster | None:
    """The cluster of that folder when everything of it runs and its node is ready."""
    place = claimed(folder)
    if place is None or not network.exists(place):
        return None
    if any(processes.running(place.processes, name) is None for name in PROCESSES):
        return None
    return Cluster(place) if node.node_ready(place) else None


def up(folder: Path, narrator: Narrator) -> Cluster:
    """Start what does not run and wait until the node is ready."""
    with exclusive("cluster"):
        cluster = running(folder)
        if cluster is None:
            cluster = _start(folder, narrator)
        narrator.say(f"cluster ready: export KUBECONFIG={cluster.kubeconfig}")
        return cluster


def down(folder: Path, narrator: Narrator) -> None:
    """Stop everything that `up` started and remove the folder."""
    with exclusive("cluster"):
        place = claimed(folder)
        if place is not None:
            with narrator.step("down", "stopping the cluster"):
                _stop(place)
        narrator.say("no cluster runs")


def prepare(narrator: Narrator, more: tuple[str, ...] = ()) -> None:
    """Install and build what clusters are started from, and more programs; what is there already takes no time."""
    with narrator.step("packages", "Debian packages"):
        packages.ensure()
    with narrator.step("programs", "programs (built once for each version; the first time takes minutes)"):
        # two at a time: one compiles while the other downloads
        with ThreadPoolExecutor(max_workers=2) as pool:
            builds = [pool.submit(binary, name) for name in (*PROGRAMS, *more)] + [pool.submit(images.ensure_base)]
        for build in builds:
            build.result()


def _start(folder: Path, narrator: Narrator) -> Cluster:
    prepare(narrator)
    place = claim(folder)
    if place.processes.exists() != network.exists(place):
        # the machine was restarted, or the folder deleted under a running cluster: what is left is of no use
        _stop(place)
        place = claim(folder)
    with narrator.step("servers", f"network {place.namespace}, object storage, registry, git"):
        network.ensure(place)
        node.link_programs(place)
        storage.start(place)
        images.ensure_pause(place)
    with narrator.step("control-plane", "etcd, API server, controllers, scheduler"):
        node.start_control_plane(place)
        node.kubectl(place, "").apply(*storage.services(place))
    with narrator.step("node", "containerd, kubelet, kube-proxy, DNS"):
        node.start_runtime(place)
        node.start_node(place)
    return Cluster(place)


def _stop(place: Place) -> None:
    # the kubelet first, or it would start again what is taken away below it; nothing that is written is kept
    names = supervision.recorded(place)
    for name in sorted(names, key=lambda name: (name != "kubelet", name != "kube-apiserver", -names.index(name))):
        processes.stop_recorded(place.processes, name, patience=1.0)
    cgroups.clear(place.cgroup, seconds=20)
    # the shims, and whatever was started by a run whose records are lost
    for pid in network.pids(place):
        processes.stop(pid, patience=1.0)
    mounts.remove_below(place.folder, place.run)
    network.remove(place)
    shutil.rmtree(place.folder, ignore_errors=not place.folder.exists())
    release(place)
