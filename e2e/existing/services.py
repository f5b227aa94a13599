"""Object storage, a git server and a place for callers, as pods in a namespace of their own."""

from typing import Any

Document = dict[str, Any]

NAMESPACE = "leeboard-demo"
MARK = {"leeboard.dev/demo": "true"}
S3_PORT, GIT_PORT = 7070, 8080
REGION = "us-east-1"
KEYS = "s3-root"
S3, GIT, CALLERS = "s3", "git", "callers"
REPOSITORIES, WORK = "/repositories", "/work"

_RESTRICTED: Document = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}


def namespace() -> Document:
    """The namespace, marked as the demo's own."""
    labels = MARK | {"pod-security.kubernetes.io/enforce": "restricted"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}}


def servers(image: str, access_key: str, secret_key: str) -> list[Document]:
    """versitygw and the git server, from the image that holds both."""
    keys = {"ROOT_ACCESS_KEY": access_key, "ROOT_SECRET_KEY": secret_key}
    s3 = ["/srv/leeboard/versitygw", "--port", f":{S3_PORT}", "--region", REGION, "--quiet"]
    git = ["python3", "/srv/leeboard/git_server.py", REPOSITORIES, "0.0.0.0", str(GIT_PORT)]
    script = 'mkdir -p /data/meta /data/objects && exec "$@" posix --sidecar /data/meta /data/objects'
    return [
        {"apiVersion": "v1", "kind": "Secret", "metadata": _metadata(KEYS), "stringData": keys},
        _deployment(S3, image, ["sh", "-c", script, "--", *s3], "/data", S3_PORT, secret=KEYS),
        _service(S3, S3_PORT, S3_PORT),
        _deployment(GIT, image, git, REPOSITORIES, GIT_PORT),
        _service(GIT, 80, GIT_PORT),
    ]


def callers(image: str) -> Document:
    """A pod that waits; what calls the models runs in it."""
    return _deployment(CALLERS, image, ["sleep", "infinity"], WORK, None)


def _metadata(name: str) -> Document:
    return {"name": name, "namespace": NAMESPACE, "labels": {"app.kubernetes.io/name": name}}


def _service(name: str, port: int, target: int) -> Document:
    ports = [{"name": "http", "port": port, "targetPort": target, "protocol": "TCP"}]
    spec = {"selector": {"app.kubernetes.io/name": name}, "ports": ports}
    return {"apiVersion": "v1", "kind": "Service", "metadata": _metadata(name), "spec": spec}


def _deployment(
    name: str, image: str, command: list[str], mount: str, port: int | None, *, secret: str | None = None
) -> Document:
    container: Document = {
        "name": name,
        "image": image,
        "command": command,
        "securityContext": _RESTRICTED,
        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "1Gi"}},
        "volumeMounts": [{"name": "data", "mountPath": mount}, {"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108
    }
    if port is not None:
        container["ports"] = [{"containerPort": port, "protocol": "TCP"}]
        container["readinessProbe"] = {"tcpSocket": {"port": port}, "periodSeconds": 2}
    if secret is not None:
        container["envFrom"] = [{"secretRef": {"name": secret}}]
    pod = {
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 5,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "runAsGroup": 65532,
            "fsGroup": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [{"name": volume, "emptyDir": {"sizeLimit": "2Gi"}} for volume in ("data", "tmp")],
    }
    labels = {"app.kubernetes.io/name": name}
    spec = {
        "replicas": 1,
        "strategy": {"type": "Recreate"},
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": pod},
    }
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": _metadata(name), "spec": spec}
