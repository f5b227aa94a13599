"""An A/B test on the real node: callers told apart by Envoy, a winner by labels that come later, and a loser."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator

import pytest

from e2e.cluster.lifecycle import Cluster
from e2e.demo.traffic import Traffic
from e2e.scenarios.sharing import address, labelled_flights, learnt_nothing, routed_tenant
from e2e.scenarios.steps import server_pods, trained_anew
from e2e.scenarios.tenant import Tenant
from e2e.support.kubectl import Document
from e2e.support.waiting import Failed, wait_for
from e2e.support.world import condition, quarantined
from leeboard.planning.traffic.buckets import HEADER, arm_of, bucket
from leeboard.planning.traffic.callers import Share, bucket_ranges

pytestmark = [pytest.mark.node, pytest.mark.rollouts]
CALLERS, TIMES = 60, 3
"""Callers that are asked for, and how often each asks."""
ROLLOUT = {
    "strategy": "ABTest",
    "abTest": {"metric": {"type": "Performance", "metric": "accuracy"}, "duration": "30s"},
    "analysis": {"minSamples": 300, "guards": [{"type": "ErrorRate", "margin": "0.05"}]},
}


@pytest.fixture(scope="module")
def routed(cluster: Cluster, tenant: Tenant) -> Tenant:
    return routed_tenant(cluster, tenant)


@pytest.fixture(scope="module")
def bad(routed: Tenant) -> Document:
    return learnt_nothing(routed, ROLLOUT)


@pytest.fixture(scope="module")
def traffic(routed: Tenant, bad: Document, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traffic]:
    with labelled_flights(routed, tmp_path_factory.mktemp("traffic")) as sent:
        yield sent


def test_callers_stay_with_their_version_and_the_better_one_wins(
    routed: Tenant, bad: Document, traffic: Traffic
) -> None:
    world, champion = routed.world, bad["metadata"]["name"]
    name = trained_anew(routed, '"30"', '"40"')["metadata"]["name"]
    wait_for("callers", lambda: _shares(routed, name), seconds=180, narrator=world.narrator)
    chosen = bucket_ranges([Share(name, 0, 50)])
    answered = {f"customer-{number}": _versions(routed, f"customer-{number}") for number in range(CALLERS)}
    assert answered == {caller: {arm_of(caller, chosen, champion)} for caller in answered}
    assert {version for versions in answered.values() for version in versions} == {name, champion}
    pods = {pod["metadata"]["uid"] for pod in server_pods(routed, name)}
    world.wait_champion(name, seconds=480)
    assert pods <= {pod["metadata"]["uid"] for pod in server_pods(routed, name)}, "promotion made new pods"
    assert _versions(routed, "customer-1") == _versions(routed, "customer-2") == {name}
    counts = traffic.counts().totals
    assert counts.failed == 0, counts.failures
    assert counts.requests > 500


def test_a_version_that_is_worse_has_lost_and_nothing_is_degraded(
    routed: Tenant, bad: Document, traffic: Traffic
) -> None:
    world, champion = routed.world, routed.world.champion()
    name = trained_anew(routed, "SHUFFLE_LABELS = False", "SHUFFLE_LABELS = True")["metadata"]["name"]

    def lost() -> tuple[Document | None, str]:
        status = world.model().get("status", {})
        found = next((one for one in status.get("quarantined", []) if one["name"] == name), None)
        return found, f"{status.get('challengers')}"

    found = wait_for("verdict", lost, seconds=480, narrator=world.narrator)
    assert found["reason"] == "TestLost", found["message"]
    assert world.champion() == champion
    status = world.model()["status"]
    assert name in quarantined(status)
    assert condition(status, "Ready") == "True"
    assert condition(status, "Stalled") is None
    wait_for("its pods go", lambda: _is_gone(routed, name), seconds=180, narrator=world.narrator)
    assert _versions(routed, "customer-2") == {champion}
    counts = traffic.counts().totals
    assert counts.failed == 0, counts.failures


def _versions(tenant: Tenant, caller: str) -> set[str]:
    """The versions that answer a caller who says which bucket it is in."""
    url = f"{address(tenant)}/v2/models/{tenant.model}"
    found = set()
    for _ in range(TIMES):
        request = urllib.request.Request(url, headers={HEADER: bucket(caller)})
        with urllib.request.urlopen(request, timeout=10) as answer:
            found |= set(json.load(answer)["versions"])
    return found


def _shares(tenant: Tenant, version: str) -> tuple[bool | None, str]:
    """Whether a challenger has its callers, as a Gateway has said."""
    status = tenant.world.model().get("status", {})
    if condition(status, "Ready") != "True":
        raise Failed(f"a test made the Model unready: {status.get('conditions')}")
    one: Document = next((it for it in status.get("challengers", []) if it["name"] == version), {})
    return ("comparedSince" in one) or None, f"{status.get('challengers')}"


def _is_gone(tenant: Tenant, version: str) -> tuple[bool | None, str]:
    status = tenant.world.model().get("status", {})
    gone = not status.get("challengers") and version not in tenant.kubectl("get", "httproutes", "-o", "json")
    return gone or None, f"{status.get('challengers')}"
