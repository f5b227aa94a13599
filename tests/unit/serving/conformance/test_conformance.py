"""The conformance suite against our server: with a model of mixed inputs in columns, and with one of numbers."""

import json

from tests.bench_serving import models
from tests.conformance.check import CHECKS
from tests.conformance.run import run
from tests.conformance.subject import describe
from tests.unit.serving.proxy.running import before_ours
from tests.unit.serving.server.calling import serving
from tests.unit.serving.server.running import lay_out, trained

ONNX = {
    "LEEBOARD_ARTIFACT": json.dumps({"uri": "file:///", "digest": f"sha256:{'0' * 64}", "format": "onnx"}),
    "LEEBOARD_MODEL_CONTROL": "explicit",
}


def subject_of(server, caller, control):
    return describe(server.url, grpc_address=f"127.0.0.1:{caller.port}", control=control)


def test_a_model_of_mixed_columns(tmp_path):
    lay_out(tmp_path / "volume", trained())
    with serving(tmp_path) as (server, caller, _):
        results = run(subject_of(server, caller, control=False))
    assert [one for one in results if one.outcome == "failed"] == []
    assert {one.name for one in results if one.outcome == "not offered"} == {"repository: unloaded and loaded again"}


def test_a_model_of_numbers(tmp_path):
    """What data does, once more: texts, several data types and the connections are those of the other model."""
    models.lay_out(tmp_path / "volume", "logistic", "onnx")
    areas = ("data types", "numbers", "refused shape", "binary", "repository", "gRPC: inference", "inference: nested")
    checks = [one for one in CHECKS if one.name.startswith(areas)]
    with serving(tmp_path, **ONNX) as (server, caller, _):
        results = run(subject_of(server, caller, control=True), checks)
    assert [one for one in results if one.outcome != "passed"] == []
    assert len(results) > 60


def test_checks_have_levels_and_sources():
    assert len(CHECKS) > 200
    assert all(one.source.strip() for one in CHECKS)


def test_a_proxy_changes_nothing(tmp_path):
    with before_ours(tmp_path, trained()) as (proxy, server, _):
        through, directly = run(describe(proxy.url)), run(describe(server.url))
    assert [one for one in through if one.outcome == "failed"] == []
    assert [(one.name, one.outcome) for one in through] == [(one.name, one.outcome) for one in directly]
    assert sum(one.outcome == "passed" for one in through) > 200
