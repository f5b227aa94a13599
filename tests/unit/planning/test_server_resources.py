"""What the server container asks for and is told, as the user said it or as is usual."""

from datetime import timedelta
from typing import Any

import pytest

from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.planning.serving.pod import Adopted, pod_template
from tests.support.examples import example, model_version, put

ADOPTED = Adopted("registry.example/serving:1", timedelta(seconds=10))


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ({}, {"requests": {"cpu": "100m", "memory": "256Mi"}}),
        ({"requests": {"cpu": "1"}}, {"requests": {"cpu": "1", "memory": "256Mi"}}),
        ({"limits": {"memory": "128Mi"}}, {"requests": {"cpu": "100m"}, "limits": {"memory": "128Mi"}}),
        (
            {"requests": {"memory": "64Mi"}, "limits": {"memory": "128Mi"}},
            {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
        ),
    ],
)
def test_a_usual_request_never_stands_above_a_limit(said: dict[str, Any], asked: dict[str, Any]) -> None:
    model = Model.parse(put(example("model"), "spec.serving.resources", said))
    template = pod_template(model, ModelVersion.parse(model_version()), ADOPTED)
    assert template["spec"]["containers"][0]["resources"] == asked


@pytest.mark.parametrize("said", [True, False, None])
def test_the_server_alone_is_told_to_log_every_request_and_an_old_template_stays_as_it_is(said: bool | None) -> None:
    manifest = example("model") if said is None else put(example("model"), "spec.serving.accessLog", said)
    template = pod_template(Model.parse(manifest), ModelVersion.parse(model_version()), ADOPTED)
    containers = [*template["spec"]["containers"], *template["spec"]["initContainers"]]
    told = {one["name"]: [v["value"] for v in one["env"] if v["name"] == "LEEBOARD_ACCESS_LOG"] for one in containers}
    assert told == {"server": ["true"] if said else [], "exporter": [], "load": []}
