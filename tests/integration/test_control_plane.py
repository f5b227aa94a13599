"""The control plane by itself: ready, strict about permissions, and gone afterwards."""

from pathlib import Path

import pytest

from e2e.cluster import processes
from e2e.cluster.control_plane import ControlPlane
from e2e.support.kubectl import KubectlError


def test_serves_the_pinned_version(control_plane: ControlPlane) -> None:
    assert control_plane.kubectl("get", "--raw", "/readyz") == "ok"
    assert f"Server Version: {control_plane.version}" in control_plane.kubectl("version")


def test_a_service_account_may_do_nothing_unasked(control_plane: ControlPlane, namespace: str) -> None:
    user = f"--as=system:serviceaccount:{namespace}:default"
    with pytest.raises(KubectlError, match=r"cannot list resource \"secrets\""):
        control_plane.kubectl("get", "secrets", "-n", namespace, user)


def test_two_run_side_by_side_and_leave_nothing(control_plane: ControlPlane, namespace: str) -> None:
    with ControlPlane() as other:
        assert other.kubeconfig.parent != control_plane.kubeconfig.parent
        assert namespace not in other.kubectl("get", "namespaces", "-o", "name")
        folder = other.kubeconfig.parent
        pids = [processes.running(folder, name) for name in ("etcd", "kube-apiserver")]
        assert None not in pids
    assert not folder.exists()
    assert not [pid for pid in pids if pid is not None and processes.alive(pid)]
    assert control_plane.kubectl("get", "--raw", "/readyz") == "ok"


def test_a_failed_start_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    started = []
    start = processes.start

    def fail_at_the_api_server(name: str, *args: object, **more: object) -> object:
        if name == "kube-apiserver":
            raise processes.NotStarted(name)
        started.append(start(name, *args, **more))
        return started[-1]

    monkeypatch.setattr(processes, "start", fail_at_the_api_server)
    with pytest.raises(processes.NotStarted), ControlPlane():
        pass
    assert [process.poll() is not None for process in started] == [True]
    assert list(tmp_path.iterdir()) == []
