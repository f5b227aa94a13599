"""etcd and kube-apiserver alone: ready in seconds, for everything that needs no node."""

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import yaml

from e2e.cluster import audit, certificates, components, processes
from e2e.cluster.binaries import KUBERNETES, OLDEST_KUBERNETES, binary
from e2e.support.kubectl import Kubectl

LOOPBACK = "127.0.0.1"
SERVICE_RANGE = "10.96.0.0/16"


def free_port() -> int:
    """A port of the loopback interface that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


API_SERVERS = {KUBERNETES: "kube", OLDEST_KUBERNETES: "kube-apiserver"}
"""The program by the version of its API server; etcd and kubectl are the newer version's."""


class ControlPlane:
    """A context manager: starts etcd and the API server in a temporary folder and takes both away again.

    `options` are further options of kube-apiserver.
    """

    def __init__(self, version: str = KUBERNETES, options: Sequence[str] = ()) -> None:
        self.version = version
        self._options = options

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="leeboard-control-plane-"))
        self._processes: list[subprocess.Popen[bytes]] = []
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def kubectl(self, *args: str, input: str | None = None, namespace: str = "default") -> str:
        """Run kubectl as the administrator."""
        return self.client(namespace)(*args, input=input)

    def client(self, namespace: str = "default") -> Kubectl:
        """kubectl as the administrator, in a namespace."""
        return Kubectl(self._kubectl, self.kubeconfig, namespace)

    def kubeconfig_of(self, user: str, group: str) -> Path:
        """A kubeconfig with a certificate for that user of that group."""
        folder = self._folder / "pki"
        name = user.replace(":", "-")
        client = certificates.signed(folder, certificates.authority(folder), name, common_name=user, organization=group)
        config = yaml.safe_load(self.kubeconfig.read_text(encoding="utf-8"))
        server = config["clusters"][0]["cluster"]["server"]
        path = self._folder / f"{name}.kubeconfig"
        path.write_text(yaml.safe_dump(components.kubeconfig(server, folder / "ca.crt", client)), encoding="utf-8")
        return path

    def run_controllers(self, *names: str) -> None:
        """Run these of Kubernetes' controllers, each with its own ServiceAccount, for as long as the server runs."""
        self._processes.append(
            processes.start(
                "kube-controller-manager",
                [
                    *(str(self._programs / "kube-controller-manager"), f"--kubeconfig={self.kubeconfig}"),
                    *(f"--controllers={','.join(names)}", "--use-service-account-credentials"),
                    *("--leader-elect=false", "--secure-port=0"),
                ],
                self._folder,
            )
        )

    def pids(self) -> dict[str, int]:
        """The programs' process ids."""
        return {Path(str(process.args[0])).name: process.pid for process in self._processes}  # type: ignore[index]

    def requests_of(self, user: str) -> list[audit.Request]:
        """What a ServiceAccount has asked for so far, oldest first."""
        return list(audit.requests_of(self._audit_log, user))

    def _start(self) -> None:
        kube = binary("kube")
        links = self._programs = self._folder / "bin"
        links.mkdir()
        for name in ("etcd", "kube-controller-manager", "kubectl"):
            (links / name).symlink_to(kube)
        (links / "kube-apiserver").symlink_to(binary(API_SERVERS[self.version]))
        self._kubectl = links / "kubectl"
        etcd = self._start_etcd(links / "etcd")
        self._start_api_server(links / "kube-apiserver", etcd)

    def _start_etcd(self, program: Path) -> str:
        client, peer = (f"http://{LOOPBACK}:{free_port()}" for _ in range(2))
        command = components.etcd(program, self._folder / "etcd", client, peer)
        self._processes.append(processes.start("etcd", command, self._folder))
        return client

    def _start_api_server(self, program: Path, etcd: str) -> None:
        folder = self._folder / "pki"
        ca = certificates.authority(folder)
        serving = certificates.signed(
            *(folder, ca, "apiserver"), common_name="kube-apiserver", names=("IP:127.0.0.1", "DNS:localhost")
        )
        admin = certificates.signed(folder, ca, "admin", common_name="admin", organization="system:masters")
        keys = components.Keys(ca.certificate, serving, *certificates.service_account_keys(folder))
        port = free_port()
        server = f"https://{LOOPBACK}:{port}"
        policy = self._folder / "audit-policy.yaml"
        policy.write_text(yaml.safe_dump(audit.POLICY), encoding="utf-8")
        self._audit_log = self._folder / "audit.log"
        self._audit_log.touch()
        command = [
            *components.api_server(program, keys, etcd=etcd, address=LOOPBACK, port=port, services=SERVICE_RANGE),
            # nothing makes the ServiceAccounts that admission would wait for
            "--disable-admission-plugins=ServiceAccount",
            *self._options,
            *(f"--audit-policy-file={policy}", f"--audit-log-path={self._audit_log}"),
        ]
        config = components.kubeconfig(server, ca.certificate, admin)
        self.kubeconfig = self._folder / "kubeconfig"
        self.kubeconfig.write_text(yaml.safe_dump(config), encoding="utf-8")
        self._processes.append(processes.start("kube-apiserver", command, self._folder))
        log = self._folder / "kube-apiserver.log"
        processes.wait_until("kube-apiserver", self._ready, seconds=90, log=log)

    def _ready(self) -> bool:
        command = [str(self._kubectl), "--kubeconfig", str(self.kubeconfig), "get", "--raw", "/readyz"]
        done = subprocess.run(command, capture_output=True, check=False, timeout=30)
        return done.returncode == 0

    def _stop(self) -> None:
        for process in reversed(self._processes):
            processes.stop(process.pid)
            process.wait(timeout=10)
        shutil.rmtree(self._folder, ignore_errors=True)
