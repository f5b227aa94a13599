"""A Service's port on the loopback interface of this machine, for as long as the demo takes."""

import socket
import subprocess
import threading
from types import TracebackType
from typing import Self

from e2e.cluster.control_plane import LOOPBACK, free_port
from e2e.support.kubectl import Kubectl
from e2e.support.narrator import Narrator
from e2e.support.waiting import wait_for

PAUSE = 1.0
"""Seconds until a forwarding that broke is opened again."""


class Forwarding:
    """A context manager around ``kubectl port-forward``, which ends with the pod that it was opened to."""

    def __init__(self, kubectl: Kubectl, narrator: Narrator, service: str, port: int) -> None:
        self._command = [
            *(str(kubectl.binary), "--kubeconfig", str(kubectl.kubeconfig), "--namespace", kubectl.namespace),
            *("port-forward", "--address", LOOPBACK, f"service/{service}"),
        ]
        self._target = port
        self._narrator = narrator
        self._ending = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._keep_open, daemon=True)
        self._thread.start()
        seen = "not open yet"
        wait_for("port-forward", lambda: (self._open() or None, seen), seconds=60, narrator=self._narrator)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        if self._process is not None:
            self._process.terminate()
        self._thread.join(timeout=10)

    def _keep_open(self) -> None:
        while not self._ending.is_set():
            self._process = subprocess.Popen(
                [*self._command, f"{self.port}:{self._target}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            self._process.wait()
            self._ending.wait(PAUSE)

    def _open(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex((LOOPBACK, self.port)) == 0
