"""The example repositories for Argo CD and Flux, against those tools' own definitions."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from e2e.cluster.control_plane import ControlPlane
from e2e.cluster.modules import module
from e2e.support.kubectl import Kubectl, KubectlError
from tests.support import engines
from tests.support.argocd import ANNOTATIONS, APPROVER
from tests.support.examples import example
from tests.support.installation import OperatorProcess, eventually
from tests.support.markdown import blocks
from tests.support.states.every import KINDS
from tests.support.tenant import tenant

pytestmark = pytest.mark.apiserver

Document = dict[str, Any]
ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "examples" / "gitops"
FILES = sorted([*(EXAMPLES / "argocd").glob("*.yaml"), *(EXAMPLES / "flux").glob("*.yaml")])
DEFINITIONS = (
    ("github.com/argoproj/argo-cd/v3", "v3.1.0", "manifests/crds/appli*.yaml"),
    ("github.com/argoproj/argo-cd/v3", "v3.1.0", "manifests/crds/appproject-crd.yaml"),
    ("github.com/fluxcd/kustomize-controller", "v1.9.0", "config/crd/bases/*.yaml"),
    ("github.com/fluxcd/source-controller", "v1.7.0", "config/crd/bases/*gitrepositories.yaml"),
    ("github.com/fluxcd/helm-controller", "v1.4.0", "config/crd/bases/*.yaml"),
)
ENVIRONMENTS = ("staging", "production")


def read(path: Path) -> list[Document]:
    return [one for one in yaml.safe_load_all(path.read_text(encoding="utf-8")) if one]


def documents() -> Iterator[tuple[str, Document]]:
    for path in FILES:
        for document in read(path):
            yield f"{path.parent.name}/{path.stem}", document


DOCUMENTS = list(documents())


@pytest.fixture(scope="module")
def tools(plane: ControlPlane) -> Kubectl:
    """The kinds of Argo CD and Flux are served, and the environments' namespaces are there."""
    files = [path for name, version, glob in DEFINITIONS for path in sorted(module(name, version).glob(glob))]
    assert len(files) == 6
    for path in files:
        plane.kubectl("apply", "--server-side", "-f", str(path))
    plane.client().established()
    for environment in ENVIRONMENTS:
        plane.kubectl("create", "namespace", f"flights-{environment}")
    plane.kubectl("create", "namespace", "argocd")
    plane.kubectl("create", "namespace", "flux-system")
    return plane.client("")


def accept(kubectl: Kubectl, document: Document) -> None:
    kubectl("create", "--dry-run=server", "--validate=strict", "-f", "-", input=json.dumps(document))


@pytest.mark.parametrize(("place", "document"), DOCUMENTS, ids=[f"{place}-{one['kind']}" for place, one in DOCUMENTS])
def test_the_tools_accept_the_examples(tools: Kubectl, place: str, document: Document) -> None:
    accept(tools, document)
    with pytest.raises(KubectlError, match="unknown field"):
        accept(tools, document | {"misspelt": True})


def built(kubectl: Kubectl, folder: Path) -> list[Document]:
    return list(yaml.safe_load_all(kubectl("kustomize", str(folder))))


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_environment_is_accepted(tools: Kubectl, environment: str) -> None:
    found = built(tools, EXAMPLES / "team" / environment)
    assert {one["kind"] for one in found} == {"Model", "TrainingJob", "DriftMonitor"}
    for document in found:
        assert document["metadata"]["namespace"] == f"flights-{environment}"
        accept(tools, document)


def test_a_promotion_is_one_line(tools: Kubectl, tmp_path: Path) -> None:
    team = shutil.copytree(EXAMPLES / "team", tmp_path / "team")
    before = built(tools, team / "production")
    promotion = team / "production" / "promotion.yaml"
    text = promotion.read_text(encoding="utf-8")
    (version,) = [one["spec"]["promotion"]["version"] for one in before if one["kind"] == "Model"]
    assert text.count(version) == 1
    promotion.write_text(text.replace(version, "late-flights-next"), encoding="utf-8")
    after = built(tools, team / "production")
    (promoted,) = [one for one in after if one["kind"] == "Model"]
    assert promoted["spec"]["promotion"]["version"] == "late-flights-next"
    promoted["spec"]["promotion"]["version"] = version
    assert before == after


def test_what_the_examples_name_is_there() -> None:
    by_kind: dict[str, list[Document]] = {}
    for _, document in DOCUMENTS:
        by_kind.setdefault(document["kind"], []).append(document)
    for application in by_kind["Application"]:
        assert (ROOT / application["spec"]["source"]["path"]).is_dir()
    (generated,) = by_kind["ApplicationSet"]
    (generator,) = generated["spec"]["generators"]
    assert tuple(one["environment"] for one in generator["list"]["elements"]) == ENVIRONMENTS
    paths = [one["spec"]["path"] for one in by_kind["Kustomization"]]
    assert paths == ["./leeboard", *(f"./{environment}" for environment in ENVIRONMENTS)]
    assert (ROOT / by_kind["HelmRelease"][0]["spec"]["chart"]["spec"]["chart"] / "Chart.yaml").is_file()
    waves = [one["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"] for one in by_kind["Application"]]
    assert waves == ["-2", "-1"]


def test_the_project_grants_actions_that_there_are() -> None:
    (project,) = read(EXAMPLES / "argocd" / "project.yaml")
    granted = [line.split(", ")[3] for role in project["spec"]["roles"] for line in role["policies"]]
    actions = [one.split("/") for one in granted if one.startswith("action/")]
    assert len(actions) == 3
    for _, group, kind, action in actions:
        assert group == "leeboard.dev"
        assert action == "*" or action in ANNOTATIONS[kind]


def test_argo_cd_may_approve_in_its_own_name_once_it_is_bound(
    tools: Kubectl, plane: ControlPlane, operator: OperatorProcess
) -> None:
    ml = tenant(plane, operator, "approved-by-argo")
    model = example("model")
    model["metadata"]["name"] = "full"
    (version,) = read(ROOT / "tests" / "support" / "full" / "model-version.yaml")
    ml.kubectl.apply(model, version)
    eventually(lambda: phase(ml.kubectl) == "AwaitingApproval", "the version waits", operator.log)
    # Argo CD's server may patch whatever it shows
    rights = ("--verb=get,patch", "--resource=*.*")
    tools("create", "clusterrole", "argocd-server", *rights)
    subject = "--serviceaccount=argocd:argocd-server"
    tools("create", "clusterrolebinding", "argocd-server", "--clusterrole=argocd-server", subject)
    patch = json.dumps({"metadata": {"annotations": {"leeboard.dev/approved-by": APPROVER}}})
    approve = ("patch", "modelversion", "full-v1", "--type=merge", f"--as={APPROVER}", "-p", patch)
    with pytest.raises(KubectlError, match="needs the verb approve"):
        ml.kubectl(*approve)
    tools("create", "-f", str(EXAMPLES / "argocd" / "approver.yaml"))
    eventually(lambda: approved(ml.kubectl, approve), "the binding holds")
    eventually(lambda: phase(ml.kubectl) == "Accepted", "the version is accepted", operator.log)
    assert (ml.kubectl.get("modelversion", "full-v1") or {})["status"]["approvedBy"] == APPROVER


def phase(kubectl: Kubectl) -> str:
    return str((kubectl.get("modelversion", "full-v1") or {}).get("status", {}).get("phase"))


def approved(kubectl: Kubectl, approve: tuple[str, ...]) -> bool:
    try:
        return "patched" in kubectl(*approve)
    except KubectlError:
        return False  # the authorizer has not seen the binding yet


def of_flux() -> list[tuple[str, Document]]:
    """Every expression of the examples and of the page: where it stands, and what it says."""
    found = [
        (f"flux/{path.stem}", one)
        for path in FILES
        for document in read(path)
        for one in document.get("spec", {}).get("healthCheckExprs", ())
    ]
    page = (ROOT / "docs" / "how-to" / "gitops-flux.md").read_text(encoding="utf-8")
    for block in blocks(page):
        parsed = yaml.safe_load(block.text) if block.language == "yaml" else None
        found += [("the page", one) for one in (parsed or {}).get("healthCheckExprs", ())]
    return found


OTHERWISE = {
    "TrainingJob": {"training-again": "Current", "training-what-was-found": "Current"},
    "DriftMonitor": {"drift-found": "Failed", "drift-found-and-figures-old": "Failed"},
}
"""Where an expression says something else than kstatus."""


def test_expressions_for_flux_say_what_the_page_says() -> None:
    expressions = of_flux()
    assert sorted({one["kind"] for _, one in expressions}) == ["DriftMonitor", "TrainingJob"]
    assert len(expressions) == 4
    for place, one in expressions:
        states = [state for state in KINDS[one["kind"]] if state.kstatus != "Terminating"]
        found = engines.flux(one, (state.document for state in states))
        wanted = [OTHERWISE[one["kind"]].get(state.name, state.kstatus) for state in states]
        assert dict(zip((state.name for state in states), found, strict=True)) == dict(
            zip((state.name for state in states), wanted, strict=True)
        ), place
