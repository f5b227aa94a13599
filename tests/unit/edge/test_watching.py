"""kopf is given nothing that would make it write, and the server filters the children."""

from __future__ import annotations

from pathlib import Path

import kopf
import pytest

from leeboard.edge import watching
from leeboard.kube.resources import CHILDREN, PRIMARIES


def test_nothing_is_posted_scanned_for_or_coordinated() -> None:
    settings = watching.settings()
    assert not settings.posting.enabled
    assert settings.scanning.disabled
    assert settings.peering.standalone


def test_kopf_compares_nothing_and_may_write_nothing() -> None:
    persistence = watching.settings().persistence
    body = kopf.Body({"metadata": {"name": "m", "annotations": {"a": "b"}}, "spec": {"c": "d"}})
    assert persistence.diffbase_storage.build(body=body, extra_fields=None) == {}
    assert persistence.diffbase_storage.fetch(body=body) is None
    assert persistence.progress_storage.clear(essence={}) == {}
    for write in (persistence.diffbase_storage.store, persistence.progress_storage.store):
        with pytest.raises(RuntimeError, match="handles nothing"):
            write(body=body)


def test_only_children_of_ours_are_sent() -> None:
    selectors = watching.settings().watching.label_selectors
    assert len(selectors) == len(CHILDREN)
    assert set(selectors.values()) == {"app.kubernetes.io/managed-by=leeboard"}
    plurals = {selector.any_name or selector.plural for selector in selectors}
    assert plurals == {resource.plural for resource in CHILDREN}
    assert not plurals & {resource.plural for resource in PRIMARIES}


@pytest.mark.parametrize(
    ("host", "server"), [("10.96.0.1", "https://10.96.0.1:443"), ("fd00::1", "https://[fd00::1]:443")]
)
def test_in_a_pod_the_service_account_is_used_without_dns(
    host: str, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("secret\n", encoding="ascii")
    monkeypatch.setattr(watching, "SERVICE_ACCOUNT", tmp_path)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", host)
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    connection = watching.login(settings=kopf.OperatorSettings())
    assert connection is not None
    assert (connection.server, connection.token) == (server, "secret")
    assert connection.ca_path == str(tmp_path / "ca.crt")


def test_a_rotated_token_is_read_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "SERVICE_ACCOUNT", tmp_path)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    tokens = []
    for token in ("first", "second"):
        (tmp_path / "token").write_text(token, encoding="ascii")
        connection = watching.login(settings=kopf.OperatorSettings())
        assert connection is not None
        tokens.append(connection.token)
    assert tokens == ["first", "second"]
