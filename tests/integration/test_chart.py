"""The chart, installed by Helm on a real API server that nobody has prepared."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from charts import generate
from e2e.cluster.binaries import KUBERNETES
from e2e.cluster.control_plane import ControlPlane
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.edge.configuration import Configuration
from leeboard.evaluator.configuration import Configuration as EvaluatorConfiguration
from leeboard.evaluator.webhooks.addresses import AllowedAddresses
from leeboard.planning.serving.deployment import deployment as deployment_of
from leeboard.planning.serving.pod import Adopted
from tests.support.examples import example, model_version, put
from tests.support.installation import CHART, ROOT, SYSTEM, HelmError, helm, install
from tests.support.served import in_tenant, serving_deployment

pytestmark = pytest.mark.apiserver

VERSION = ("--kube-version", KUBERNETES)


@pytest.fixture(scope="module")
def plane(kubernetes: str) -> Iterator[ControlPlane]:
    with ControlPlane(kubernetes) as running:
        yield running


def rendered(*settings: str) -> list[dict[str, Any]]:
    text = helm("template", "leeboard", str(CHART), "--namespace", SYSTEM, *VERSION, *settings)
    return [document for document in yaml.safe_load_all(text) if document]


@pytest.mark.parametrize("name", sorted(map(str, generate.outputs())))
def test_generated_files_are_current(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == generate.outputs()[Path(name)]


def test_the_definitions_in_the_chart_are_those_of_crds_and_are_kept() -> None:
    in_chart = {one["metadata"]["name"]: one for one in rendered() if one["kind"] == "CustomResourceDefinition"}
    for definition in in_chart.values():
        assert definition["metadata"]["annotations"].pop("helm.sh/resource-policy") == "keep"
        if not definition["metadata"]["annotations"]:
            del definition["metadata"]["annotations"]
    plain = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in (ROOT / "crds").glob("*.yaml")]
    assert in_chart == {one["metadata"]["name"]: one for one in plain}
    assert len(in_chart) == 4
    without = rendered("--set", "crds.install=false")
    assert not [one for one in without if one["kind"] == "CustomResourceDefinition"]


@pytest.mark.parametrize(
    "setting",
    [
        "operator.replicas=0",
        "operator.workers=0",
        "evaluator.interval=soon",
        "images.operator=",
        "metrics.port=80",
        "nonsense=1",
        "policies.actions={Deny,Warn}",
        "networkPolicies.egress.apiServerCidrs={anywhere}",
        "networkPolicies.egress.webhookPorts={0}",
        "evaluator.allowedWebhooks={ftp://pager.example}",
        "evaluator.allowedWebhooks={https://me@pager.example}",
        "evaluator.allowedWebhooks={https://pager.example?key=1}",
    ],
)
def test_a_wrong_value_is_refused_by_name(setting: str) -> None:
    with pytest.raises(HelmError) as caught:
        rendered("--set", setting)
    assert setting.split("=", maxsplit=1)[0].rsplit(".", maxsplit=1)[-1] in str(caught.value)


def test_lint() -> None:
    helm("lint", str(CHART), "--strict", *VERSION)


def test_install_upgrade_uninstall(plane: ControlPlane) -> None:
    install(plane)
    system = plane.client(SYSTEM)
    assert {one["metadata"]["name"] for one in system.all("deployments")} == {
        "leeboard-operator",
        "leeboard-evaluator",
    }
    plane.client().established("models.leeboard.dev")
    install(plane, "--set", "evaluator.enabled=false")
    assert {one["metadata"]["name"] for one in system.all("deployments")} == {"leeboard-operator"}
    helm("uninstall", "leeboard", "--namespace", SYSTEM, kubeconfig=plane.kubeconfig)
    assert system.all("deployments") == []
    assert "models.leeboard.dev" in plane.kubectl("get", "crd", "-o", "name")
    install(plane)
    assert system.get("deployment", "leeboard-operator") is not None


def test_every_document_passes_the_servers_validation(plane: ControlPlane) -> None:
    client = plane.client("")
    client("create", "namespace", "validated")
    # A release of another name, because the objects of the first may be there.
    settings = (
        *("--set", "namespaces={validated}", "--set", "crds.install=false"),
        *("--set", "networkPolicies.egress.enabled=true", "--set", "networkPolicies.workloads=true"),
        *("--set", "networkPolicies.egress.apiServerCidrs={10.0.0.1/32}", "--set", "policies.exemptNamespaces={x}"),
    )
    text = helm("template", "validated", str(CHART), "--namespace", "validated", *VERSION, *settings)
    documents = [document for document in yaml.safe_load_all(text) if document]
    assert len(documents) >= 25
    kinds = {document["kind"] for document in documents}
    assert {"NetworkPolicy", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"} <= kinds
    for document in documents:
        client("create", "--dry-run=server", "--validate=strict", "-f", "-", input=json.dumps(document))


def test_the_pods_are_let_into_a_restricted_namespace(plane: ControlPlane) -> None:
    client = plane.client("restricted")
    client("create", "namespace", "restricted")
    client("label", "namespace", "restricted", "pod-security.kubernetes.io/enforce=restricted")
    deployments = [one for one in rendered() if one["kind"] == "Deployment"]
    assert len(deployments) == 2
    model = put(in_tenant(example("model")), "spec.serving.server", {"image": "registry.example/ml/mlserver:1.7"})
    adopted = Adopted("server:1", timedelta(seconds=60))
    of_user = deployment_of(Model.parse(model), ModelVersion.parse(model_version()), adopted, 2)
    for deployment in (*deployments, serving_deployment(), of_user):
        template = deployment["spec"]["template"]
        name = deployment["metadata"]["name"]
        # without the labels that a policy reserves: this is about what the pods may
        pod = {"apiVersion": "v1", "kind": "Pod", **template, "metadata": {"name": name}}
        client("create", "--dry-run=server", "--validate=strict", "-f", "-", input=json.dumps(pod))


def test_roles_are_cluster_wide_or_in_each_of_the_namespaces() -> None:
    def bindings(*settings: str) -> list[tuple[str, str, str]]:
        return sorted(
            (one["kind"], one["metadata"]["name"], one["metadata"].get("namespace", ""))
            for one in rendered(*settings)
            if one["kind"] in ("RoleBinding", "ClusterRoleBinding")
        )

    assert bindings() == [
        ("ClusterRoleBinding", "leeboard-evaluator", ""),
        ("ClusterRoleBinding", "leeboard-operator", ""),
        ("RoleBinding", "leeboard-leader-election", SYSTEM),
    ]
    assert bindings("--set", "gateway.enabled=true", "--set", "evaluator.enabled=false") == [
        ("ClusterRoleBinding", "leeboard-gateway", ""),
        ("ClusterRoleBinding", "leeboard-operator", ""),
        ("RoleBinding", "leeboard-leader-election", SYSTEM),
    ]
    assert bindings("--set", "namespaces={a,b}", "--set", "evaluator.enabled=false") == [
        ("RoleBinding", "leeboard-leader-election", SYSTEM),
        ("RoleBinding", "leeboard-operator", "a"),
        ("RoleBinding", "leeboard-operator", "b"),
    ]


def test_the_replicas_contend_for_the_one_lease_that_their_role_names() -> None:
    documents = rendered()
    (role,) = [one for one in documents if one["kind"] == "Role"]
    (deployment,) = [
        one for one in documents if (one["kind"], one["metadata"]["name"]) == ("Deployment", "leeboard-operator")
    ]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    environment = {one["name"]: one.get("value") for one in container["env"]}
    names = [name for rule in role["rules"] for name in rule.get("resourceNames", ())]
    assert names == [environment["LEEBOARD_LEASE_NAME"]]
    assert role["metadata"]["namespace"] == SYSTEM
    assert Configuration.of({name: value for name, value in environment.items() if value is not None})


def test_the_evaluator_is_told_which_webhooks_it_may_send_to() -> None:
    def told(*settings: str) -> AllowedAddresses:
        (deployment,) = [
            one
            for one in rendered(*settings)
            if (one["kind"], one["metadata"]["name"]) == ("Deployment", "leeboard-evaluator")
        ]
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        environment = {one["name"]: one["value"] for one in container["env"]}
        return EvaluatorConfiguration.of(environment).allowed_webhooks

    assert told() == AllowedAddresses()
    prefixes = ("https://hooks.example/{namespace}/", "http://alertmanager.monitoring.svc:9093")
    found = told("--set-json", f"evaluator.allowedWebhooks={json.dumps(prefixes)}")
    assert found == AllowedAddresses(prefixes)


def test_an_upgrade_or_a_drain_takes_one_operator_at_a_time_and_never_waits_for_ever() -> None:
    documents = {one["kind"]: one for one in rendered() if one["metadata"]["name"] == "leeboard-operator"}
    spec, budget = documents["Deployment"]["spec"], documents["PodDisruptionBudget"]["spec"]
    assert spec["replicas"] == 2
    assert spec["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert budget["maxUnavailable"] == 1
    assert budget["selector"] == spec["selector"]
    spread = spec["template"]["spec"]["topologySpreadConstraints"]
    assert {one["topologyKey"] for one in spread} == {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}
    for constraint in spread:
        assert constraint["whenUnsatisfiable"] == "ScheduleAnyway"
        assert constraint["labelSelector"] == spec["selector"]


def test_no_role_of_the_chart_holds_a_wildcard_a_list_of_secrets_or_exec() -> None:
    for settings in ((), ("--set", "namespaces={a,b}")):
        roles = [one for one in rendered(*settings) if one["kind"] in ("Role", "ClusterRole")]
        assert len(roles) >= 7
        for rule in (rule for role in roles for rule in role["rules"]):
            assert "*" not in json.dumps(rule)
            assert not {"escalate", "bind", "impersonate"} & set(rule["verbs"])
            assert not [one for one in rule["resources"] if one.startswith("pods/")]
            if "secrets" in rule["resources"]:
                assert (rule["resources"], rule["verbs"]) == (["secrets"], ["get"])


def test_where_namespaces_are_named_nothing_is_bound_cluster_wide() -> None:
    documents = rendered("--set", "namespaces={a}")
    assert not [one for one in documents if one["kind"] == "ClusterRoleBinding"]
    of_people = {"leeboard-view", "leeboard-edit", "leeboard-admin", "leeboard-approver", "leeboard-registrar"}
    assert {one["metadata"]["name"] for one in documents if one["kind"] == "ClusterRole"} == of_people


def test_what_network_policies_let_in_and_out() -> None:
    def policies(*settings: str) -> dict[str, dict[str, Any]]:
        found = [one for one in rendered(*settings) if one["kind"] == "NetworkPolicy"]
        return {one["metadata"]["name"]: one["spec"] for one in found}

    usual = policies()
    assert set(usual) == {"leeboard-operator", "leeboard-evaluator"}
    for spec in usual.values():
        assert spec["policyTypes"] == ["Ingress"]
        assert spec["ingress"] == [{"ports": [{"port": 8080, "protocol": "TCP"}]}]
    closed = policies(
        "--set", "networkPolicies.egress.enabled=true", "--set", "networkPolicies.egress.storagePorts={9}"
    )

    def ports(name: str) -> set[int]:
        return {port["port"] for rule in closed[name]["egress"] for port in rule["ports"]}

    assert ports("leeboard-operator") == {53, 443, 6443}
    assert ports("leeboard-evaluator") == {53, 443, 6443, 9}
    closed = policies(
        *("--set", "networkPolicies.egress.enabled=true", "--set", "evaluator.prometheus.url=http://prometheus:9090")
    )
    assert ports("leeboard-evaluator") == {53, 443, 6443, 9090}
    assert ports("leeboard-operator") == {53, 443, 6443}
    assert policies("--set", "networkPolicies.ingress=false") == {}
    to_webhooks = policies(
        *("--set", "networkPolicies.egress.enabled=true", "--set", "networkPolicies.egress.webhookPorts={9093}"),
        *("--set", "networkPolicies.egress.webhookCidrs={10.1.2.3/32}"),
        *("--set", "evaluator.allowedWebhooks={https://pager.example}"),
    )
    allowed = {"ports": [{"port": 9093, "protocol": "TCP"}], "to": [{"ipBlock": {"cidr": "10.1.2.3/32"}}]}
    assert allowed in to_webhooks["leeboard-evaluator"]["egress"]
    assert allowed not in to_webhooks["leeboard-operator"]["egress"]
    tenant = policies("--set", "networkPolicies.workloads=true", "--set", "namespaces={a}")
    assert "ingress" not in tenant["leeboard-training"]
    with pytest.raises(HelmError, match="needs namespaces"):
        policies("--set", "networkPolicies.workloads=true")


def test_policies_hold_where_the_release_looks_and_can_be_left_out() -> None:
    def selectors(*settings: str) -> set[str]:
        bindings = [one for one in rendered(*settings) if one["kind"] == "ValidatingAdmissionPolicyBinding"]
        return {json.dumps(one["spec"]["matchResources"]["namespaceSelector"]["matchExpressions"]) for one in bindings}

    key = "kubernetes.io/metadata.name"
    assert selectors() == {"[]"}
    assert selectors("--set", "namespaces={a}", "--set", "policies.exemptNamespaces={b}") == {
        json.dumps(
            [{"key": key, "operator": "In", "values": ["a"]}, {"key": key, "operator": "NotIn", "values": ["b"]}]
        )
    }
    assert selectors("--set", "policies.enabled=false") == set()


def test_imports_serve_only_where_they_are_allowed_to() -> None:
    def expressions(*settings: str) -> str:
        policies = [one for one in rendered(*settings) if one["kind"] == "ValidatingAdmissionPolicy"]
        return json.dumps([one["spec"]["validations"] for one in policies])

    assert "== 'Imported'" in expressions()
    assert "== 'Imported'" not in expressions("--set", "policies.allowImported=false")
    assert "policies.allowImported is false" in expressions("--set", "policies.allowImported=false")


def test_the_evaluator_is_told_of_prometheus_and_given_its_token() -> None:
    def evaluator(*settings: str) -> dict[str, Any]:
        found = [one for one in rendered(*settings) if one["metadata"]["name"] == "leeboard-evaluator"]
        return next(one for one in found if one["kind"] == "Deployment")["spec"]["template"]["spec"]

    def variables(pod: dict[str, Any]) -> dict[str, str]:
        return {one["name"]: one["value"] for one in pod["containers"][0]["env"] if "PROMETHEUS" in one["name"]}

    assert variables(evaluator()) == {}
    url = "http://prometheus:9090/{namespace}"
    pod = evaluator(
        *("--set-string", f"evaluator.prometheus.url={url}"), "--set", "evaluator.prometheus.tokenSecret.name=t"
    )
    path = "/leeboard/prometheus/token"
    assert variables(pod) == {"LEEBOARD_PROMETHEUS_URL": url, "LEEBOARD_PROMETHEUS_TOKEN_FILE": path}
    assert {"name": "prometheus-token", "mountPath": "/leeboard/prometheus", "readOnly": True} in pod["containers"][0][
        "volumeMounts"
    ]
    secret = next(one["secret"] for one in pod["volumes"] if one["name"] == "prometheus-token")
    assert secret == {"secretName": "t", "items": [{"key": "token", "path": "token"}]}
