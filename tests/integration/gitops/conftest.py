"""One API server for all tests beside a GitOps tool, with the garbage collector of Kubernetes and the operator."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from e2e.cluster.control_plane import ControlPlane
from tests.support.installation import OperatorProcess, install


@pytest.fixture(scope="package")
def plane() -> Iterator[ControlPlane]:
    # some distributions ask whoever sets blockOwnerDeletion for a right on the owner
    with ControlPlane(options=["--enable-admission-plugins=OwnerReferencesPermissionEnforcement"]) as running:
        install(running)
        running.run_controllers("garbage-collector-controller")
        yield running


@pytest.fixture(scope="package")
def operator(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OperatorProcess]:
    with OperatorProcess(plane, tmp_path_factory.mktemp("operator")) as running:
        yield running
        assert running.stop() == 0, running.log()[-6000:]
