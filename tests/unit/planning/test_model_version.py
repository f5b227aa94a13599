"""Whether a version may serve is decided once."""

from datetime import UTC, datetime

import pytest

from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.planning.model_version import plan_model_version
from leeboard.planning.settings import Settings
from leeboard.planning.snapshot import ModelVersionSnapshot
from tests.support.examples import example, model_version, put

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SETTINGS = Settings(runtime_image="r", server_image="s")
COMPARISON = {
    "champion": "v0",
    "differences": [{"name": "roc_auc", "value": "0.01", "low": "-0.004", "high": "0.02"}],
}
CHAMPION = {"champion": {"name": "v0", "since": "2026-03-01T00:00:00Z", "images": {"server": "s"}}}


def plan(version, model):
    parsed = Model.parse(model) if model else None
    return plan_model_version(ModelVersionSnapshot(ModelVersion.parse(version), parsed, SETTINGS), NOW)


def conditions(status):
    return {one["type"]: (one["status"], one["reason"]) for one in status["conditions"]}


def with_spec(**fields):
    version = model_version("v1")
    version["spec"] |= fields
    return version


@pytest.mark.parametrize(
    ("version", "model", "phase", "ready"),
    [
        (model_version("v1"), example("model"), "Accepted", ("True", "Accepted")),
        (model_version("v1"), None, "Registered", ("False", "ModelNotFound")),
        (
            put(model_version("v1"), "spec.metrics.0.value", "0.59"),
            example("model"),
            "Rejected",
            ("False", "GateFailed"),
        ),
        (
            put(model_version("v1"), "spec.goldenSamples", None),
            example("model"),
            "Rejected",
            ("False", "LineageIncomplete"),
        ),
        (put(model_version("v1"), "spec.cause", None), example("model"), "Rejected", ("False", "LineageIncomplete")),
        (with_spec(comparison=COMPARISON), example("model") | {"status": CHAMPION}, "Accepted", ("True", "Accepted")),
        (model_version("v1"), example("model") | {"status": CHAMPION}, "Rejected", ("False", "GateFailed")),
        (
            model_version("v1"),
            put(example("model"), "spec.promotion.policy", "Approval"),
            "AwaitingApproval",
            ("True", "AwaitingApproval"),
        ),
        (
            put(model_version("v1"), "metadata.annotations", {"leeboard.dev/approved-by": "ann"}),
            put(example("model"), "spec.promotion.policy", "Approval"),
            "Accepted",
            ("True", "Accepted"),
        ),
    ],
)
def test_verdicts(version, model, phase, ready):
    found = plan(version, model)
    assert found.status["phase"] == phase
    assert conditions(found.status)["Ready"] == ready
    assert ("Stalled" in conditions(found.status)) == (phase == "Rejected")
    assert len(found.events) == 1
    assert plan(version | {"status": found.status}, model).status is None


def test_a_failed_gate_says_its_figures():
    found = plan(put(model_version("v1"), "spec.metrics.0.value", "0.59"), example("model"))
    assert conditions(found.status)["GatesPassed"] == ("False", "GateFailed")
    assert "0.59, wanted at least 0.60" in found.events[0].message


def test_later_rules_and_champions_change_nothing_that_was_decided():
    version = model_version("v1")
    without_gates = put(example("model"), "spec.promotion.gates", [])
    version["status"] = plan(version, without_gates).status
    stricter = put(example("model"), "spec.promotion.gates.0.min", "0.99") | {"status": CHAMPION}
    assert plan(version, stricter).status is None
    lost = plan(version, None)
    assert (lost.status["phase"], lost.status["gates"]) == ("Accepted", [])
    assert conditions(lost.status)["Ready"] == ("False", "ModelNotFound")


def test_an_approval_holds_when_its_annotation_vanishes():
    model = put(example("model"), "spec.promotion.policy", "Approval")
    version = put(model_version("v1"), "metadata.annotations", {"leeboard.dev/approved-by": " ann "})
    version["status"] = plan(version, model).status
    assert version["status"]["approvedBy"] == "ann"
    version["metadata"]["annotations"] = {}
    assert plan(version, model).status is None


def test_an_imported_version_needs_no_lineage_but_its_gates():
    version = model_version("v1")
    for field in ("code", "image", "datasets", "cause"):
        version["spec"].pop(field)
    version["spec"]["source"] = {"import": {"reason": "from the old platform"}}
    waiting = plan(version, example("model")).status
    assert waiting["phase"] == "AwaitingApproval"
    status = plan(put(version, "metadata.annotations", {"leeboard.dev/approved-by": "ann"}), example("model")).status
    assert (status["phase"], status["approvedBy"]) == ("Accepted", "ann")
    assert conditions(status)["Verified"] == ("False", "CodeUnknown")
    version["spec"]["metrics"] = []
    assert plan(version, example("model")).status["phase"] == "Rejected"


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("spec.artifact.format", "opaque", "UnsafeFormat"),
        ("spec.profile", None, "ReferenceMissing"),
        ("spec.goldenSamples", None, "ReferenceMissing"),
    ],
)
def test_an_imported_version_that_no_pod_could_serve_is_registered_and_says_why(path, value, reason):
    version = put(with_spec(source={"import": {"reason": "by hand"}}), path, value)
    found = plan(version, example("model"))
    assert found.status["phase"] == "Rejected"
    assert conditions(found.status)["Ready"] == ("False", reason)
    assert plan(version | {"status": found.status}, example("model")).status is None


@pytest.mark.parametrize(
    ("verified", "expected"), [(True, ("True", "LineageObserved")), (False, ("False", "CodeFromImage"))]
)
def test_whether_the_code_was_observed_is_a_condition(verified, expected):
    version = put(model_version("v1"), "spec.code.verified", verified)
    assert conditions(plan(version, example("model")).status)["Verified"] == expected


def own_code(form="sklearn-pickle"):
    return put(model_version("v1"), "spec.artifact.format", form)


def allowing(model=None):
    return put(model or example("model"), "spec.serving.allowUnsafeFormats", True)


@pytest.mark.parametrize("form", ["sklearn-skops", "onnx", "xgboost", "lightgbm"])
def test_a_safe_format_asks_nobody(form):
    assert plan(own_code(form), example("model")).status["phase"] == "Accepted"


@pytest.mark.parametrize("form", ["python", "sklearn-pickle", "sklearn-joblib"])
def test_a_format_that_runs_its_own_code_serves_only_where_the_model_says_so(form):
    refused = plan(own_code(form), example("model"))
    assert refused.status["phase"] == "Rejected"
    assert conditions(refused.status)["Ready"] == ("False", "UnsafeFormat")
    assert f"{form} runs code that came with the model" in refused.events[0].message
    version = own_code(form) | {"status": refused.status}
    accepted = plan(version, allowing())
    assert accepted.status["phase"] == "Accepted"
    assert [gate["passed"] for gate in accepted.status["gates"]] == [True, True], "it met its gates only now"
    taken_back = plan(version | {"status": accepted.status}, example("model"))
    assert taken_back.status["phase"] == "Rejected"
    assert conditions(taken_back.status)["Stalled"] == ("True", "UnsafeFormat")


def test_what_is_allowed_still_has_to_pass_its_gates():
    version = put(own_code(), "spec.metrics.0.value", "0.59")
    version["status"] = plan(version, example("model")).status
    found = plan(version, allowing())
    assert conditions(found.status)["Ready"] == ("False", "GateFailed")
    version["status"] = found.status
    assert plan(version, allowing()).status is None
