"""Where the cluster is found, and what is said when it is not."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from leeboard.cli.errors import CommandError, refusal
from leeboard.cli.kubeconfig import Target, load_target
from leeboard.kube.errors import Unreachable, error_of
from leeboard.kube.resources import MODEL, MODEL_VERSION


def kubeconfig(path: Path, **contexts: str) -> Path:
    """A kubeconfig with a context of each name, its namespace, and the first of them current."""
    document: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": f"https://{name}.example:6443"}} for name in contexts],
        "users": [{"name": "me", "user": {"token": "t"}}],
        "contexts": [
            {"name": name, "context": {"cluster": name, "user": "me", **({"namespace": place} if place else {})}}
            for name, place in contexts.items()
        ],
    }
    if contexts:
        document["current-context"] = next(iter(contexts))
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


async def target(path: Path | None, context: str | None = None, namespace: str | None = None, **more: str) -> Target:
    return await load_target(None if path is None else str(path), context, namespace, more)


async def refused(path: Path | None, **more: Any) -> tuple[str, str]:
    with pytest.raises(CommandError) as error:
        await target(path, **more)
    return error.value.message, error.value.hint


async def test_the_namespace_is_the_option_or_the_contexts_or_default(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "config", production="ml", staging="")
    assert (await target(path)).namespace == "ml"
    assert (await target(path, context="staging")).namespace == "default"
    assert (await target(path, namespace="other")).namespace == "other"


async def test_the_context_decides_the_server(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "config", production="ml", staging="")
    assert (await target(path)).server == "https://production.example:6443"
    assert (await target(path, context="staging")).server == "https://staging.example:6443"


async def test_several_files_are_read_as_one(tmp_path: Path) -> None:
    first = kubeconfig(tmp_path / "first", production="ml")
    second = kubeconfig(tmp_path / "second", staging="two")
    merged = os.pathsep.join(map(str, (first, tmp_path / "missing", second)))
    found = await load_target(None, "production", None, {"KUBECONFIG": merged})
    assert (found.server, found.namespace) == ("https://production.example:6443", "ml")
    assert (await load_target(str(second), None, None, {"KUBECONFIG": str(first)})).namespace == "two"


async def test_the_first_of_several_files_names_the_current_context(tmp_path: Path) -> None:
    first = kubeconfig(tmp_path / "first", production="ml")
    second = kubeconfig(tmp_path / "second", staging="two")
    found = await load_target(None, None, None, {"KUBECONFIG": f"{first}{os.pathsep}{second}"})
    assert (found.server, found.namespace) == ("https://production.example:6443", "ml")


async def test_no_kubeconfig(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    message = f"no cluster: there is no kubeconfig at {missing}"
    assert await refused(missing) == (message, "name one by --kubeconfig or in KUBECONFIG")
    assert (await refused(None, KUBECONFIG=str(missing)))[0] == message


async def test_no_such_context_says_which_there_are(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "config", production="ml", staging="")
    assert await refused(path, context="test") == (
        f"no cluster: {path} has no context test",
        "it has production, staging",
    )


async def test_no_current_context(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "config")
    assert await refused(path) == (
        f"no cluster: {path} has no current context",
        "name one by --context: it has no contexts",
    )


@pytest.mark.parametrize("text", ["", "- a list", "{", "contexts: [1]", "contexts: [{context: {}}]"])
async def test_what_is_no_kubeconfig(text: str, tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(text, encoding="utf-8")
    assert (await refused(path))[0] == f"no cluster: {path} is not a kubeconfig"


async def test_a_context_whose_user_or_certificate_is_missing(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "config", production="ml")
    whole = yaml.safe_load(path.read_text(encoding="utf-8"))
    for broken in (
        {**whole, "clusters": []},
        {**whole, "users": [{"name": "me", "user": {"client-certificate": "gone.pem", "client-key": "gone.pem"}}]},
    ):
        path.write_text(yaml.safe_dump(broken), encoding="utf-8")
        message, hint = await refused(path)
        assert message == f"context production of {path} cannot be used" and hint


SERVER = "https://production.example:6443"
ANSWER = json.dumps(
    {
        "kind": "Status",
        "reason": "Forbidden",
        "message": 'models.leeboard.dev is forbidden: User "ada" cannot list resource "models"',
    }
).encode()


def test_a_refusal_says_which_verb_on_which_resource() -> None:
    error = refusal(error_of("GET", "/apis/x", 403, ANSWER), "list", MODEL, "ml", SERVER)
    assert error.message == "you may not list models.leeboard.dev in namespace ml"
    needed = "needed is the verb list on models.leeboard.dev, which the chart's ClusterRole leeboard-view"
    assert error.hint.startswith(needed)
    assert 'the API server says: models.leeboard.dev is forbidden: User "ada" cannot list' in error.hint
    writing = refusal(error_of("PATCH", "/apis/x", 403, ANSWER), "patch", MODEL, "ml", SERVER)
    assert "the verb patch on models.leeboard.dev, which the chart's ClusterRole leeboard-edit has" in writing.hint
    everywhere = refusal(error_of("GET", "/apis/x", 403, ANSWER), "list", MODEL, None, SERVER)
    assert everywhere.message == "you may not list models.leeboard.dev in any namespace"


def test_a_policy_is_told_from_a_missing_right() -> None:
    said = "ann may not approve versions: it needs the verb approve on modelversions.leeboard.dev"
    policy = "ValidatingAdmissionPolicy 'leeboard-approval' with binding 'leeboard-approval' denied request"
    message = f'modelversions.leeboard.dev "v1" is forbidden: {policy}: {said}'
    answer = json.dumps({"reason": "Forbidden", "message": message})
    error = refusal(error_of("PATCH", "/apis/x", 403, answer.encode()), "patch", MODEL_VERSION, "ml", SERVER)
    assert error.message == "a policy of the cluster does not let you patch modelversions.leeboard.dev in namespace ml"
    assert (error.hint, error.status) == (said, 3)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (401, f"the API server at {SERVER} does not know who you are"),
        (404, f"the cluster at {SERVER} does not serve models.leeboard.dev in version v1alpha1"),
        (422, f"the API server at {SERVER} refused to list models.leeboard.dev in namespace ml"),
        (503, f"the API server at {SERVER} refused to list models.leeboard.dev in namespace ml"),
    ],
)
def test_other_refusals(status: int, message: str) -> None:
    error = refusal(error_of("GET", "/apis/x", status, b"too busy"), "list", MODEL, "ml", SERVER)
    assert error.message == message
    assert error.hint


def test_no_answer() -> None:
    error = refusal(Unreachable("GET /apis/x: ClientConnectorError: refused"), "list", MODEL, "ml", SERVER)
    assert (error.message, error.hint) == (
        f"the API server at {SERVER} does not answer",
        "ClientConnectorError: refused",
    )


@pytest.fixture
def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a pod's own account, in place of the one that the kubelet mounts."""
    for name, text in (("token", "t"), ("ca.crt", "c"), ("namespace", "ml\n")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr("leeboard.cli.kubeconfig.SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr("leeboard.cli.kubeconfig._POD_NAMESPACE", tmp_path / "namespace")
    monkeypatch.setattr("kubernetes.aio.config.incluster_config.SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr("kubernetes.aio.config.incluster_config.SERVICE_CERT_FILENAME", str(tmp_path / "ca.crt"))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


async def test_in_a_pod_its_own_cluster_is_meant_unless_another_is_named(pod: Path) -> None:
    found = await target(None)
    assert (found.server, found.namespace) == ("https://10.96.0.1:443", "ml")
    assert (await target(None, namespace="other")).namespace == "other"
    assert (await refused(None, context="production"))[0].endswith(f"no kubeconfig at {pod}/.kube/config")
    (pod / ".kube").mkdir()
    kubeconfig(pod / ".kube" / "config", production="two")
    assert (await target(None)).server == "https://production.example:6443"


async def test_a_pod_whose_account_is_incomplete(pod: Path) -> None:
    (pod / "ca.crt").unlink()
    assert (await refused(None))[0] == "no cluster: the pod's own account cannot be used"
