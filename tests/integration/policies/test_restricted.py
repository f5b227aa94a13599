"""Whatever the operator was told or made to do, the pods that it makes for a tenant stay within these bounds."""

from __future__ import annotations

from typing import Any

import pytest

from e2e.cluster.binaries import KUBERNETES
from tests.support.examples import DIGEST, put
from tests.support.people import OPERATOR
from tests.support.requests import Requests
from tests.support.served import serving_deployment, training_job

pytestmark = pytest.mark.apiserver

NODE, TOKEN, ACCOUNT = "out of the node's namespaces", "get no token", "default ServiceAccount"
VOLUMES, PRIVILEGES = "mount nothing but", "are not privileged"


def projected() -> dict[str, Any]:
    token = {"serviceAccountToken": {"path": "token", "audience": "sts.example", "expirationSeconds": 3600}}
    return {"name": "token", "projected": {"sources": [token]}}


@pytest.mark.parametrize("made", [serving_deployment, training_job])
@pytest.mark.parametrize(
    ("path", "value", "refusal"),
    [
        ("hostNetwork", True, NODE),
        ("hostPID", True, NODE),
        ("hostIPC", True, NODE),
        ("containers.0.ports", [{"containerPort": 80, "hostPort": 80}], NODE),
        ("automountServiceAccountToken", True, TOKEN),
        ("volumes.0", {"name": "host", "hostPath": {"path": "/"}}, VOLUMES),
        ("volumes.0", projected(), VOLUMES),
        ("volumes.0", {"name": "x", "configMap": {"name": "x"}}, ""),
        ("volumes.0", {"name": "x", "secret": {"secretName": "x"}}, ""),
        ("volumes.0", {"name": "x", "persistentVolumeClaim": {"claimName": "x"}}, ""),
        ("containers.0.securityContext.privileged", True, PRIVILEGES),
        ("initContainers.0.securityContext.allowPrivilegeEscalation", True, PRIVILEGES),
        ("initContainers.1.securityContext.capabilities", {"drop": ["ALL"], "add": ["NET_ADMIN"]}, PRIVILEGES),
        ("containers.0.securityContext.capabilities", {"drop": ["NET_RAW"]}, PRIVILEGES),
        ("containers.0.securityContext", None, PRIVILEGES),
    ],
)
def test_the_bounds(requests: Requests, made: Any, path: str, value: Any, refusal: str) -> None:
    document = put(made(), f"spec.template.spec.{path}", value)
    if value is not None and path == "volumes.0":
        # what mounted the volume that was there is not looked at here
        for kind in ("containers", "initContainers"):
            for container in document["spec"]["template"]["spec"][kind]:
                container["volumeMounts"] = []
    answer = requests.create(OPERATOR, document)
    if path.endswith("privileged") and answer.status == 422:
        assert "allowPrivilegeEscalation" in answer.message  # the server's own validation comes first
        return
    assert (answer.status, refusal in answer.message) == (403 if refusal else 201, True), answer


def test_an_image_may_be_mounted_where_kubernetes_can(requests: Requests, kubernetes: str) -> None:
    image = {"name": "source", "image": {"reference": f"registry.example/ml/flights@{DIGEST}"}}
    document = serving_deployment()
    document["spec"]["template"]["spec"]["volumes"].append(image)
    answer = requests.create(OPERATOR, document)
    assert answer.status == 201, answer
    kept = image["name"] in {one["name"] for one in answer.body["spec"]["template"]["spec"]["volumes"]}
    # before 1.35 the feature gate ImageVolume is off, and then the server drops the volume without a word
    assert kept is (kubernetes == KUBERNETES)


def test_only_training_pods_have_a_service_account_of_the_users_choice(requests: Requests) -> None:
    account = ("spec.template.spec.serviceAccountName", "trainer")
    assert requests.create(OPERATOR, put(training_job(), *account)).status == 201
    answer = requests.create(OPERATOR, put(serving_deployment(), *account))
    assert (answer.status, ACCOUNT in answer.message) == (403, True)
