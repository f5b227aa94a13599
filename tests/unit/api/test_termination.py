"""What containers say at their end: read where it fits, ignored where it does not."""

import json
from typing import Any

import pytest

from leeboard.api.termination import (
    MAXIMUM_BYTES,
    EvaluationResult,
    Failure,
    Fetched,
    TrainingResult,
    read_message,
)

DIGEST = "sha256:" + "0f" * 32
DATASET = {
    "name": "train",
    "role": "Train",
    "uri": "s3://flights/train/",
    "partitions": ["2013-01/", "2013-02/", "2013-03/"],
    "digest": DIGEST,
    "rows": 81000,
    "schemaDigest": DIGEST,
}
METRIC = {
    "name": "log_loss",
    "value": "0.512",
    "low": "9.8e-05",
    "high": "0.52",
    "dataset": "holdout",
    "digest": DIGEST,
}
FETCHED = {
    "contract": 1,
    "run": "0a1b2c3d",
    "code": {"repository": "http://git/flights.git", "revision": "main", "commit": "ab" * 20, "verified": True},
    "datasets": [DATASET, DATASET | {"name": "holdout", "role": "Holdout"}],
}
TRAINING = FETCHED | {
    "artifact": {
        "uri": "s3://models/ml/0a1b2c3d/",
        "digest": DIGEST,
        "format": "sklearn-skops",
        "bytes": 123456,
        "libraries": {},
    },
    "params": {"learning_rate": "0.1"},
    "seed": 7,
    "environment": {"python": "3.11.9", "lockDigest": DIGEST},
    "reference": {"uri": "s3://models/ml/0a1b2c3d/reference.parquet", "digest": DIGEST},
}
EVALUATION = {
    "contract": 1,
    "run": "0a1b2c3d",
    "metrics": [METRIC],
    "champion": [METRIC],
    "differences": [METRIC | {"value": "-0.01"}],
    "signature": {"inputs": [{"name": "distance", "datatype": "FP64", "shape": [-1]}], "outputs": []},
    "profile": {"uri": "s3://models/ml/0a1b2c3d/evaluation/profile.json", "digest": DIGEST},
    "goldenSamples": {"uri": "s3://models/ml/0a1b2c3d/evaluation/golden.json", "digest": DIGEST},
    "rows": 27000,
}
FAILURE = {"contract": 1, "run": "0a1b2c3d", "reason": "BadData", "message": "wind_speed: 7 % missing, 5 % allowed"}
KINDS: list[tuple[type[Any], dict[str, Any]]] = [
    (Fetched, FETCHED),
    (TrainingResult, TRAINING),
    (EvaluationResult, EVALUATION),
    (Failure, FAILURE),
]


@pytest.mark.parametrize(("kind", "said"), KINDS, ids=lambda one: getattr(one, "__name__", ""))
def test_a_message_is_read_back_as_it_was_written(kind: type[Any], said: dict[str, Any]) -> None:
    message = read_message(json.dumps(said), kind)
    assert message is not None
    assert message.dump() == said


@pytest.mark.parametrize(("kind", "said"), KINDS, ids=lambda one: getattr(one, "__name__", ""))
@pytest.mark.parametrize("contract", [0, 2, "one", None])
def test_another_contract_is_not_read(kind: type[Any], said: dict[str, Any], contract: Any) -> None:
    assert read_message(json.dumps(said | {"contract": contract}), kind) is None


@pytest.mark.parametrize(
    "text",
    ["", "Traceback (most recent call last):", "{", "[]", "null", "1", "[" * 4000, '{"contract": 1}', "\ud800"],
    ids=range(9),
)
def test_the_tail_of_a_log_is_no_message(text: str) -> None:
    assert [read_message(text, kind) for kind, _ in KINDS] == [None] * len(KINDS)


def test_more_than_kubernetes_keeps_is_not_read() -> None:
    def text(length: int) -> str:
        return json.dumps(FAILURE | {"message": "x" * length})

    room = MAXIMUM_BYTES - len(text(0))
    assert read_message(text(room), Failure) is not None
    assert read_message(text(room + 1), Failure) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("artifact", {"uri": "s3://m/", "digest": DIGEST, "format": "pickle", "bytes": 1}),
        ("artifact", {"uri": "s3://m/", "digest": "md5:0", "format": "sklearn-skops", "bytes": 1}),
        ("artifact", {"uri": "s3://m/", "digest": DIGEST, "format": "sklearn-skops", "bytes": -1}),
        ("code", {"commit": "main", "verified": True}),
        ("datasets", [DATASET | {"rows": "many"}]),
        ("datasets", [DATASET | {"digest": ""}]),
        ("reference", None),
    ],
)
def test_a_result_that_lacks_what_was_to_be_observed_is_not_read(field: str, value: Any) -> None:
    assert read_message(json.dumps(TRAINING | {field: value}), TrainingResult) is None


@pytest.mark.parametrize("value", ["nan", "inf", "..", "1e9999", "", "0,5", "-", 0.5])
def test_a_figure_that_is_no_number_is_not_read(value: Any) -> None:
    assert read_message(json.dumps(EVALUATION | {"metrics": [METRIC | {"value": value}]}), EvaluationResult) is None
