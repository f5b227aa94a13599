"""etcd and kube-apiserver alone: ready in seconds, for everything that needs no node."""

import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from e2e.cluster import certificates, processes
from e2e.cluster.binaries import binary
from e2e.support.kubectl import Kubectl

LOOPBACK = "127.0.0.1"
SERVICE_RANGE = "10.96.0.0/16"


def free_port() -> int:
    """A port of the loopback interface that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def kubeconfig(server: str, ca: Path, client: certificates.Certificate) -> dict[str, Any]:
    """A kubeconfig with the certificates' contents by path."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "leeboard", "cluster": {"server": server, "certificate-authority": str(ca)}}],
        "users": [
            {
                "name": "admin",
                "user": {"client-certificate": str(client.certificate), "client-key": str(client.key)},
            }
        ],
        "contexts": [{"name": "leeboard", "context": {"cluster": "leeboard", "user": "admin"}}],
        "current-context": "leeboard",
    }


class ControlPlane:
    """A context manager: starts etcd and the API server in a temporary folder and takes both away again."""

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

    def _start(self) -> None:
        kube = binary("kube")
        links = self._folder / "bin"
        links.mkdir()
        for name in ("etcd", "kube-apiserver", "kubectl"):
            (links / name).symlink_to(kube)
        self._kubectl = links / "kubectl"
        etcd = self._start_etcd(links / "etcd")
        self._start_api_server(links / "kube-apiserver", etcd)

    def _start_etcd(self, program: Path) -> str:
        client, peer = (f"http://{LOOPBACK}:{free_port()}" for _ in range(2))
        command = [
            *(str(program), "--data-dir", str(self._folder / "etcd"), "--unsafe-no-fsync"),
            *("--listen-client-urls", client, "--advertise-client-urls", client),
            *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer),
            *("--initial-cluster", f"default={peer}", "--log-level", "error"),
        ]
        self._processes.append(processes.start("etcd", command, self._folder))
        return client

    def _start_api_server(self, program: Path, etcd: str) -> None:
        folder = self._folder / "pki"
        ca = certificates.authority(folder)
        serving = certificates.signed(
            *(folder, ca, "apiserver"), common_name="kube-apiserver", names=("IP:127.0.0.1", "DNS:localhost")
        )
        admin = certificates.signed(folder, ca, "admin", common_name="admin", organization="system:masters")
        private, public = certificates.service_account_keys(folder)
        port = free_port()
        server = f"https://{LOOPBACK}:{port}"
        command = [
            *(str(program), f"--etcd-servers={etcd}", f"--secure-port={port}", f"--bind-address={LOOPBACK}"),
            *(f"--tls-cert-file={serving.certificate}", f"--tls-private-key-file={serving.key}"),
            *(f"--client-ca-file={ca.certificate}", "--authorization-mode=Node,RBAC"),
            *(f"--service-account-key-file={public}", f"--service-account-signing-key-file={private}"),
            *("--service-account-issuer=https://kubernetes.default.svc", f"--service-cluster-ip-range={SERVICE_RANGE}"),
            *("--allow-privileged=true", "--disable-admission-plugins=ServiceAccount"),
        ]
        self.kubeconfig = self._folder / "kubeconfig"
        self.kubeconfig.write_text(yaml.safe_dump(kubeconfig(server, ca.certificate, admin)), encoding="utf-8")
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
