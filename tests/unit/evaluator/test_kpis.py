"""What becomes of an answer of Prometheus; tests/integration/test_kpis.py asks the real one."""

import json

import pytest

from leeboard.evaluator.configuration import Configuration
from leeboard.evaluator.failures import EvaluationError
from leeboard.evaluator.kpis import KpiError, number_of


def answered(kind, result):
    return json.dumps({"status": "success", "data": {"resultType": kind, "result": result}}).encode()


@pytest.mark.parametrize(
    ("body", "value"),
    [(answered("vector", [{"metric": {}, "value": [1, "4.5"]}]), 4.5), (answered("scalar", [1, "-2e3"]), -2000.0)],
)
def test_one_number_is_taken(body, value):
    assert number_of(200, body) == value


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, answered("vector", []), "the query has no series for an answer, not one"),
        (200, answered("vector", [{"value": [1, "1"]}] * 3), "the query has 3 series for an answer, not one"),
        (200, answered("vector", [{"value": [1, "NaN"]}]), "the query's answer is nan"),
        (200, answered("matrix", [{"values": []}]), "Prometheus answers 200 with what is no number"),
        (200, answered("string", [1, "x"]), "no number"),
        (400, b'{"status": "error", "error": "parse error"}', "Prometheus refuses the query: parse error"),
        (302, b"", "Prometheus answers 302 with what is no number"),
        (200, b"[" * 100_000, "no number"),
        (200, b"[]", "no number"),
        (200, b"\xff", "no number"),
    ],
)
def test_everything_else_says_what_it_is(status, body, said):
    with pytest.raises(KpiError, match=said):
        number_of(status, body)


def test_an_address_that_is_none_is_a_bad_configuration():
    assert Configuration.of({"LEEBOARD_PROMETHEUS_URL": "http://p:9090"}).prometheus_url == "http://p:9090"
    with pytest.raises(EvaluationError, match="LEEBOARD_PROMETHEUS_URL"):
        Configuration.of({"LEEBOARD_PROMETHEUS_URL": "p:9090"})
