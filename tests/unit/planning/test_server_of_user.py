"""A pod whose server is the user's: what that container may see, what stands before it, and what is believed of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.planning.serving.deployment import adopted_with, deployment, server_image
from leeboard.planning.serving.pod import Adopted
from leeboard.planning.serving.problems import is_fatal, problems_of
from leeboard.planning.serving.proxied import statuses_of_leeboard
from leeboard.planning.settings import Settings
from tests.support.examples import example, model_version, put
from tests.support.people import TENANT

Document = dict[str, Any]
ADOPTED = Adopted("leeboard:1", timedelta(seconds=2), ("pull",))
SERVER = {"image": "mlserver:1", "args": ["--port=$(LEEBOARD_SERVER_PORT)"], "port": 8500}
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def planned(live: Document | None = None, adopted: Adopted = ADOPTED, **serving: Any) -> Document:
    document = example("model")
    document["metadata"] |= {"namespace": TENANT, "uid": "m-uid"}
    for name, value in ({"server": SERVER} | serving).items():
        if value is not None:
            document = put(document, f"spec.serving.{name}", value)
    return deployment(Model.parse(document), ModelVersion.parse(model_version("v1")), adopted, 2, live)


def containers(one: Document) -> dict[str, Document]:
    spec = one["spec"]["template"]["spec"]
    return {container["name"]: container for container in (*spec["initContainers"], *spec["containers"])}


def environment(container: Document) -> dict[str, str]:
    return {one["name"]: one.get("value", "") for one in container["env"]}


def test_leeboards_image_runs_everywhere_but_in_the_server() -> None:
    found = {name: one["image"] for name, one in containers(planned()).items()}
    assert found == {"load": "leeboard:1", "exporter": "leeboard:1", "server": "mlserver:1", "proxy": "leeboard:1"}


def test_the_server_is_as_restricted_as_leeboards_own_and_hears_of_no_storage() -> None:
    found = containers(planned())
    ours = containers(planned(server=None))["server"]
    assert found["server"]["securityContext"] == ours["securityContext"]
    assert planned()["spec"]["template"]["spec"]["automountServiceAccountToken"] is False
    assert environment(found["server"]) == {
        "LEEBOARD_MODEL": "late-flights",
        "LEEBOARD_VERSION": "v1",
        "LEEBOARD_TASK": "BinaryClassification",
        "LEEBOARD_SCORE_OUTPUT": "probability",
        "LEEBOARD_POSITIVE_CLASS": "1",
        "LEEBOARD_MODEL_DIR": "/leeboard/model/model",
        "LEEBOARD_SERVER_PORT": "8500",
    }
    mounts = {one["name"]: one.get("readOnly", False) for one in found["server"]["volumeMounts"]}
    assert mounts == {"model": True, "server-temporary": False}
    with_credentials = [name for name, one in found.items() if "AWS_SECRET_ACCESS_KEY" in environment(one)]
    assert with_credentials == ["load", "exporter"]


def test_requests_and_readiness_go_by_the_proxy() -> None:
    found = containers(planned())
    ports = {one["name"]: (name, one["containerPort"]) for name, c in found.items() for one in c.get("ports", [])}
    assert ports == {
        "metrics": ("exporter", 9090),
        "feedback": ("exporter", 8081),
        "http": ("proxy", 8080),
        "model": ("server", 8500),
    }
    assert environment(found["proxy"])["LEEBOARD_PROXY_TARGET"] == "http://127.0.0.1:8500"
    assert found["proxy"]["readinessProbe"]["httpGet"] == {"path": "/v2/health/ready", "port": "http"}
    assert found["proxy"]["livenessProbe"]["httpGet"] == {"path": "/leeboard/live", "port": "http"}
    assert found["server"]["livenessProbe"]["httpGet"] == {"path": "/v2/health/live", "port": "model"}
    mounts = {one["name"]: one.get("readOnly", False) for one in found["proxy"]["volumeMounts"]}
    assert mounts == {"model": True, "run": False}


def test_the_server_outlives_the_callers_of_the_proxy_and_the_exporter_both() -> None:
    pod = planned()["spec"]["template"]["spec"]
    found = containers(planned())
    sleeps = {name: found[name]["lifecycle"]["preStop"]["sleep"]["seconds"] for name in ("server", "proxy")}
    assert sleeps["server"] >= sleeps["proxy"] + 8
    assert pod["terminationGracePeriodSeconds"] >= sleeps["server"] + 45 + 28
    assert found["exporter"]["restartPolicy"] == "Always"


@pytest.mark.parametrize(
    ("said", "command", "args"),
    [
        ({}, None, None),
        ({"command": ["mlserver", "start"]}, ["mlserver", "start"], None),
        ({"command": ["a"], "args": ["b", "c"]}, ["a"], ["b", "c"]),
    ],
)
def test_command_and_arguments_are_the_images_own_unless_said(
    said: Document, command: list[str] | None, args: list[str] | None
) -> None:
    server = containers(planned(server={"image": "i"} | said))["server"]
    assert (server.get("command"), server.get("args")) == (command, args)
    assert server["ports"][0]["containerPort"] == 8000


def test_what_users_add_reaches_their_server_and_not_the_proxy() -> None:
    overrides = {
        "env": [{"name": "MLSERVER_PARALLEL_WORKERS", "value": "0"}, {"name": "LEEBOARD_MODEL", "value": "x"}],
        "volumes": [{"name": "w", "mountPath": "/w", "emptyDir": {"sizeLimit": "1Gi"}}],
    }
    found = containers(planned(podTemplateOverrides=overrides, accessLog=True))
    assert environment(found["server"])["MLSERVER_PARALLEL_WORKERS"] == "0"
    assert environment(found["server"])["LEEBOARD_MODEL"] == "late-flights"
    assert "MLSERVER_PARALLEL_WORKERS" not in environment(found["proxy"])
    assert environment(found["proxy"])["LEEBOARD_ACCESS_LOG"] == "true"
    assert [one["name"] for one in found["proxy"]["volumeMounts"]] == ["model", "run"]


def test_a_tolerance_reaches_the_proxy_alone() -> None:
    found = containers(planned(server=SERVER | {"tolerance": "0.001"}))
    told = {name for name, one in found.items() if "LEEBOARD_GOLDEN_TOLERANCE" in environment(one)}
    assert told == {"proxy"}
    assert environment(found["proxy"])["LEEBOARD_GOLDEN_TOLERANCE"] == "0.001"


@pytest.mark.parametrize(
    "change",
    [{"server": SERVER | {"image": "mlserver:2"}}, {"server": SERVER | {"port": 8600}}, {"server": None}],
)
def test_another_server_is_another_template_and_the_same_one_is_not(change: Document) -> None:
    live = planned()
    assert planned(live=live)["spec"]["template"] == live["spec"]["template"]
    assert planned(live=live, **change)["spec"]["template"] != live["spec"]["template"]
    assert live["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}


def test_the_image_that_is_recorded_is_leeboards() -> None:
    live = planned()
    assert server_image(live) == "leeboard:1"
    found = adopted_with(live, None, Settings(runtime_image="r", server_image="newer"))
    assert found == ADOPTED


def pod(**statuses: Document) -> Document:
    found = [{"name": name, "restartCount": 3, "ready": False} | status for name, status in statuses.items()]
    labels = {"leeboard.dev/version": "v1"}
    return {"metadata": {"name": "p", "labels": labels}, "status": {"phase": "Running", "containerStatuses": found}}


def ended(reason: str) -> Document:
    terminated = {"exitCode": 70, "reason": "Error", "message": json.dumps({"reason": reason, "message": "secret"})}
    return {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": terminated}}


RUNNING = {"ready": True, "state": {"running": {"startedAt": "2026-03-01T00:00:00Z"}}}


def test_what_a_users_server_writes_at_its_end_is_not_believed_and_not_shown() -> None:
    (found,) = problems_of([pod(server=ended("DigestMismatch"), proxy=RUNNING)], "v1", NOW, {})
    assert (found.container, found.reason, "secret" in found.fact) == ("server", "CrashLoop", False)


@pytest.mark.parametrize("reason", ["GoldenSamplesMismatch", "GoldenSamplesRefused"])
def test_what_the_proxy_says_at_its_end_is_and_ends_a_rollout(reason: str) -> None:
    (found,) = problems_of([pod(server=RUNNING, proxy=ended(reason))], "v1", NOW, {})
    assert (found.container, found.reason, found.fact) == ("proxy", reason, "secret")
    assert is_fatal(found)


def test_the_digest_of_a_users_image_is_not_taken_for_leeboards() -> None:
    statuses = statuses_of_leeboard(pod(server=RUNNING, proxy=RUNNING))
    assert [one["name"] for one in statuses] == ["proxy"]
    assert [one["name"] for one in statuses_of_leeboard(pod(server=RUNNING))] == ["server"]
