"""The command lines of Kubernetes' own components, the same for both tiers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from e2e.cluster.certificates import Certificate


@dataclass(frozen=True)
class Keys:
    """Paths of everything the API server authenticates and signs with."""

    ca: Path
    serving: Certificate
    service_account_private: Path
    service_account_public: Path


def etcd(program: Path, data: Path, client: str, peer: str) -> list[str]:
    """etcd with one member; it need not survive a power cut."""
    return [
        *(str(program), "--data-dir", str(data), "--unsafe-no-fsync", "--log-level", "error"),
        *("--listen-client-urls", client, "--advertise-client-urls", client),
        *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}"),
    ]


def api_server(program: Path, keys: Keys, *, etcd: str, address: str, port: int, services: str) -> list[str]:
    """kube-apiserver with RBAC and ServiceAccount tokens; ``services`` is the range of the Services' addresses."""
    return [
        *(str(program), f"--etcd-servers={etcd}", f"--bind-address={address}", f"--secure-port={port}"),
        *(f"--tls-cert-file={keys.serving.certificate}", f"--tls-private-key-file={keys.serving.key}"),
        *(f"--client-ca-file={keys.ca}", "--authorization-mode=Node,RBAC", "--allow-privileged=true"),
        f"--service-account-key-file={keys.service_account_public}",
        f"--service-account-signing-key-file={keys.service_account_private}",
        *("--service-account-issuer=https://kubernetes.default.svc", f"--service-cluster-ip-range={services}"),
    ]


def kubeconfig(server: str, ca: Path, client: Certificate) -> dict[str, Any]:
    """A kubeconfig that names the certificates by path."""
    user = {"client-certificate": str(client.certificate), "client-key": str(client.key)}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "leeboard", "cluster": {"server": server, "certificate-authority": str(ca)}}],
        "users": [{"name": "leeboard", "user": user}],
        "contexts": [{"name": "leeboard", "context": {"cluster": "leeboard", "user": "leeboard"}}],
        "current-context": "leeboard",
    }
