"""Restoring as the people who may, beside a real operator: quarantines stay, approvals are given anew or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from e2e.cluster.control_plane import ControlPlane
from tests.integration.test_cli_commands import stored, wait_for
from tests.support.command_line import Leeboard
from tests.support.examples import example, put
from tests.support.installation import OperatorProcess, eventually, install, service_account_kubeconfig
from tests.support.s3_server import KEYS, S3Server, s3_server
from tests.support.tenant import Tenant, tenant
from tests.unit.cli import registry

pytestmark = pytest.mark.apiserver
FIRST, SECOND = registry.FIRST, registry.SECOND
ROLES = {"registrar": ("leeboard-registrar",), "restorer": ("leeboard-registrar", "leeboard-approver")}


@pytest.fixture(scope="module")
def plane(kubernetes: str) -> Iterator[ControlPlane]:
    with ControlPlane(kubernetes) as running:
        install(running)
        yield running


@pytest.fixture(scope="module")
def operator(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OperatorProcess]:
    with OperatorProcess(plane, tmp_path_factory.mktemp("operator")) as running:
        yield running


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as running:
        stored(running, FIRST, registry.ago(days=41))
        stored(running, SECOND, registry.ago(days=12))
        yield running


def place_with_a_model(plane: ControlPlane, operator: OperatorProcess, namespace: str) -> Tenant:
    """A namespace with a Model that asks for approvals, and the people who restore."""
    place = tenant(plane, operator, namespace)
    place.kubectl.apply(put(example("model"), "spec.promotion", {"policy": "Approval", "gates": []}))
    for person, roles in ROLES.items():
        place.kubectl("create", "serviceaccount", person)
        for role in roles:
            account = f"--serviceaccount={namespace}:{person}"
            place.kubectl("create", "rolebinding", f"{person}-{role}", f"--clusterrole={role}", account)
    return place


def as_person(plane: ControlPlane, s3: S3Server, namespace: str, person: str, folder: Path) -> Leeboard:
    kubeconfig = service_account_kubeconfig(plane, person, folder, namespace=namespace)
    return Leeboard(kubeconfig, namespace, **KEYS, LEEBOARD_STORAGE_ENDPOINT=s3.endpoint)


def version(place: Tenant, name: str, *, judged: bool = True) -> dict[str, Any]:
    """The status of a version, once its controller has looked at it."""

    def found() -> Any:
        status = (place.kubectl.get("modelversion", name) or {}).get("status", {})
        return status if status.get("phase") or not judged else None

    status: dict[str, Any] = eventually(found, f"the operator's look at {name}", place.operator.log)
    return status


def shut_out(status: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["reason"] for one in status.get("quarantined", [])}


@pytest.fixture(scope="module")
def bundle(
    plane: ControlPlane, operator: OperatorProcess, s3: S3Server, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """FIRST was approved and serves, SECOND was approved and aborted in its canary: all of it after a restore from
    storage alone, which let nothing serve before somebody had said so."""
    folder = tmp_path_factory.mktemp("before")
    place = place_with_a_model(plane, operator, "before")
    registrar = as_person(plane, s3, "before", "registrar", folder)
    told = registrar.document("restore", "s3://models/ml/")["versions"]
    assert {one["past"]["rolledBack"]["reason"] for one in told} == {"PastUnknown"}
    wait_for(place, "both are held back", lambda status: set(shut_out(status)) == {FIRST, SECOND})
    assert {version(place, name)["phase"] for name in (FIRST, SECOND)} == {"AwaitingApproval"}
    leeboard = Leeboard(plane.kubeconfig, "before")
    leeboard.done("approve", f"late-flights/{FIRST}")
    assert place.kubectl.all("deployments") == []
    leeboard.done("retry", "rollout", f"late-flights/{FIRST}")
    wait_for(place, "FIRST serves", lambda status: status.get("champion", {}).get("name") == FIRST)
    leeboard.done("approve", f"late-flights/{SECOND}")
    leeboard.done("retry", "rollout", f"late-flights/{SECOND}")
    wait_for(place, "the canary", lambda status: status.get("candidate", {}).get("phase") == "Canary")
    leeboard.done("abort", "late-flights")
    wait_for(place, "SECOND is shut out", lambda status: shut_out(status) == {SECOND: "Aborted"})
    target = folder / "bundle.tar.gz"
    leeboard.done("export", "late-flights", "--to", str(target))
    return target


def test_without_the_right_to_approve_nothing_is_restored_as_approved(
    plane: ControlPlane, operator: OperatorProcess, s3: S3Server, bundle: Path, tmp_path: Path
) -> None:
    place = place_with_a_model(plane, operator, "unapproved")
    registrar = as_person(plane, s3, "unapproved", "registrar", tmp_path)
    assert "needs the verb approve" in registrar.refused("restore", str(bundle), "--approve")
    assert place.kubectl.all("modelversions") == []

    told = {one["name"]: one for one in registrar.document("restore", str(bundle))["versions"]}
    whoami = place.kubectl("auth", "whoami", "-o", "jsonpath={.status.userInfo.username}")
    assert [one["by"] for one in told[FIRST]["past"]["approvals"]] == [whoami]
    assert told[SECOND]["past"]["rolledBack"]["reason"] == "Aborted"
    wait_for(place, "SECOND is shut out", lambda status: shut_out(status) == {SECOND: "Aborted"})
    status = version(place, FIRST)
    assert (status["phase"], status["approvedBy"]) == ("AwaitingApproval", "")
    assert [(one["by"], bool(one["at"])) for one in status["restored"]["approvals"]] == [(whoami, True)]
    assert version(place, SECOND)["rolledBack"]["reason"] == "Aborted"
    assert place.kubectl.all("deployments") == []
    leeboard = Leeboard(plane.kubeconfig, "unapproved")
    (drawn,) = leeboard.document("lineage", f"late-flights/{FIRST}")["versions"]
    assert drawn["restored"]["approvals"][0]["by"] == whoami and drawn["approvedBy"] == ""
    assert f"was approved by {whoami}" in leeboard.done("lineage", f"late-flights/{FIRST}")
    timeline = leeboard.document("why", "version", SECOND)["timeline"]
    assert [one["reason"] for one in timeline if one["step"] == "end"] == ["Aborted"]
    assert "before it was restored" in " ".join(one["title"] for one in timeline)


def test_who_may_approve_restores_approvals_by_the_own_name_and_quarantines_stay(
    plane: ControlPlane, operator: OperatorProcess, s3: S3Server, bundle: Path, tmp_path: Path
) -> None:
    place = place_with_a_model(plane, operator, "approved")
    as_person(plane, s3, "approved", "restorer", tmp_path).done("restore", str(bundle), "--approve")
    wait_for(place, "FIRST serves", lambda status: status.get("champion", {}).get("name") == FIRST)
    status = version(place, FIRST)
    assert status["approvedBy"] == "system:serviceaccount:approved:restorer"
    assert status["championSince"] >= status["restored"]["championSince"]
    assert version(place, SECOND)["approvedBy"] == ""
    assert {live["metadata"]["labels"]["leeboard.dev/version"] for live in place.kubectl.all("deployments")} == {FIRST}
    leeboard = Leeboard(plane.kubeconfig, "approved")
    assert "would not be rolled out" in leeboard.refused("retry", "rollout", f"late-flights/{SECOND}")
    again = tmp_path / "again"
    leeboard.done("export", f"late-flights/{FIRST}", "--to", str(again))
    there = place_with_a_model(plane, operator, "once-more")
    as_person(plane, s3, "once-more", "registrar", tmp_path).done("restore", str(again))
    approvals = version(there, FIRST)["restored"]["approvals"]
    assert [one["by"] for one in approvals][1:] == ["system:serviceaccount:approved:restorer"]
    assert len(approvals) == 2
