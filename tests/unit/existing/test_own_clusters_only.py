"""No test reaches a cluster that the run has not started."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from e2e.support.kubectl import Kubectl
from e2e.support.own_cluster import NotOurs, insist

ROOT = Path(__file__).resolve().parents[3]


def kubeconfig(folder: Path, server: str, *contexts: str) -> Path:
    path = folder / "kubeconfig"
    document = {
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "contexts": [{"name": name, "context": {"cluster": "c"}} for name in contexts],
    }
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


@pytest.mark.parametrize("server", ["https://127.0.0.1:41234", "https://10.200.3.2:6443"])
def test_our_own_are_accepted(tmp_path: Path, server: str) -> None:
    insist(kubeconfig(tmp_path, server, "leeboard"))


@pytest.mark.parametrize(
    ("server", "contexts"),
    [
        ("https://k8s.example:6443", ("leeboard",)),
        ("https://10.0.0.1:6443", ("leeboard",)),
        ("https://127.0.0.1.example:6443", ("leeboard",)),
        ("https://127.0.0.1:6443", ("production",)),
        ("https://127.0.0.1:6443", ("leeboard", "production")),
        ("https://127.0.0.1:6443", ()),
    ],
)
def test_others_are_refused_before_kubectl_is_started(tmp_path: Path, server: str, contexts: tuple[str, ...]) -> None:
    kubectl = Kubectl(tmp_path / "no-such-program", kubeconfig(tmp_path, server, *contexts))
    with pytest.raises(NotOurs, match="no cluster but their own"):
        kubectl("delete", "namespace", "production")


def test_a_context_in_the_environment_ends_the_run(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "tests/unit/test_package.py"]
    environment = os.environ | {"CONTEXT": "production"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 4
    assert "CONTEXT is for make demo" in done.stdout + done.stderr


def test_nothing_finds_the_users_own_kubeconfig() -> None:
    assert os.environ["KUBECONFIG"] == os.devnull
