"""What stands beside the cluster and serves it: object storage, image registry, git; and where each is reached."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from e2e.cluster import probing, settings
from e2e.cluster.binaries import binary
from e2e.cluster.cache import cache
from e2e.cluster.files import write_json, write_yaml
from e2e.cluster.place import Place
from e2e.cluster.supervision import ensure

NAMESPACE = "storage"
# the servers live as long as a test run, on addresses that only this machine reaches
ROOT_USER = {"accessKey": "leeboard", "secretKey": "leeboard-secret"}
LIMITED_USER = {"accessKey": "limited", "secretKey": "limited-secret"}
REGION = "us-east-1"


def endpoints(place: Place) -> dict[str, Any]:
    """Where each server is, seen from the host and from pods."""
    node = place.node_address
    return {
        "s3": {
            "host": f"http://{node}:{settings.S3_PORT}",
            "cluster": f"http://s3.{NAMESPACE}.svc:{settings.S3_PORT}",
            "region": REGION,
            **ROOT_USER,
            "limited": LIMITED_USER,
        },
        "registry": {"host": f"{node}:{settings.REGISTRY_PORT}", "cluster": settings.REGISTRY},
        "git": {
            "path": str(place.folder / "git"),
            "host": f"http://{node}:{settings.GIT_PORT}",
            "cluster": f"http://git.{NAMESPACE}.svc",
        },
    }


def start(place: Place) -> None:
    """Start the three servers, unless they run, and write endpoints.json."""
    _start_s3(place)
    _start_registry(place)
    _start_git(place)
    write_json(place.folder / "endpoints.json", endpoints(place))


def services(place: Place) -> list[dict[str, Any]]:
    """The Services by which pods reach what runs beside the cluster."""
    metadata = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    return [
        metadata,
        *_service(place, NAMESPACE, "s3", {"http": (settings.S3_PORT, settings.S3_PORT, "TCP")}),
        *_service(place, NAMESPACE, "registry", {"http": (settings.REGISTRY_PORT, settings.REGISTRY_PORT, "TCP")}),
        *_service(place, NAMESPACE, "git", {"http": (80, settings.GIT_PORT, "TCP")}),
        *_service(
            *(place, "kube-system", "kube-dns", {"dns": (53, 53, "UDP"), "dns-tcp": (53, 53, "TCP")}),
            address=place.service(10),
        ),
    ]


def _service(
    place: Place, namespace: str, name: str, ports: dict[str, tuple[int, int, str]], *, address: str | None = None
) -> list[dict[str, Any]]:
    """A Service without selector and its endpoints at the node; a port is (the Service's, the node's, protocol)."""
    slice_metadata = {"name": name, "namespace": namespace, "labels": {"kubernetes.io/service-name": name}}
    service: dict[str, Any] = {
        "ports": [
            {"name": port, "port": outer, "targetPort": inner, "protocol": protocol}
            for port, (outer, inner, protocol) in ports.items()
        ]
    }
    if address:
        service["clusterIP"] = address
    return [
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace}, "spec": service},
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": slice_metadata,
            "addressType": "IPv4",
            "endpoints": [{"addresses": [place.node_address], "conditions": {"ready": True}}],
            "ports": [{"name": port, "port": inner, "protocol": p} for port, (_, inner, p) in ports.items()],
        },
    ]


def _start_s3(place: Place) -> None:
    folder = place.folder / "s3"
    users = folder / "users"
    for part in ("data", "meta", "users"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    program = str(binary("versitygw"))
    address = f"{place.node_address}:{settings.S3_PORT}"
    command = [program, "--port", address, "--region", REGION, "--iam-dir", str(users), "--quiet"]
    environment = {"ROOT_ACCESS_KEY": ROOT_USER["accessKey"], "ROOT_SECRET_KEY": ROOT_USER["secretKey"]}
    ensure(
        *(place, "s3", [*command, "posix", "--sidecar", str(folder / "meta"), str(folder / "data")]),
        environment=environment,
        ready=lambda: probing.answers(f"http://{address}/"),
    )
    if not (users / "users.json").exists() or LIMITED_USER["accessKey"] not in (users / "users.json").read_text():
        user = ["--access", LIMITED_USER["accessKey"], "--secret", LIMITED_USER["secretKey"], "--role", "user"]
        root = ["--access", ROOT_USER["accessKey"], "--secret", ROOT_USER["secretKey"]]
        admin = [program, "admin", *root, "--endpoint-url", f"http://{address}", "--region", REGION]
        subprocess.run([*admin, "create-user", *user], check=True, capture_output=True, timeout=60)


def _start_registry(place: Place) -> None:
    # images outlive the cluster: the registry's files are content-addressed and lie in the cache
    storage = cache() / "registry"
    storage.mkdir(parents=True, exist_ok=True)
    configuration = place.configuration / "registry.yaml"
    write_yaml(configuration, settings.registry(str(storage), place))
    ensure(
        *(place, "registry", [str(binary("registry")), "serve", str(configuration)]),
        environment={"OTEL_TRACES_EXPORTER": "none"},
        ready=lambda: probing.answers(f"http://{place.node_address}:{settings.REGISTRY_PORT}/v2/"),
    )


def _start_git(place: Place) -> None:
    root = place.folder / "git"
    root.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, str(Path(__file__).with_name("git_server.py"))]
    ensure(
        *(place, "git", [*command, str(root), place.node_address, str(settings.GIT_PORT)]),
        ready=lambda: probing.answers(f"http://{place.node_address}:{settings.GIT_PORT}/"),
    )


def repository(place: Place, name: str) -> Path:
    """The bare repository of that name, made when it is not there; pods clone it from ``<git.cluster>/<name>.git``."""
    return bare_repository(place.folder / "git" / f"{name}.git")


def bare_repository(path: Path) -> Path:
    """The bare repository at that path, made when it is not there."""
    if not (path / "HEAD").exists():
        subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(path)], check=True, timeout=60)
    return path


def read_endpoints(folder: Path) -> dict[str, Any]:
    """The endpoints that `start` wrote."""
    found: dict[str, Any] = json.loads((folder / "endpoints.json").read_text(encoding="utf-8"))
    return found
