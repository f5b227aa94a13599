"""The four kinds as they are read and written."""

import copy
from typing import Any

import pytest
from pydantic import ValidationError

from leeboard.api.base import API_VERSION, Resource
from leeboard.api.crd.definition import KINDS
from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.api.training_job import TrainingJob
from tests.support.examples import example, model_version

Document = dict[str, Any]
EXAMPLES: list[tuple[type[Resource[Any, Any]], Document]] = [
    (Model, example("model")),
    (TrainingJob, example("training-job")),
    (DriftMonitor, example("drift-monitor")),
    (ModelVersion, model_version()),
]
LINEAGE_OF_DESIGN: Document = {
    "cause": {
        "kind": "Drift",
        "ref": {"kind": "DriftMonitor", "name": "late-flights", "uid": "4-5-6", "episode": "e1"},
        "reason": "roc_auc 0.69 → [0.61, 0.64]",
    },
    "parent": {"name": "late-flights-v1", "relation": "Retrained"},
}


def contains(whole: Any, part: Any) -> bool:
    """Whether everything of `part` stands in `whole`."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(k in whole and contains(whole[k], v) for k, v in part.items())
    if isinstance(part, list):
        return len(whole) == len(part) and all(map(contains, whole, part))
    return bool(whole == part)


@pytest.mark.parametrize(("kind", "document"), EXAMPLES, ids=lambda one: getattr(one, "__name__", ""))
def test_an_example_is_read_and_written_whole(kind: type[Resource[Any, Any]], document: Document) -> None:
    parsed = kind.parse(document)
    written = parsed.dump()
    assert contains(written, document)
    assert kind.parse(written) == parsed
    assert (parsed.kind, parsed.api_version) == (kind.KIND, API_VERSION)
    assert parsed.status.observed_generation == -1


@pytest.mark.parametrize(("kind", "document"), EXAMPLES, ids=lambda one: getattr(one, "__name__", ""))
def test_fields_of_a_newer_definition_are_ignored(kind: type[Resource[Any, Any]], document: Document) -> None:
    newer = copy.deepcopy(document)
    newer["spec"]["fieldOfTomorrow"] = {"a": 1}
    newer["metadata"]["managedFields"] = []
    newer["status"] = {"fieldOfTomorrow": 1}
    assert kind.parse(newer).spec == kind.parse(document).spec


@pytest.mark.parametrize(("kind", "document"), EXAMPLES, ids=lambda one: getattr(one, "__name__", ""))
def test_what_was_read_cannot_be_changed(kind: type[Resource[Any, Any]], document: Document) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        kind.parse(document).spec = None


def test_a_malformed_object_is_refused_with_the_field() -> None:
    document = example("model")
    document["spec"]["rollout"]["steps"][0]["weight"] = "half"
    with pytest.raises(ValidationError, match=r"spec\.rollout\.steps\.0\.weight"):
        Model.parse(document)


def test_the_lineage_of_a_retrained_version() -> None:
    document = model_version()
    document["spec"] |= LINEAGE_OF_DESIGN
    spec = ModelVersion.parse(document).spec
    assert contains(spec.dump(), LINEAGE_OF_DESIGN)
    assert spec.cause is not None and spec.cause.ref is not None and spec.cause.ref.episode == "e1"


def test_names_that_python_keeps_for_itself() -> None:
    assert TrainingJob.parse(example("training-job")).spec.code.from_ == "Git"
    document = model_version()
    document["spec"]["source"] = {"import": {"reason": "trained elsewhere"}}
    source = ModelVersion.parse(document).spec.source
    assert source.import_ is not None
    assert source.dump() == {"import": {"reason": "trained elsewhere"}}


def test_a_condition_by_its_type() -> None:
    document = example("model")
    condition = {"type": "Ready", "status": "True", "reason": "Serving", "observedGeneration": 3}
    document["status"] = {"conditions": [condition]}
    model = Model.parse(document)
    assert (found := model.condition("Ready")) is not None and found.observed_generation == 3
    assert model.condition("Stalled") is None


def test_evaluation_figures_are_carried_through_untouched() -> None:
    figures = {"observedAt": "2013-07-01T00:00:00Z", "versions": [{"name": "v1", "requests": 7, "odd": {"x": None}}]}
    for kind, name in ((Model, "model"), (DriftMonitor, "drift-monitor")):
        parsed = kind.parse(example(name) | {"status": {"evaluation": figures}})
        assert parsed.status.evaluation == figures


def test_short_names_and_plurals_are_told_apart() -> None:
    names = [name for kind in KINDS for name in (kind.resource.SHORT_NAME, kind.resource.PLURAL)]
    assert len(set(names)) == 2 * len(KINDS) == 8
