"""What serves a version: the pod, the Services, and what the pods say when they do not serve."""

from datetime import UTC, datetime, timedelta

import pytest

from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.planning.rollout.weights import candidate_replicas, share
from leeboard.planning.serving.deployment import deployment
from leeboard.planning.serving.pod import Adopted
from leeboard.planning.serving.problems import is_fatal
from leeboard.planning.serving.problems import problems_of as problems_at
from leeboard.planning.serving.service import apex, feedback
from tests.support.examples import example, model_version, put

ADOPTED = Adopted("server:1", timedelta(seconds=2), ("pull",))


def planned(replicas=2, **changes):
    document = example("model")
    document["metadata"] |= {"namespace": "ml", "uid": "m-uid"}
    for path, value in changes.items():
        document = put(document, path.replace("__", "."), value)
    return deployment(Model.parse(document), ModelVersion.parse(model_version("v1")), ADOPTED, replicas)


def containers(one):
    spec = one["spec"]["template"]["spec"]
    return {container["name"]: container for container in (*spec["initContainers"], *spec["containers"])}


def environment(container):
    return {variable["name"]: variable for variable in container["env"]}


def test_every_container_is_restricted_bounded_and_has_no_token():
    pod = planned()["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in containers(planned()).values():
        security = container["securityContext"]
        assert security["readOnlyRootFilesystem"] is True
        assert security["allowPrivilegeEscalation"] is False
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
    assert all("sizeLimit" in volume["emptyDir"] for volume in pod["volumes"])


def test_credentials_reach_only_those_who_read_or_write_storage():
    found = {name: "AWS_SECRET_ACCESS_KEY" in environment(one) for name, one in containers(planned()).items()}
    assert found == {"load": True, "exporter": True, "server": False}


def test_the_order_of_start_and_end_loses_no_request():
    spec = planned()["spec"]
    pod = spec["template"]["spec"]
    assert [one["name"] for one in pod["initContainers"]] == ["load", "exporter"]
    assert pod["initContainers"][1]["restartPolicy"] == "Always"
    server = containers(planned())["server"]
    assert server["readinessProbe"]["httpGet"]["path"] == "/v2/health/ready"
    assert server["lifecycle"]["preStop"]["sleep"]["seconds"] < pod["terminationGracePeriodSeconds"]
    assert spec["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert environment(server)["OMP_NUM_THREADS"]["value"] == "1"
    assert environment(server)["LEEBOARD_FLUSH_INTERVAL"]["value"] == "2"


def test_the_template_does_not_depend_on_the_place_in_a_rollout():
    assert planned(replicas=1)["spec"]["template"] == planned(replicas=5)["spec"]["template"]
    assert (
        planned()["spec"]["selector"]["matchLabels"].items()
        <= planned()["spec"]["template"]["metadata"]["labels"].items()
    )


def test_overrides_add_but_do_not_replace_what_the_server_rests_on():
    overrides = {
        "env": [{"name": "OMP_NUM_THREADS", "value": "2"}, {"name": "LEEBOARD_MODEL", "value": "other"}],
        "labels": {"team": "ops", "leeboard.dev/version": "other"},
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"key": "gpu", "operator": "Exists"}],
    }
    one = planned(spec__serving__podTemplateOverrides=overrides)
    template = one["spec"]["template"]
    variables = environment(containers(one)["server"])
    assert (variables["OMP_NUM_THREADS"]["value"], variables["LEEBOARD_MODEL"]["value"]) == ("2", "late-flights")
    assert (template["metadata"]["labels"]["team"], template["metadata"]["labels"]["leeboard.dev/version"]) == (
        "ops",
        "v1",
    )
    assert template["spec"]["nodeSelector"] == {"disk": "ssd"}
    assert template["spec"]["tolerations"][0]["key"] == "gpu"


def test_services_never_select_training_pods():
    model = Model.parse(example("model"))
    for service in (apex(model, "v1", with_candidate=True), feedback(model)):
        assert service["spec"]["selector"]["leeboard.dev/part"] == "server"
    assert apex(model, "v1", with_candidate=False)["spec"]["selector"]["leeboard.dev/version"] == "v1"


@pytest.mark.parametrize(
    ("replicas", "weight", "pods", "given"),
    [
        (1, 10, 1, 50),
        (2, 10, 1, 33),
        (2, 33, 1, 33),
        (2, 50, 2, 50),
        (4, 20, 1, 20),
        (10, 20, 3, 23),
        (9, 10, 1, 10),
        (3, 100, 3, 50),
    ],
)
def test_the_replicas_nearest_to_a_weight(replicas, weight, pods, given):
    assert candidate_replicas(replicas, weight) == pods
    assert share(pods, replicas) == given


def problems_of(pods, version):
    return problems_at(pods, version, datetime(2026, 3, 2, tzinfo=UTC), {})


def terminated(code, message="", *, reason="Error", restarts=1):
    return {
        "name": "server",
        "restartCount": restarts,
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"exitCode": code, "message": message, "reason": reason}},
    }


def waiting(reason):
    return {"name": "server", "restartCount": 0, "state": {"waiting": {"reason": reason, "message": "no"}}}


@pytest.mark.parametrize(
    ("status", "reason", "fatal"),
    [
        (terminated(65, '{"reason":"DigestMismatch","message":"x"}'), "DigestMismatch", True),
        (terminated(77, "denied"), "StorageForbidden", True),
        (terminated(69), "StorageUnreachable", False),
        (terminated(137, reason="OOMKilled"), "OOMKilled", False),
        (terminated(137, reason="OOMKilled", restarts=3), "OOMKilled", True),
        (terminated(1, '{"reason":"Nonsense"}'), "CrashLoop", False),
        (terminated(1, "[1, 2]"), "CrashLoop", False),
        (waiting("ImagePullBackOff"), "ImagePull", False),
        (waiting("CreateContainerConfigError"), "ConfigMissing", False),
        (waiting("PodInitializing"), None, None),
        ({"name": "server", "restartCount": 5, "ready": True, "state": {"running": {}}}, None, None),
    ],
)
def test_what_a_container_says_becomes_a_typed_reason(status, reason, fatal):
    pod = {
        "metadata": {"name": "p", "labels": {"leeboard.dev/version": "v1"}},
        "status": {"containerStatuses": [status]},
    }
    found = problems_of([pod], "v1")
    assert [(one.reason, is_fatal(one)) for one in found] == ([(reason, fatal)] if reason else [])
    assert problems_of([pod], "v2") == ()


def test_problems_of_every_pod_are_found_and_the_fatal_ones_stand_first():
    pods = [
        {"metadata": {"name": name, "labels": {"leeboard.dev/version": "v1"}}, "status": {"containerStatuses": [one]}}
        for name, one in (("a", waiting("ErrImagePull")), ("b", terminated(77)))
    ]
    assert [(one.pod, is_fatal(one)) for one in problems_of(pods, "v1")] == [("b", True), ("a", False)]
