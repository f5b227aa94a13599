"""What holds for every test: no cluster is touched that the run has not started itself; a module is not torn apart."""

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from e2e.support import own_cluster
from e2e.support.kubectl import Kubectl


def pytest_sessionstart() -> None:
    """A context for the demo is none for the tests; programs that a test interrupts hear it."""
    # a run in the background has the signal ignored, and so would all that it starts
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if os.environ.get("CONTEXT"):
        pytest.exit("tests run on no cluster but their own: CONTEXT is for make demo", returncode=4)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Long texts and bytes are no part of a test's name: processes that run tests side by side must give it one name,
    and compressed bytes may hold the time."""
    return argname if isinstance(val, bytes) or (isinstance(val, str) and len(val) > 80) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests run side by side, a module stays with one process, and so does each version of Kubernetes in it."""
    for item in items:
        parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        item.add_marker(pytest.mark.xdist_group(f"{parameters.get('kubernetes', '')} {item.path.name}"))


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
