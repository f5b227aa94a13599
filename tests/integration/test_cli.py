"""The leeboard command against a real API server: what it reads, and what it says where it may not or cannot."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from e2e.cluster.control_plane import ControlPlane, free_port
from e2e.support.kubectl import Kubectl
from tests.support.examples import Document
from tests.unit.cli import registry
from tests.unit.cli.registry import FIRST, SECOND, THIRD

pytestmark = pytest.mark.apiserver
ROOT = Path(__file__).resolve().parents[2]


class Leeboard:
    """The command as a process, with a kubeconfig of its own."""

    def __init__(self, kubeconfig: Path) -> None:
        self.kubeconfig = kubeconfig

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        inherited = {name: value for name, value in os.environ.items() if name not in ("KUBECONFIG", "PYTHONPATH")}
        return subprocess.run(
            [sys.executable, "-m", "leeboard.cli", *arguments],
            env={**inherited, "KUBECONFIG": str(self.kubeconfig), "PYTHONPATH": str(ROOT / "operator")},
            text=True,
            capture_output=True,
            check=False,
            timeout=60,
        )

    def shown(self, *arguments: str) -> str:
        """What it prints; it has to succeed without a word beside."""
        done = self(*arguments)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def refused(self, *arguments: str) -> str:
        """What it says where it cannot."""
        done = self(*arguments)
        assert (done.returncode, done.stdout) == (1, "")
        assert "Traceback" not in done.stderr
        return done.stderr


def changed_kubeconfig(plane: ControlPlane, folder: Path, **user_or_cluster: Document) -> Path:
    """The administrator's kubeconfig with fields of its users, clusters or contexts replaced."""
    config = yaml.safe_load(plane.kubeconfig.read_text(encoding="utf-8"))
    for part, fields in user_or_cluster.items():
        for entry in config[f"{part}s"]:
            entry[part] = fields if part == "user" else entry[part] | fields
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path


@pytest.fixture
def leeboard(control_plane: ControlPlane, kubectl: Kubectl, tmp_path: Path) -> Leeboard:
    """The command with the test's namespace in its context."""
    return Leeboard(changed_kubeconfig(control_plane, tmp_path, context={"namespace": kubectl.namespace}))


def bare(document: Document) -> Document:
    """The document as somebody writes it, without what the API server adds."""
    metadata = {"name": document["metadata"]["name"]}
    return {key: value for key, value in document.items() if key != "status"} | {"metadata": metadata}


def create(kubectl: Kubectl, *documents: Document) -> None:
    """Create objects and write their status, as the operator does."""
    kubectl("create", "-f", "-", input="\n---\n".join(json.dumps(bare(one)) for one in documents))
    statuses = [
        {
            "apiVersion": one["apiVersion"],
            "kind": one["kind"],
            "metadata": bare(one)["metadata"],
            "status": one["status"],
        }
        for one in documents
    ]
    text = "\n---\n".join(map(json.dumps, statuses))
    kubectl("apply", "--server-side", "--subresource=status", "-f", "-", input=text)


@pytest.fixture
def world(kubectl: Kubectl) -> None:
    """The registry of the unit tests, alive: uids are those that the API server gave."""
    create(kubectl, registry.training_job(), registry.monitor())
    text = json.dumps([registry.model(), *registry.versions().values()])
    for placeholder, kind in (("tj-uid", "trainingjobs"), ("dm-uid", "driftmonitors")):
        text = text.replace(placeholder, kubectl.all(kind)[0]["metadata"]["uid"])
    create(kubectl, *json.loads(text))


def test_get_shows_what_is_there(leeboard: Leeboard, world: None, kubectl: Kubectl) -> None:
    text = leeboard.shown("get")
    assert [line.split()[0] for line in text.splitlines() if line[:1].isupper()] == [
        "MODEL",
        "VERSION",
        "RUN",
        "MONITOR",
    ]
    assert f"late-flights  {THIRD}  late-flights-e77b20d154  Canary 1/2  33/33/31 %    ?/500  " in text
    assert "quarantined: ErrorRateTooHigh" in text
    assert "5a3e91c07d  late-flights  Drift      Succeeded  RunSucceeded" in text
    both = leeboard.shown("get", "models", "-A").splitlines()
    assert both[0].startswith("NAMESPACE") and any(line.startswith(f"{kubectl.namespace} ") for line in both)


def test_get_gives_the_objects_as_they_are(leeboard: Leeboard, world: None, kubectl: Kubectl) -> None:
    items = json.loads(leeboard.shown("get", "versions", "-o", "json"))["items"]
    assert items == kubectl.all("modelversions") and len(items) == 5
    runs = json.loads(leeboard.shown("get", "runs", "-o", "json", "-m", "late-flights"))["items"]
    assert {run["trainingJob"] for run in runs} == {"late-flights"} and len(runs) == 5


def test_lineage_follows_the_champion_back_to_the_first(leeboard: Leeboard, world: None) -> None:
    text = leeboard.shown("lineage", "late-flights")
    heads = [line.split()[1] for line in text.splitlines() if line.startswith(("●", "○"))]
    assert heads == [THIRD, SECOND, FIRST]
    assert "episode 9f8e7d6c5b4a, 2026-03-02 07:50 UTC, lasted 3h" in text
    assert "TrainingJob late-flights, 2026-03-02 08:40 UTC, took 4m12s" in text
    assert text.endswith("╰─ the first version: no champion was there before it\n")
    assert max(map(len, text.splitlines())) <= 100 and "\x1b" not in text


def test_lineage_of_a_run_and_as_json(leeboard: Leeboard, world: None, kubectl: Kubectl) -> None:
    written = json.loads(leeboard.shown("lineage", "late-flights/b8d2905e4c", "-o", "json"))
    assert [one["name"] for one in written["versions"]] == [SECOND, FIRST]
    recorded = kubectl.get("modelversion", SECOND)
    assert recorded is not None and written["versions"][0]["spec"] == recorded["spec"]
    assert written["champion"] == THIRD


def test_lineage_says_that_a_parent_and_a_monitor_are_gone(leeboard: Leeboard, world: None, kubectl: Kubectl) -> None:
    kubectl("delete", "modelversion", FIRST)
    kubectl("delete", "driftmonitor", "late-flights")
    text = leeboard.shown("lineage", "late-flights")
    assert f"◌  {FIRST}   not in the registry any more\n" in text
    assert "found by DriftMonitor late-flights (deleted since)\n" in text


def test_nothing_is_no_error(leeboard: Leeboard, kubectl: Kubectl) -> None:
    done = leeboard("get", "models")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"no models in namespace {kubectl.namespace}\n"


def test_no_such_model_says_which_there_are(leeboard: Leeboard, world: None) -> None:
    said = leeboard.refused("lineage", "late-trains")
    assert "there is no Model late-trains in namespace test-" in said
    assert "  did you mean late-flights?\n" in said
    assert f"{THIRD} is a version: leeboard lineage late-flights/{THIRD}" in leeboard.refused("lineage", THIRD)


def test_who_may_not_is_told_what(leeboard: Leeboard, control_plane: ControlPlane, kubectl: Kubectl) -> None:
    account = f"system:serviceaccount:{kubectl.namespace}:nobody"
    kubectl("create", "serviceaccount", "nobody")
    token = kubectl("create", "token", "nobody").strip()
    leeboard.kubeconfig = changed_kubeconfig(
        control_plane, leeboard.kubeconfig.parent, context={"namespace": kubectl.namespace}, user={"token": token}
    )
    said = leeboard.refused("get", "models")
    assert said.startswith(f"leeboard: you may not list models.leeboard.dev in namespace {kubectl.namespace}\n")
    assert f'User "{account}" cannot list resource "models" in API group "leeboard.dev"' in said
    everywhere = leeboard.refused("get", "runs", "-A")
    assert everywhere.startswith("leeboard: you may not list trainingjobs.leeboard.dev in any namespace\n")


def test_a_token_that_nobody_knows(leeboard: Leeboard, control_plane: ControlPlane, kubectl: Kubectl) -> None:
    leeboard.kubeconfig = changed_kubeconfig(control_plane, leeboard.kubeconfig.parent, user={"token": "made-up"})
    assert "does not know who you are" in leeboard.refused("get", "models")


def test_a_server_that_does_not_answer(leeboard: Leeboard, control_plane: ControlPlane) -> None:
    server = f"https://127.0.0.1:{free_port()}"
    leeboard.kubeconfig = changed_kubeconfig(control_plane, leeboard.kubeconfig.parent, cluster={"server": server})
    said = leeboard.refused("lineage", "late-flights")
    assert said.startswith(f"leeboard: the API server at {server} does not answer\n")


def test_a_cluster_without_leeboard(tmp_path: Path) -> None:
    with ControlPlane() as empty:
        said = Leeboard(empty.kubeconfig).refused("get", "models")
    assert "does not serve models.leeboard.dev in version v1alpha1\n" in said
    assert "Leeboard is not installed there" in said
