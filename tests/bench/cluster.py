"""A control plane with the controllers that make pods of Deployments, a scheduler, and nodes that KWOK plays."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from e2e.cluster import processes
from e2e.cluster.binaries import binary
from e2e.cluster.control_plane import LOOPBACK, ControlPlane, free_port
from tests.bench.process import Usage
from tests.bench.requests import Requests
from tests.bench.stages import stages
from tests.support.installation import install

NODES = 25
PODS_PER_NODE = 1000
CONTROLLERS = ("deployment-controller", "replicaset-controller", "job-controller", "garbage-collector-controller")


class Cluster:
    """A context manager: everything is started, and Leeboard's chart is installed; `plane` is the control plane."""

    def __enter__(self) -> Self:
        # less of the programs' time goes into collecting garbage, of which they make more here than anywhere
        os.environ.setdefault("GOGC", "400")
        self.folder = Path(tempfile.mkdtemp(prefix="leeboard-scale-"))
        # nothing takes the taint of a new node away again: the controller that would is not run
        untainted = "--disable-admission-plugins=TaintNodesByCondition"
        self.plane = ControlPlane(options=("--audit-log-maxsize=4096", untainted))
        self.requests = Requests(self.plane)
        self._started: dict[str, subprocess.Popen[bytes]] = {}
        try:
            self.plane.__enter__()
            install(self.plane)
            self.plane.client("").apply(*map(_node, range(NODES)))
            self._start_controllers()
            self._start_kwok()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _start_controllers(self) -> None:
        links = self.folder / "bin"
        links.mkdir()
        quick = ("--kube-api-qps=2000", "--kube-api-burst=2000", "--leader-elect=false", f"--bind-address={LOOPBACK}")
        own = {
            "kube-controller-manager": (
                f"--controllers={','.join(CONTROLLERS)}",
                *(f"--concurrent-{what}-syncs=10" for what in ("deployment", "replicaset", "job")),
            ),
            "kube-scheduler": (),
        }
        for name, options in own.items():
            (links / name).symlink_to(binary("kube"))
            # by its own name, which the chart's policies know; with all rights, since no controller's account is made
            who = self.plane.kubeconfig_of(f"system:{name}", "system:masters")
            where = (f"--kubeconfig={who}", f"--secure-port={free_port()}")
            self._start(name, [str(links / name), *quick, *where, *options])

    def _start_kwok(self) -> None:
        configuration = self.folder / "kwok.yaml"
        configuration.write_text(yaml.safe_dump_all(stages()), encoding="utf-8")
        self._start(
            "kwok",
            [
                *(str(binary("kwok")), f"--kubeconfig={self.plane.kubeconfig}", f"--config={configuration}"),
                *("--manage-all-nodes=true", "--node-lease-duration-seconds=0", "--v=WARN"),
            ],
        )

    def _start(self, name: str, command: list[str]) -> None:
        self._started[name] = processes.start(name, command, self.folder)

    def check(self) -> None:
        """Raises RuntimeError with the end of its log where a program has ended."""
        for name, process in self._started.items():
            if process.poll() is not None:
                tail = (self.folder / f"{name}.log").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"{name} ended with {process.returncode}\n{tail}")

    def cpu_seconds(self) -> dict[str, float]:
        """CPU that each program has used so far."""
        used = {name: Usage.of(process.pid).cpu_s for name, process in self._started.items()}
        return used | {name: Usage.of(pid).cpu_s for name, pid in self.plane.pids().items()}

    def _stop(self) -> None:
        for process in reversed(self._started.values()):
            processes.stop(process.pid)
            process.wait(timeout=10)
        self.plane.__exit__(None, None, None)
        shutil.rmtree(self.folder, ignore_errors=True)


def _node(number: int) -> dict[str, Any]:
    room = {"cpu": "10000", "memory": "100Ti", "pods": str(PODS_PER_NODE), "ephemeral-storage": "100Ti"}
    ready = {"type": "Ready", "status": "True", "reason": "Played", "message": json.dumps("by KWOK")}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": f"played-{number}", "labels": {"kubernetes.io/hostname": f"played-{number}"}},
        "status": {"capacity": room, "allocatable": room, "conditions": [ready]},
    }
