"""A real etcd and kube-apiserver of each supported version, and a namespace for each test."""

import itertools
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from kubernetes.aio import client as aio_client
from kubernetes.aio import config as aio_config

from e2e.cluster.control_plane import API_SERVERS, ControlPlane
from e2e.support.kubectl import Kubectl
from leeboard.evaluator.service import FIELD_MANAGER
from leeboard.kube.client import KubeClient

ROOT = Path(__file__).resolve().parents[2]
_numbers = itertools.count(1)


@pytest.fixture(scope="session", params=list(API_SERVERS))
def kubernetes(request: pytest.FixtureRequest) -> str:
    """The newest and the oldest Kubernetes that are supported: whoever asks for this is run with both."""
    return str(request.param)


@pytest.fixture(scope="session")
def control_plane(kubernetes: str) -> Iterator[ControlPlane]:
    with ControlPlane(kubernetes) as running:
        yield running


@pytest.fixture(scope="session")
def definitions(control_plane: ControlPlane) -> None:
    """The four kinds, applied as a user would and served."""
    control_plane.kubectl("apply", "-f", str(ROOT / "crds"))
    control_plane.client().established()


@pytest.fixture
def namespace(control_plane: ControlPlane) -> str:
    name = f"test-{next(_numbers)}"
    control_plane.kubectl("create", "namespace", name)
    return name


@pytest.fixture
def kubectl(control_plane: ControlPlane, definitions: None, namespace: str) -> Kubectl:
    """kubectl in a namespace of its own, with the four kinds served."""
    return control_plane.client(namespace)


@pytest.fixture
async def kubes(control_plane: ControlPlane, definitions: None) -> AsyncIterator[tuple[KubeClient, KubeClient]]:
    """The operator's client and the evaluator's."""
    clients = []
    for manager in ("leeboard", FIELD_MANAGER):
        configuration = aio_client.Configuration()
        await aio_config.load_kube_config(
            config_file=os.fspath(control_plane.kubeconfig), client_configuration=configuration
        )
        clients.append(KubeClient(configuration, field_manager=manager))
    yield clients[0], clients[1]
    for client in clients:
        await client.close()
