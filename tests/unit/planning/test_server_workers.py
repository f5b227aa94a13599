"""How many processes a server has, by what its container may use."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.planning.serving.pod import Adopted, pod_template
from leeboard.planning.serving.workers import cores
from tests.support.examples import example, model_version, put

ADOPTED = Adopted("registry.example/serving:1", timedelta(seconds=10))


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ({}, "1"),
        ({"requests": {"cpu": "100m"}}, "1"),
        ({"requests": {"cpu": "1"}}, "1"),
        ({"requests": {"cpu": "1001m"}}, "2"),
        ({"requests": {"cpu": "1.5"}}, "2"),
        ({"limits": {"cpu": "4"}}, "4"),
        ({"requests": {"cpu": "1"}, "limits": {"cpu": "2500m"}}, "3"),
        ({"requests": {"cpu": "3"}, "limits": {"memory": "1Gi"}}, "3"),
        ({"limits": {"memory": "8Gi"}}, "1"),
        ({"limits": {"cpu": "0"}}, "1"),
        ({"limits": {"cpu": "64"}}, "32"),
    ],
)
def test_a_process_for_each_core_that_the_container_may_use(said: dict[str, Any], number: str) -> None:
    model = Model.parse(put(example("model"), "spec.serving.resources", said))
    template = pod_template(model, ModelVersion.parse(model_version()), ADOPTED)
    (server,) = template["spec"]["containers"]
    assert {"name": "LEEBOARD_WORKERS", "value": number} in server["env"]


@pytest.mark.parametrize(
    ("quantity", "number"),
    [
        ("2", "2"),
        ("0.5", "0.5"),
        ("250m", "0.25"),
        ("1k", "1000"),
        ("1Ki", "1024"),
        ("2M", "2000000"),
        ("1Mi", "1048576"),
    ],
)
def test_quantities_are_numbers(quantity: str, number: str) -> None:
    assert cores(quantity) == Decimal(number)
