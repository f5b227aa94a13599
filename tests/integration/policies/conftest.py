"""The chart's policies on a real API server with Kubernetes' controllers, and people of each role in a namespace."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from e2e.cluster.control_plane import ControlPlane
from tests.support.installation import eventually, install
from tests.support.people import PEOPLE, TENANT
from tests.support.requests import Requests
from tests.support.served import serving_deployment, with_pod_label

CONTROLLERS = (
    *("deployment-controller", "replicaset-controller", "job-controller", "namespace-controller"),
    *("garbage-collector-controller", "clusterrole-aggregation-controller"),
    "validatingadmissionpolicy-status-controller",
)


@pytest.fixture(scope="session")
def policed(kubernetes: str) -> Iterator[ControlPlane]:
    """A namespace of a tenant, in which every role is bound to a user of its name."""
    with ControlPlane(kubernetes) as plane:
        plane.run_controllers(*CONTROLLERS)
        install(plane)
        plane.kubectl("create", "namespace", TENANT)
        client = plane.client(TENANT)
        for user, roles in PEOPLE.items():
            for role in roles:
                client("create", "rolebinding", f"{user}-{role}", f"--clusterrole={role}", f"--user={user}")
        eventually(lambda: _in_force(Requests(plane)), "roles and policies are in force")
        yield plane


@pytest.fixture
def requests(policed: ControlPlane) -> Requests:
    """Requests as anybody."""
    return Requests(policed)


def _in_force(requests: Requests) -> bool:
    """Policies take effect a moment after they are made; so do the roles that are put together of others."""
    time.sleep(0.2)
    refused = requests.create("editor", serving_deployment())
    allowed = requests.create("editor", with_pod_label(serving_deployment(), "leeboard.dev/part", None))
    return "only Leeboard does" in refused.message and allowed.status == 201
