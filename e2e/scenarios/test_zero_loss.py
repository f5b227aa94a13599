"""No request is lost by anything that a rollout, a person, a drain or an upgrade does: told by a client outside."""

import json
import time
from collections.abc import Callable, Iterator

import pytest

from e2e.demo.traffic import Segment, Target, Traffic
from e2e.scenarios.steps import first_version, rows, server_pods, trained_anew
from e2e.scenarios.tenant import Tenant
from e2e.support.installation import SYSTEM_NAMESPACE
from e2e.support.kubectl import Document, KubectlError
from e2e.support.waiting import wait_for
from tests.support.trained import flights

pytestmark = [pytest.mark.node, pytest.mark.rollouts, pytest.mark.timeout(3600)]

KEPT, SHORT = 48, 16
"""64 connections: most are kept, as a pool keeps them, the others are new for each request."""
LEAST_REQUESTS = 10_000
REQUESTS_A_SECOND = 40
SERVING = {
    "replicas": 2,
    "resources": {"requests": {"cpu": "50m", "memory": "200Mi"}, "limits": {"memory": "1Gi"}},
}
ANALYSIS = {"minSamples": 0}
CANARY = {"strategy": "Canary", "steps": [{"weight": 50, "duration": "1h"}], "analysis": ANALYSIS}
REPLACE = {"strategy": "Replace"}
BLUE_GREEN = {"strategy": "BlueGreen", "blueGreen": {"scaleDownDelay": "10m"}, "staging": {"hold": True}}


@pytest.fixture(scope="module")
def first(tenant: Tenant) -> Document:
    """The first version, once it serves by two pods."""
    return first_version(tenant, serving=SERVING, rollout=CANARY)


@pytest.fixture(scope="module")
def traffic(tenant: Tenant, first: Document, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traffic]:
    """A row a request, without a pause; whatever is not answered with 200 in time has failed."""
    folder = tmp_path_factory.mktemp("traffic")
    address = tenant.kubectl.get("service", tenant.model)["spec"]["clusterIP"]
    target = Target(
        url=f"http://{address}:8080", model=tenant.model, keep_alive=KEPT, short=SHORT, lifetime=0, timeout=15
    )
    with Traffic(target, folder / "state.json") as sent:
        sample = rows(folder, "usual", flights(4000, 11))
        sent.start(Segment(name="usual", rows=sample, rate=REQUESTS_A_SECOND, rows_per_request=1, loop=True))
        yield sent


def until(tenant: Tenant, what: str, holds: Callable[[Document], bool], seconds: float = 240) -> Document:
    """The Model's status, once something holds of it."""

    def look() -> tuple[Document | None, str]:
        status = tenant.world.model().get("status", {})
        return (status if holds(status) else None), json.dumps(status.get("candidate", {}))[:300]

    return wait_for(what, look, seconds=seconds, narrator=tenant.world.narrator)


def command(tenant: Tenant, verb: str) -> None:
    """A command, and the operator's yes to it."""
    identity = f"{verb}-{time.monotonic_ns()}"
    tenant.kubectl("annotate", "--overwrite", "model", tenant.model, f"leeboard.dev/{verb}={identity}")
    status = until(tenant, verb, lambda one: one["commands"].get("answer", {}).get("id") == identity, 60)
    assert status["commands"]["answer"]["accepted"], status["commands"]["answer"]


def phase(status: Document) -> str:
    return str(status.get("candidate", {}).get("phase", ""))


def champion(name: str) -> Callable[[Document], bool]:
    return lambda status: bool(status["champion"]["name"] == name)


def scale(tenant: Tenant, pods: int) -> None:
    """Ask by the scale subresource, and wait until it is so."""
    tenant.kubectl("scale", "model", tenant.model, f"--replicas={pods}")

    def settled(status: Document) -> bool:
        ready = f"{pods} of {pods} pods ready"
        told = next(one["message"] for one in status["conditions"] if one["type"] == "Ready")
        return status["replicas"] == pods and ready in told

    until(tenant, f"{pods} pods", settled)


def evict(tenant: Tenant, pod: Document) -> None:
    """What a drain of its node asks for. Raises KubectlError where the budget does not let it."""
    name = pod["metadata"]["name"]
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": tenant.name}}
    path = f"/api/v1/namespaces/{tenant.name}/pods/{name}/eviction"
    tenant.kubectl("create", "--raw", path, "-f", "-", input=json.dumps(eviction))


def restart_operator(tenant: Tenant) -> None:
    system = tenant.cluster.kubectl(SYSTEM_NAMESPACE)
    label = "app.kubernetes.io/component=operator"
    (deployment,) = system.all("deployments", label)
    name = deployment["metadata"]["name"]
    system("rollout", "restart", f"deployment/{name}")
    system("rollout", "status", f"deployment/{name}", "--timeout=240s")


def nothing_lost(tenant: Tenant, traffic: Traffic, what: str) -> None:
    counts = traffic.counts().totals
    tenant.world.narrator.say(f"{what}: {counts.requests} requests, {counts.failed} failed")
    assert counts.failed == 0, (what, counts.failures)


def test_no_request_is_lost(tenant: Tenant, first: Document, traffic: Traffic) -> None:
    scale(tenant, 3)
    nothing_lost(tenant, traffic, "scaled up")
    scale(tenant, 2)
    nothing_lost(tenant, traffic, "scaled down")

    second = trained_anew(tenant, '"30"', '"40"')["metadata"]["name"]
    until(tenant, "the canary", lambda status: phase(status) == "Canary")
    restart_operator(tenant)
    nothing_lost(tenant, traffic, "the operator started anew in a canary")
    command(tenant, "abort")
    until(tenant, "the end of the canary", lambda status: "candidate" not in status)
    nothing_lost(tenant, traffic, "aborted")

    tenant.kubectl.apply(tenant.model_object(serving=SERVING, rollout=BLUE_GREEN))
    before = traffic.counts().totals.versions[second].requests
    command(tenant, "retry")
    until(tenant, "the staging", lambda status: phase(status) == "Staged")
    assert traffic.counts().totals.versions[second].requests == before, "a staged candidate got requests of users"
    command(tenant, "promote")
    until(tenant, "the switch", champion(second))
    nothing_lost(tenant, traffic, "switched")
    command(tenant, "abort")
    back = champion(first["metadata"]["name"])
    until(tenant, "the way back", lambda status: back(status) and "candidate" not in status)
    nothing_lost(tenant, traffic, "switched back")

    tenant.kubectl.apply(tenant.model_object(serving=SERVING, rollout=CANARY))
    command(tenant, "retry")
    until(tenant, "the canary", lambda status: phase(status) == "Canary")
    command(tenant, "promote")
    until(tenant, "the promotion", lambda status: champion(second)(status) and "draining" not in status)
    nothing_lost(tenant, traffic, "promoted")

    tenant.kubectl.apply(tenant.model_object(serving=SERVING, rollout=REPLACE))
    third = trained_anew(tenant, '"30"', '"50"')["metadata"]["name"]
    until(tenant, "the replacement", lambda status: champion(third)(status) and "draining" not in status)
    nothing_lost(tenant, traffic, "replaced")

    pods = server_pods(tenant, third)
    evict(tenant, pods[0])
    with pytest.raises(KubectlError, match="disruption budget"):
        evict(tenant, pods[1])
    scale(tenant, 2)
    nothing_lost(tenant, traffic, "a pod was evicted")

    def enough() -> tuple[bool | None, str]:
        number = traffic.counts().totals.requests
        return (number >= LEAST_REQUESTS) or None, f"{number} requests"

    wait_for("enough requests", enough, seconds=600, narrator=tenant.world.narrator)
    end = traffic.stop().totals
    assert (end.failed, end.failures) == (0, {})
    assert end.requests >= LEAST_REQUESTS
    assert set(end.versions) == {first["metadata"]["name"], second, third}
