"""A challenger on the real node: copies of real requests, pairs, and the champion's place or none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from e2e.demo.traffic import Traffic
from e2e.scenarios.steps import first_version, restarts, server_pods, trained_anew, usual_traffic
from e2e.scenarios.tenant import Tenant
from e2e.support.kubectl import Document
from e2e.support.waiting import Failed, wait_for
from e2e.support.world import condition, quarantined
from leeboard.api.names import challenger_service

pytestmark = [pytest.mark.node, pytest.mark.rollouts]
ROLLOUT = {
    "strategy": "Shadow",
    "shadow": {"percent": 100, "maxRequestsPerSecond": 1000, "duration": "30s", "maxDisagreement": "0.25"},
    "analysis": {"minSamples": 300, "guards": [{"type": "ErrorRate", "margin": "0.05"}]},
}


@pytest.fixture(scope="module")
def first(tenant: Tenant) -> Document:
    """The first version, once it serves; no gate keeps a bad one from being compared."""
    return first_version(tenant, rollout=ROLLOUT, promotion={"policy": "Automatic"})


@pytest.fixture(scope="module")
def traffic(tenant: Tenant, first: Document, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traffic]:
    """Flights as those that were trained on."""
    with usual_traffic(tenant, tmp_path_factory.mktemp("traffic")) as sent:
        yield sent


def paired(tenant: Tenant, name: str) -> Document:
    """Wait until the status tells of pairs of a challenger; gives its row."""

    def look() -> tuple[Document | None, str]:
        status = tenant.world.model().get("status", {})
        if condition(status, "Ready") != "True":
            raise Failed(f"a comparison made the Model unready: {status.get('conditions')}")
        rows = status.get("evaluation", {}).get("challengers", [])
        row = next((one for one in rows if one["name"] == name and one["pairs"] > 0), None)
        return row, f"{status.get('challengers')}"

    return wait_for(f"pairs of {name}", look, seconds=240, narrator=tenant.world.narrator)


def test_a_challenger_is_compared_on_copies_and_becomes_champion(
    tenant: Tenant, first: Document, traffic: Traffic
) -> None:
    champion = first["metadata"]["name"]
    champions = restarts(tenant, champion)
    name = trained_anew(tenant, '"30"', '"40"')["metadata"]["name"]
    row = paired(tenant, name)
    assert row["failures"] <= row["copies"] // 20
    assert set(row["flips"]) == {"bothNegative", "toPositive", "toNegative", "bothPositive"}
    pods = {pod["metadata"]["uid"] for pod in server_pods(tenant, name)}
    assert restarts(tenant, champion) == champions, "a comparison changed the champion's pods"
    service = tenant.kubectl.get("service", tenant.model) or {}
    assert service["spec"]["selector"]["leeboard.dev/version"] == champion
    tenant.world.wait_champion(name, seconds=300)
    assert {pod["metadata"]["uid"] for pod in server_pods(tenant, name)} == pods, "promotion made new pods"
    assert tenant.kubectl.get("service", challenger_service(tenant.model, name)) is None
    counts = traffic.counts().totals
    assert counts.failed == 0, counts.failures
    assert counts.requests > 500


def test_a_challenger_that_disagrees_is_shut_out(tenant: Tenant, first: Document, traffic: Traffic) -> None:
    champion = tenant.world.champion()
    name = trained_anew(tenant, "SHUFFLE_LABELS = False", "SHUFFLE_LABELS = True")["metadata"]["name"]

    def shut_out() -> tuple[Document | None, str]:
        status = tenant.world.model().get("status", {})
        found = next((one for one in status.get("quarantined", []) if one["name"] == name), None)
        return found, f"{status.get('challengers')}"

    found = wait_for("verdict", shut_out, seconds=300, narrator=tenant.world.narrator)
    assert found["reason"] == "DisagreementTooHigh", found["message"]
    assert tenant.world.champion() == champion
    assert name in quarantined(tenant.world.model()["status"])
    counts = traffic.counts().totals
    assert counts.failed == 0, counts.failures
