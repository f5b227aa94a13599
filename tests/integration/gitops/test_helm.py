"""Helm and the four kinds: what it waits for, and what an upgrade and an end of a release leave."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from e2e.cluster.control_plane import ControlPlane
from tests.support.examples import example, put
from tests.support.installation import CHART, SYSTEM, HelmError, OperatorProcess, eventually, helm, install
from tests.support.tenant import Tenant, asked_for, registered, tenant

pytestmark = pytest.mark.apiserver

Document = dict[str, Any]


def chart(folder: Path, *documents: Document) -> Path:
    """A team's chart that holds these objects."""
    templates = folder / "templates"
    templates.mkdir(parents=True, exist_ok=True)
    metadata = {"apiVersion": "v2", "name": "flights", "version": "1.0.0"}
    (folder / "Chart.yaml").write_text(yaml.safe_dump(metadata), encoding="utf-8")
    for document in documents:
        path = templates / f"{document['kind'].lower()}.yaml"
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return folder


def upgrade(tenant: Tenant, folder: Path, *options: str) -> None:
    """`helm upgrade --install` of a team's chart. Raises HelmError."""
    namespace = ("--namespace", tenant.kubectl.namespace)
    helm("upgrade", "--install", "flights", str(folder), *namespace, *options, kubeconfig=tenant.kubectl.kubeconfig)


def test_helm_waits_until_a_model_serves_and_fails_where_it_never_will(
    plane: ControlPlane, operator: OperatorProcess, tmp_path: Path
) -> None:
    team = tenant(plane, operator, "helm")
    model, training = asked_for()
    upgrade(team, chart(tmp_path, model, training))
    with pytest.raises(HelmError, match="late-flights"):
        upgrade(team, tmp_path, "--wait", "--timeout", "4s")
    registered(team)
    team.roll_out(team.one("deployments", "leeboard.dev/model=late-flights"))
    team.status("model", "late-flights", "champion")
    upgrade(team, tmp_path, "--wait", "--timeout", "60s")
    missing = put(model, "spec.promotion", {"policy": "Pinned", "version": "late-flights-missing"})
    with pytest.raises(HelmError, match="late-flights"):
        upgrade(team, chart(tmp_path, missing), "--wait", "--timeout", "10s")
    upgrade(team, chart(tmp_path, put(model, "spec.owners", ["somebody-else"])), "--wait", "--timeout", "60s")
    found = team.kubectl.get("model", "late-flights") or {}
    assert found["status"]["observedGeneration"] == found["metadata"]["generation"] == 3


def next_release(folder: Path) -> Path:
    """Our chart as a next release could be: Models have another optional field and another column."""
    shutil.copytree(CHART, folder)
    path = folder / "templates" / "crds" / "models.yaml"
    head, *body, foot = path.read_text(encoding="utf-8").splitlines(keepends=True)
    condition, *body = body
    definition = yaml.safe_load("".join(body))
    version = definition["spec"]["versions"][0]
    version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["motto"] = {
        "type": "string",
        "maxLength": 64,
    }
    version["additionalPrinterColumns"].append({"name": "Motto", "type": "string", "jsonPath": ".spec.motto"})
    path.write_text(head + condition + yaml.safe_dump(definition, sort_keys=False) + foot, encoding="utf-8")
    return folder


def test_an_upgrade_renews_the_definitions_and_the_end_of_a_release_leaves_them(tmp_path: Path) -> None:
    with ControlPlane() as plane:
        install(plane)
        plane.client().established("models.leeboard.dev")
        team = plane.client("default")
        team.apply(example("model"))
        before = team.get("model", "late-flights") or {}
        newer = put(example("model"), "spec.motto", "on time")
        with pytest.raises(Exception, match="motto"):
            team("apply", "--dry-run=server", "--validate=strict", "-f", "-", input=json.dumps(newer))
        release = ("upgrade", "leeboard", str(next_release(tmp_path / "next")), "--namespace", SYSTEM)
        helm(*release, kubeconfig=plane.kubeconfig)
        assert team.get("model", "late-flights") == before
        eventually(lambda: "MOTTO" in team("get", "models"), "the column")
        team.apply(newer)
        assert (team.get("model", "late-flights") or {})["spec"]["motto"] == "on time"
        helm("uninstall", "leeboard", "--namespace", SYSTEM, kubeconfig=plane.kubeconfig)
        assert (team.get("model", "late-flights") or {})["spec"]["motto"] == "on time"
        install(plane)
        assert "motto" not in json.dumps(team.get("crd", "models.leeboard.dev"))
        assert (team.get("model", "late-flights") or {})["metadata"]["uid"] == before["metadata"]["uid"]
