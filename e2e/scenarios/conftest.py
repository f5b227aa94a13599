"""The real cluster for the whole run, Leeboard on it, and a namespace or a tenant for each module that asks."""

import itertools
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.cluster import images, lifecycle
from e2e.cluster.lifecycle import Cluster
from e2e.cluster.place import claimed
from e2e.scenarios.tenant import Tenant
from e2e.support import installation
from e2e.support.installation import Images
from e2e.support.kubectl import Kubectl
from e2e.support.narrator import Narrator

FOLDER = Path(__file__).resolve().parents[2] / "build" / "cluster"
_numbers = itertools.count(1)
_RUN = secrets.token_hex(3)
"""Tells this run's tenants from those of runs before it on the same cluster, whose buckets are still there."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What wants a node without Leeboard comes before what installs it."""
    items.sort(key=lambda item: item.get_closest_marker("without_leeboard") is None)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Started when it does not run, and stopped again only when there was none before."""
    there = claimed(FOLDER) is not None
    yield lifecycle.up(FOLDER, Narrator())
    if not there:
        lifecycle.down(FOLDER, Narrator())


@pytest.fixture(scope="session")
def python_image(cluster: Cluster) -> str:
    """A small image with Python in the cluster's registry, by digest."""
    return images.test_image(cluster.place)


@pytest.fixture(scope="module")
def restricted(cluster: Cluster) -> Iterator[Kubectl]:
    """kubectl in a fresh namespace that enforces the restricted PodSecurity level."""
    name = _name()
    cluster.kubectl("").apply(installation.namespace(name))
    yield cluster.kubectl(name)
    cluster.kubectl()("delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="session")
def installed(cluster: Cluster) -> Images:
    """Leeboard on the cluster, from images of this tree."""
    images = installation.build_images(cluster.registry)
    installation.install(cluster, images)
    return images


@pytest.fixture(scope="module")
def tenant(cluster: Cluster, installed: Images, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenant]:
    """A tenant of its own for each module."""
    tenant = Tenant.begin(cluster, installed, _name(), tmp_path_factory.mktemp("tenant"))
    yield tenant
    tenant.end()


def _name() -> str:
    return f"scenario-{_RUN}-{next(_numbers)}"
