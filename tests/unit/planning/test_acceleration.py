"""Which form of a version its pods are told of, and what its status says about it."""

from datetime import timedelta
from typing import Any

import pytest

from leeboard.api.lineage_digest import lineage_digest
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.planning.model_version import accelerated
from leeboard.planning.serving.pod import Adopted, pod_template
from tests.support.examples import DIGEST, Document, example, model_version, put

MEBIBYTE = 1 << 20
GRAPH = {"uri": "s3://m/a.onnx", "digest": DIGEST, "bytes": 5 * MEBIBYTE, "parity": {"rows": 3, "worst": "2e-16"}}


def pod(acceleration: Any = None, graph: Any = None) -> Document:
    """The pod of a version, as a Model asks for it."""
    model = put(example("model"), "spec.serving.acceleration", acceleration) if acceleration else example("model")
    version = put(model_version("v1"), "spec.accelerated", graph) if graph else model_version("v1")
    adopted = Adopted("i:1", timedelta(seconds=2))
    template: Document = pod_template(Model.parse(model), ModelVersion.parse(version), adopted)
    return template


def told(template: Document) -> dict[str, str | None]:
    """LEEBOARD_ACCELERATED of each container."""
    containers = (*template["spec"]["initContainers"], *template["spec"]["containers"])
    return {
        one["name"]: next((each["value"] for each in one["env"] if each["name"] == "LEEBOARD_ACCELERATED"), None)
        for one in containers
    }


@pytest.mark.parametrize("acceleration", [None, {}, {"onnx": "Auto"}])
def test_a_version_is_served_as_onnx_where_it_has_that_form(acceleration: Any) -> None:
    expected = f'{{"bytes":{5 * MEBIBYTE},"digest":"{DIGEST}","uri":"s3://m/a.onnx"}}'
    assert set(told(pod(acceleration, GRAPH)).values()) == {expected}


def test_a_version_is_served_as_trained_where_it_has_no_other_form_or_the_model_says_never() -> None:
    assert set(told(pod()).values()) == {None}
    assert set(told(pod({"onnx": "Never"}, GRAPH)).values()) == {None}


def test_the_volume_has_room_for_both_forms() -> None:
    sizes = [
        next(one["emptyDir"]["sizeLimit"] for one in template["spec"]["volumes"] if one["name"] == "model")
        for template in (pod(), pod(graph=GRAPH))
    ]
    without, both = (int(size.removesuffix("Mi")) for size in sizes)
    assert both - without == 10


def test_the_status_says_what_serves() -> None:
    version = ModelVersion.parse(put(model_version("v1"), "spec.accelerated", GRAPH))
    (condition,) = accelerated(version)
    assert (condition.type, condition.status, condition.reason) == ("Accelerated", "True", "Accelerated")
    assert condition.message == "as ONNX 3 rows are answered as by the trained model, 2e-16 apart at most"
    refused = ModelVersion.parse(put(model_version("v1"), "spec.notAccelerated", "there is no converter for Odd"))
    (condition,) = accelerated(refused)
    assert (condition.status, condition.reason) == ("False", "NotConverted")
    assert "served as it was trained: there is no converter for Odd" in condition.message
    assert list(accelerated(ModelVersion.parse(model_version("v1")))) == []


def test_the_digest_of_the_graph_belongs_to_the_lineage_and_its_place_does_not() -> None:
    def digest(**changes: Any) -> str:
        return lineage_digest(ModelVersion.parse(put(model_version("v1"), "spec.accelerated", GRAPH | changes)).spec)

    assert digest() == digest(uri="s3://elsewhere/a.onnx")
    assert digest() != digest(digest=DIGEST[:-1] + ("0" if DIGEST[-1] != "0" else "1"))
    assert digest() != lineage_digest(ModelVersion.parse(model_version("v1")).spec)
