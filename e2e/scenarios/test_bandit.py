"""A bandit on the real node: shares of Envoy follow labels that come later, until the better version is promoted."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest

from e2e.cluster.lifecycle import Cluster
from e2e.demo.traffic import Traffic
from e2e.scenarios.sharing import labelled_flights, learnt_nothing, routed_tenant
from e2e.scenarios.steps import server_pods, trained_anew
from e2e.scenarios.tenant import Tenant
from e2e.support.kubectl import Document
from e2e.support.waiting import Failed, wait_for
from e2e.support.world import condition, quarantined

pytestmark = [pytest.mark.node, pytest.mark.rollouts]
FLOOR, STEP = 20, 10
ROLLOUT = {
    "strategy": "Bandit",
    "bandit": {
        "reward": {"type": "Performance", "metric": "accuracy"},
        "floor": FLOOR,
        "interval": "20s",
        "duration": "30s",
    },
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


def test_shares_follow_the_labels_and_the_better_version_is_promoted(
    routed: Tenant, bad: Document, traffic: Traffic
) -> None:
    world, champion = routed.world, bad["metadata"]["name"]
    name = trained_anew(routed, '"30"', '"40"')["metadata"]["name"]
    most = wait_for("most requests", lambda: _has(routed, name, 100 - FLOOR), seconds=900, narrator=world.narrator)
    assert most == {champion: FLOOR, name: 100 - FLOOR}
    shares = world.model()["status"]["shares"]
    assert shares[0]["percent"] == {champion: 100 - FLOOR, name: FLOOR}
    for before, after in pairwise(shares):
        assert sum(after["percent"].values()) == 100
        assert abs(after["percent"][name] - before["percent"][name]) <= STEP
        assert after["stretches"] > before.get("stretches", 0)
    worth = {row["name"]: float(row["worth"]["value"]) for row in _arms(routed)["versions"]}
    assert worth[name] > worth[champion]
    pods = {pod["metadata"]["uid"] for pod in server_pods(routed, name)}
    world.wait_champion(name, seconds=600)
    assert pods & {pod["metadata"]["uid"] for pod in server_pods(routed, name)}, "promotion made new pods"
    assert world.model()["status"]["shares"][-1]["percent"] == {name: 100}
    counts = traffic.counts().totals
    assert counts.failed == 0, counts.failures
    assert counts.requests > 500


def test_a_version_that_is_worse_keeps_the_least_share_and_loses(
    routed: Tenant, bad: Document, traffic: Traffic
) -> None:
    world, champion = routed.world, routed.world.champion()
    name = trained_anew(routed, "SHUFFLE_LABELS = False", "SHUFFLE_LABELS = True")["metadata"]["name"]

    def lost() -> tuple[Document | None, str]:
        status = world.model().get("status", {})
        found = next((one for one in status.get("quarantined", []) if one["name"] == name), None)
        return found, f"{status.get('challengers')}"

    found = wait_for("verdict", lost, seconds=900, narrator=world.narrator)
    assert found["reason"] == "TestLost", found["message"]
    assert world.champion() == champion
    status = world.model()["status"]
    assert name in quarantined(status)
    assert condition(status, "Ready") == "True"
    assert all(one["percent"].get(name, 0) <= FLOOR for one in status["shares"])
    counts = traffic.counts().totals
    assert counts.failed == 0, counts.failures


def _has(tenant: Tenant, version: str, percent: int) -> tuple[Document | None, str]:
    """The shares, once a version has so much of the requests."""
    status = tenant.world.model().get("status", {})
    if condition(status, "Ready") != "True":
        raise Failed(f"a bandit made the Model unready: {status.get('conditions')}")
    shares = status.get("shares") or [{"percent": {}}]
    newest: Document = shares[-1]["percent"]
    return newest if newest.get(version) == percent else None, f"{newest}: {status.get('challengers')}"


def _arms(tenant: Tenant) -> Document:
    found: Document = tenant.world.model()["status"]["evaluation"]["arms"]
    return found
