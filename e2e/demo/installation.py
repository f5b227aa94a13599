"""Brings Leeboard onto the cluster: images built and pushed, chart installed, namespace and Secrets made."""

import subprocess
from pathlib import Path
from typing import Any

from e2e.demo.manifests import NAMESPACE, Document
from e2e.support.kubectl import Kubectl

ROOT = Path(__file__).resolve().parents[2]
SYSTEM_NAMESPACE = "leeboard-system"


def namespace(name: str, *, level: str = "restricted") -> Document:
    """A Namespace that enforces a PodSecurity level."""
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": {"pod-security.kubernetes.io/enforce": level}},
    }


def tenant(access_key: str, secret_key: str, *, name: str = NAMESPACE) -> list[Document]:
    """The tenant's namespace with its storage Secret and the training ServiceAccount."""
    metadata = {"namespace": name}
    return [
        namespace(name),
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": metadata | {"name": "s3"},
            "stringData": {
                "AWS_ACCESS_KEY_ID": access_key,
                "AWS_SECRET_ACCESS_KEY": secret_key,
                "AWS_REGION": "us-east-1",
            },
        },
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata | {"name": "trainer"}},
    ]


def helm_install(helm: Path, kubectl: Kubectl, values: dict[str, Any], *, timeout: str = "180s") -> str:
    """Install or upgrade the chart and wait until its Deployments are ready. Raises RuntimeError with helm's text."""
    settings = [part for key, value in values.items() for part in ("--set-string", f"{key}={value}")]
    command = [
        *(str(helm), "upgrade", "--install", "leeboard", str(ROOT / "charts" / "leeboard")),
        *("--namespace", SYSTEM_NAMESPACE, "--create-namespace"),
        *("--kubeconfig", str(kubectl.kubeconfig), "--wait", "--timeout", timeout),
        *settings,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=400)
    if done.returncode != 0:
        raise RuntimeError(f"helm install failed: {done.stderr.strip()}")
    return done.stdout
