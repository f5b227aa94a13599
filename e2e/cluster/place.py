"""Where one cluster lives: its folder, its slot on this machine, and the addresses that follow from the slot."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from e2e.cluster.cache import exclusive

SLOTS = 32
CLAIMS = Path("/run/leeboard")


class NoSlot(RuntimeError):
    """Every slot of this machine is claimed by another checkout."""


@dataclass(frozen=True)
class Place:
    """A cluster's folder and slot. Clusters of several checkouts run side by side, each in a slot of its own."""

    folder: Path
    slot: int

    @property
    def namespace(self) -> str:
        """The network namespace that holds the cluster."""
        return f"leeboard-{self.slot}"

    @property
    def host_device(self) -> str:
        """The host's end of the pair of devices that joins it to the namespace."""
        return f"leeboard{self.slot}h"

    @property
    def node_device(self) -> str:
        """The namespace's end of that pair."""
        return f"leeboard{self.slot}n"

    @property
    def host_address(self) -> str:
        """The host as the cluster sees it."""
        return f"10.200.{self.slot}.1"

    @property
    def node_address(self) -> str:
        """The node as the host sees it."""
        return f"10.200.{self.slot}.2"

    @property
    def pods(self) -> str:
        """The range of the pods' addresses."""
        return f"10.244.{self.slot}.0/24"

    @property
    def services(self) -> str:
        """The range of the Services' addresses."""
        return f"10.{96 + self.slot}.0.0/16"

    def service(self, host: int) -> str:
        """One address of the Services' range: 1 is the API server's, 10 the DNS server's."""
        return f"10.{96 + self.slot}.0.{host}"

    @property
    def run(self) -> Path:
        """Sockets and mounts: a short path, for the names of sockets are limited to 108 characters."""
        return CLAIMS / str(self.slot)

    @property
    def processes(self) -> Path:
        """Logs and pids of what runs."""
        return self.folder / "processes"

    @property
    def pki(self) -> Path:
        """Keys and certificates."""
        return self.folder / "pki"

    @property
    def configuration(self) -> Path:
        """Configuration files and kubeconfigs of the components."""
        return self.folder / "configuration"

    @property
    def bin(self) -> Path:
        """Links to the programs."""
        return self.folder / "bin"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.folder / "kubeconfig"

    @property
    def containerd_socket(self) -> Path:
        """Where containerd listens."""
        return self.run / "containerd.sock"

    @property
    def cgroup(self) -> str:
        """The control group below which every pod runs."""
        return f"/leeboard-{self.slot}"


def claimed(folder: Path) -> Place | None:
    """The place that the cluster of that folder has, or None where it has none."""
    for slot in range(SLOTS):
        owner = CLAIMS / str(slot) / "owner"
        if owner.exists() and owner.read_text(encoding="utf-8") == str(folder):
            return Place(folder, slot)
    return None


def claim(folder: Path) -> Place:
    """The place of that folder's cluster, taken now if it had none. Raises NoSlot."""
    with exclusive("slots"):
        place = claimed(folder)
        if place is not None:
            return place
        for slot in range(SLOTS):
            owner = CLAIMS / str(slot) / "owner"
            if not owner.exists():
                owner.parent.mkdir(parents=True, exist_ok=True)
                owner.write_text(str(folder), encoding="utf-8")
                return Place(folder, slot)
    raise NoSlot(f"{SLOTS} clusters are claimed in {CLAIMS}: take one down")


def release(place: Place) -> None:
    """Give the slot back."""
    shutil.rmtree(place.run)
