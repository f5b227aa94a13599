"""Somebody's cluster as the demo's platform: what it lacks is brought, and taken away again."""

import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from e2e.cluster import git_server, images, packages, storage
from e2e.cluster.binaries import binary
from e2e.cluster.control_plane import LOOPBACK
from e2e.cluster.images import Registry
from e2e.existing import services
from e2e.existing.context import extract
from e2e.existing.forwarding import Forwarding
from e2e.existing.pod_files import PodFiles
from e2e.existing.programs import NotUsable, program
from e2e.support.installation import SYSTEM_NAMESPACE
from e2e.support.kubectl import Kubectl
from e2e.support.narrator import Narrator

GROUP = "leeboard.dev"
RELEASE = "leeboard"


@dataclass(frozen=True)
class ExistingCluster:
    """A cluster by one context of a kubeconfig; implements `e2e.support.platform.Platform`.

    `folder` keeps the context's own kubeconfig and the repositories as this machine commits to them.
    """

    folder: Path
    kubeconfig: Path
    registry: Registry
    endpoints: dict[str, Any]

    @property
    def helm(self) -> Path:
        """The helm command of whoever has the cluster."""
        return program("helm")

    def kubectl(self, namespace: str = "default") -> Kubectl:
        """kubectl with this context."""
        return Kubectl(program("kubectl"), self.kubeconfig, namespace)

    def repository(self, name: str) -> Path:
        """The bare git repository of that name on this machine, made when it is not there."""
        return storage.bare_repository(self.folder / "git" / f"{name}.git")

    def published(self, name: str) -> None:
        """Copy the repository into the pod that serves it."""
        self.files(services.GIT).put(services.REPOSITORIES, {f"{name}.git": self.repository(name)})

    def files(self, deployment: str) -> PodFiles:
        """The files of one of the demo's own servers."""
        return PodFiles(self.kubectl(services.NAMESPACE), deployment)

    def open_callers(self, image: str) -> PodFiles:
        """The pod that callers run in, started now."""
        return self._run(services.CALLERS, [services.callers(image)])

    def _run(self, deployment: str, documents: list[dict[str, Any]]) -> PodFiles:
        kubectl = self.kubectl(services.NAMESPACE)
        kubectl.apply(*documents)
        kubectl("rollout", "status", f"deployment/{deployment}", "--timeout=180s", timeout=200)
        return self.files(deployment)


@contextmanager
def connected(
    context: str, registry: Registry, folder: Path, narrator: Narrator, namespaces: tuple[str, ...]
) -> Iterator[ExistingCluster]:
    """The cluster with object storage and git in a namespace of their own; raises NotUsable and BuildFailed.

    None of `namespaces` may be there, for `leave` takes them away. What was brought stays when this ends, for looking
    around.
    """
    kubectl = Kubectl(program("kubectl"), extract(context, folder), services.NAMESPACE)
    _insist_on_room(kubectl, namespaces)
    with narrator.step("packages", "Debian packages"):
        packages.ensure()
    with narrator.step("services", f"object storage and git in the namespace {services.NAMESPACE} of {context}"):
        files = {"versitygw": binary("versitygw"), "git_server.py": Path(git_server.__file__)}
        image = images.build_of_files(
            *(registry, images.IMAGES / "services" / "Containerfile", files, "leeboard/demo-services"),
            {"BASE": images.ensure_base()},
        )
        keys = {"accessKey": secrets.token_hex(8), "secretKey": secrets.token_hex(16)}
        kubectl.apply(services.namespace())
        kubectl.apply(*services.servers(image, keys["accessKey"], keys["secretKey"]))
        for name in (services.S3, services.GIT):
            kubectl("rollout", "status", f"deployment/{name}", "--timeout=180s", timeout=200)
    with Forwarding(kubectl, narrator, services.S3, services.S3_PORT) as forwarded:
        host = f"http://{LOOPBACK}:{forwarded.port}"
        yield ExistingCluster(folder, kubectl.kubeconfig, registry, _endpoints(host, keys))


def leave(context: str, folder: Path, narrator: Narrator, namespaces: tuple[str, ...]) -> None:
    """Take away what the demo brought: its release, its namespaces and, for there were none before, the four kinds."""
    kubectl = Kubectl(program("kubectl"), extract(context, folder), "")
    if not _ours(kubectl):
        narrator.say(f"no demo is on {context}")
        return
    with narrator.step("down", f"removing the demo from {context}"):
        helm = [str(program("helm")), "--kubeconfig", str(kubectl.kubeconfig), "--namespace", SYSTEM_NAMESPACE]
        command = [*helm, "uninstall", RELEASE, "--ignore-not-found"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        if done.returncode != 0:
            raise NotUsable(f"helm: {done.stderr.strip()}")
        kinds = kubectl("get", "customresourcedefinitions", "-o", "name").split()
        ours = [name.partition("/")[2] for name in kinds if name.endswith(f".{GROUP}")]
        everywhere = ("--ignore-not-found", "--wait", "--timeout=300s")
        if ours:
            kubectl("delete", "customresourcedefinitions", *ours, *everywhere, timeout=320)
        # the mark last: a removal that was interrupted can be done again
        for name in (*namespaces, SYSTEM_NAMESPACE, services.NAMESPACE):
            kubectl("delete", "namespace", name, *everywhere, timeout=320)


def _ours(kubectl: Kubectl) -> bool:
    found = kubectl.get("namespace", services.NAMESPACE)
    return found is not None and services.MARK.items() <= found["metadata"].get("labels", {}).items()


def _insist_on_room(kubectl: Kubectl, namespaces: tuple[str, ...]) -> None:
    """Nothing of Leeboard may be there: the demo would change what others use. Raises NotUsable."""
    if _ours(kubectl):
        raise NotUsable("an earlier demo is still there: make demo-down with the same CONTEXT")
    if kubectl.get("customresourcedefinition", f"models.{GROUP}"):
        raise NotUsable("Leeboard is installed there: the demo would change what others use")
    for name in (services.NAMESPACE, SYSTEM_NAMESPACE, *namespaces):
        if kubectl.get("namespace", name):
            raise NotUsable(f"the namespace {name} is there already, and the demo would want it for itself")


def _endpoints(host: str, keys: dict[str, str]) -> dict[str, Any]:
    inside = f"{services.NAMESPACE}.svc"
    s3 = {"host": host, "cluster": f"http://{services.S3}.{inside}:{services.S3_PORT}", "region": services.REGION}
    return {"s3": s3 | keys, "git": {"cluster": f"http://{services.GIT}.{inside}"}}
