"""A real etcd and kube-apiserver of each supported version, and a namespace for each test."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.cluster.control_plane import API_SERVERS, ControlPlane
from e2e.support.kubectl import Kubectl

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
    control_plane.kubectl("wait", "--for=condition=Established", "--timeout=30s", "crd", "--all")


@pytest.fixture
def namespace(control_plane: ControlPlane) -> str:
    name = f"test-{next(_numbers)}"
    control_plane.kubectl("create", "namespace", name)
    return name


@pytest.fixture
def kubectl(control_plane: ControlPlane, definitions: None, namespace: str) -> Kubectl:
    """kubectl in a namespace of its own, with the four kinds served."""
    return control_plane.client(namespace)
