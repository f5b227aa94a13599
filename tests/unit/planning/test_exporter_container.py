"""What the exporter mounts and is told where its Model asks for it; no other container gets any of it."""

import pytest

from tests.unit.planning.test_load_container import mounts, pod, variables, volumes

FEEDBACK = {"secretRef": {"name": "label-senders"}}


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


@pytest.mark.parametrize("serving", [{"feedback": FEEDBACK}])
def test_all_else_of_the_pod_stays_as_it_is(serving: dict[str, object]) -> None:
    before, after = pod(), pod(**serving)
    assert after["containers"] == before["containers"]
    assert after["initContainers"][0] == before["initContainers"][0]
    assert [one for one in after["volumes"] if one in before["volumes"]] == before["volumes"]
