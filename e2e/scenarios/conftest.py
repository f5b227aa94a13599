"""The real cluster for the whole run, and a namespace that enforces restricted pods for each module that asks."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.cluster import images, lifecycle
from e2e.cluster.lifecycle import Cluster
from e2e.cluster.place import claimed
from e2e.support.kubectl import Kubectl
from e2e.support.narrator import Narrator

FOLDER = Path(__file__).resolve().parents[2] / "build" / "cluster"
_numbers = itertools.count(1)


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
    name = f"scenario-{os.getpid()}-{next(_numbers)}"
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    cluster.kubectl("").apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    yield cluster.kubectl(name)
    cluster.kubectl()("delete", "namespace", name, "--wait=false")
