"""Who is told of the inputs by which a Model wants segments: the evaluation, and no pod that serves."""

from datetime import timedelta
from typing import Any

import pytest

from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.evaluator.specification import EvaluationSpecification
from leeboard.planning.serving.pod import Adopted, pod_template
from tests.support.examples import Document, example, model_version, put
from tests.support.training_world import World
from tests.unit.planning.test_unsafe_formats import specification

SEGMENTS = "spec.prediction.segments"


def told(segments: Any) -> Document:
    world = World()
    world.model = put(world.model, SEGMENTS, segments) if segments is not None else world.model
    world.settle()
    world.train()
    world.settle()
    found = specification(world.jobs[world.run.evaluation_job], "evaluate", "LEEBOARD_EVALUATION_SPEC")
    assert EvaluationSpecification.model_validate(found).segments == tuple(segments or ())
    return found


def test_the_evaluation_is_told_where_there_are_any() -> None:
    assert told(["carrier", "origin"])["segments"] == ["carrier", "origin"]
    assert "segments" not in told(None)
    assert "segments" not in told([])


@pytest.mark.parametrize("segments", [[], ["carrier"]])
def test_pods_that_serve_stay_as_they_are(segments: list[str]) -> None:
    def template(model: Document) -> Document:
        adopted = Adopted("i:1", timedelta(seconds=2))
        found: Document = pod_template(Model.parse(model), ModelVersion.parse(model_version("v1")), adopted)
        return found

    assert template(put(example("model"), SEGMENTS, segments)) == template(example("model"))
