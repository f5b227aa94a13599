"""What a story plays on: the project's own node, or a cluster that somebody has."""

from pathlib import Path
from typing import Any, Protocol

from e2e.cluster.images import Registry
from e2e.support.kubectl import Kubectl


class Platform(Protocol):
    """A cluster with object storage, an image registry and a git server that its pods reach."""

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""

    @property
    def helm(self) -> Path:
        """The helm command."""

    @property
    def registry(self) -> Registry:
        """Where images are pushed to."""

    @property
    def endpoints(self) -> dict[str, Any]:
        """`s3` with host, cluster, accessKey, secretKey and region; `git` with cluster."""

    def kubectl(self, namespace: str = "default") -> Kubectl:
        """kubectl as the administrator."""

    def repository(self, name: str) -> Path:
        """The bare git repository of that name, made when it is not there."""

    def published(self, name: str) -> None:
        """Bring what was pushed to that repository to where pods clone it from."""
