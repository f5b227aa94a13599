"""What holds for every test: no cluster is touched that the run has not started itself."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from e2e.support import own_cluster
from e2e.support.kubectl import Kubectl


def pytest_sessionstart() -> None:
    """A context for the demo is none for the tests."""
    if os.environ.get("CONTEXT"):
        pytest.exit("tests run on no cluster but their own: CONTEXT is for make demo", returncode=4)


@pytest.fixture(autouse=True, scope="session")
def own_clusters_only() -> Iterator[None]:
    """Every kubectl is refused that would reach another cluster, and none is found by accident."""
    call = Kubectl.__call__

    def guarded(self: Kubectl, *args: str, **options: Any) -> str:
        own_cluster.insist(self.kubeconfig)
        return call(self, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Kubectl, "__call__", guarded)
        patch.setenv("KUBECONFIG", os.devnull)
        yield
