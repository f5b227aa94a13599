"""Brings Leeboard onto the cluster: images built and pushed, chart installed, a tenant's namespace and Secrets made."""

import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from e2e.cluster import images
from e2e.cluster.images import Registry
from e2e.support.kubectl import Document
from e2e.support.platform import Platform

ROOT = Path(__file__).resolve().parents[2]
SYSTEM_NAMESPACE = "leeboard-system"


class Images(NamedTuple):
    """The project's two images, by digest."""

    operator: str
    serving: str


def build_images(registry: Registry) -> Images:
    """Build and push what has changed since it was last built. Raises BuildFailed."""
    base = {"BASE": images.ensure_base()}
    operator, serving = ROOT / "operator" / "Containerfile", ROOT / "serving-image" / "Containerfile"
    code = "operator/leeboard"
    return Images(
        images.build(
            *(registry, operator, ROOT, "leeboard/operator", base),
            include=(code, "requirements/operator.txt"),
        ),
        images.build(
            *(registry, serving, ROOT, "leeboard/serving", base),
            include=(code, "serving-image/leeboard_serving", "requirements/serving.txt"),
        ),
    )


def install(cluster: Platform, built: Images, **values: str) -> str:
    """Install or upgrade the chart and wait until its Deployments are ready. Raises RuntimeError with helm's text.

    The intervals are those of a short story: what takes minutes in production takes seconds here. `values` name more of
    the chart's values, with `__` for the dots.
    """
    settings = {
        "images.operator": built.operator,
        "images.runtime": built.serving,
        "images.server": built.serving,
        "workloads.flushInterval": "5s",
        "evaluator.interval": "5s",
    }
    settings |= {name.replace("__", "."): value for name, value in values.items()}
    command = [
        *(str(cluster.helm), "upgrade", "--install", "leeboard", str(ROOT / "charts" / "leeboard")),
        *("--namespace", SYSTEM_NAMESPACE, "--create-namespace"),
        *("--kubeconfig", str(cluster.kubeconfig), "--wait", "--timeout", "180s"),
        *(part for key, value in settings.items() for part in (_set(value), f"{key}={value}")),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=400)
    if done.returncode != 0:
        raise RuntimeError(f"helm: {done.stderr.strip()}")
    return done.stdout


def _set(value: str) -> str:
    return "--set" if value in ("true", "false") else "--set-string"


def namespace(name: str, *, level: str = "restricted") -> Document:
    """A Namespace that enforces a PodSecurity level."""
    labels = {"pod-security.kubernetes.io/enforce": level}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def tenant(name: str, server: dict[str, Any]) -> list[Document]:
    """A tenant's namespace with the Secret for object storage and the ServiceAccount that trains."""
    keys = {
        "AWS_ACCESS_KEY_ID": server["accessKey"],
        "AWS_SECRET_ACCESS_KEY": server["secretKey"],
        "AWS_REGION": server["region"],
    }
    return [
        namespace(name),
        secret(name, "s3", keys),
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"namespace": name, "name": "trainer"}},
    ]


def secret(in_namespace: str, name: str, values: dict[str, str]) -> Document:
    """A Secret."""
    metadata = {"namespace": in_namespace, "name": name}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": values}
