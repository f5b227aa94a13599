"""What the exporter mounts and is told where its Model asks for it; no other container gets any of it."""

import json

import pytest

from tests.support.examples import example
from tests.support.model_world import World
from tests.unit.planning.test_load_container import mounts, pod, variables, volumes

FEEDBACK = {"secretRef": {"name": "label-senders"}}

LOGGING = {"sampleRate": "0.10", "redact": ["name", "age"]}


def test_the_exporter_alone_is_told_which_rows_are_stored() -> None:
    spec = pod(logging=LOGGING | {"retain": "30d"})
    told = {
        one["name"]: json.loads(variables(one)["LEEBOARD_REQUEST_LOG"])
        for one in (*spec["initContainers"], *spec["containers"])
        if "LEEBOARD_REQUEST_LOG" in variables(one)
    }
    assert told == {"exporter": LOGGING}
    assert spec["volumes"] == pod()["volumes"]


@pytest.mark.parametrize(
    ("redact", "message"),
    [(["wind_speed"], ""), (["wind_speed", "gender", "x"], "redact names gender, x: no input of v1")],
)
def test_a_name_that_redacts_nothing_is_a_condition(redact: list[str], message: str) -> None:
    world = World(serving=example("model")["spec"]["serving"] | {"logging": LOGGING | {"redact": redact}})
    world.add_version("v1")
    world.versions["v1"]["spec"]["signature"]["inputs"][0]["name"] = "wind_speed"
    world.settle()
    found = [one["message"] for one in world.status["conditions"] if one["type"] == "RedactionUnknown"]
    assert [message in one for one in found] == ([True] if message else [])


def test_tokens_are_a_file_of_the_exporter_alone() -> None:
    spec = pod(feedback=FEEDBACK)
    items = [{"key": "token", "path": "token"}]
    assert volumes(spec)["feedback-tokens"] == {"secret": {"secretName": "label-senders", "items": items}}
    mounted = {name: found["feedback-tokens"] for name, found in mounts(spec).items() if "feedback-tokens" in found}
    assert mounted == {
        "exporter": {"name": "feedback-tokens", "mountPath": "/leeboard/feedback", "readOnly": True},
    }
    told = {
        one["name"]: variables(one)["LEEBOARD_FEEDBACK_TOKENS"]
        for one in (*spec["initContainers"], *spec["containers"])
        if "LEEBOARD_FEEDBACK_TOKENS" in variables(one)
    }
    assert told == {"exporter": "/leeboard/feedback/token"}


@pytest.mark.parametrize("serving", [{"feedback": FEEDBACK}, {"logging": LOGGING}])
def test_all_else_of_the_pod_stays_as_it_is(serving: dict[str, object]) -> None:
    before, after = pod(), pod(**serving)
    assert after["containers"] == before["containers"]
    assert after["initContainers"][0] == before["initContainers"][0]
    assert [one for one in after["volumes"] if one in before["volumes"]] == before["volumes"]
