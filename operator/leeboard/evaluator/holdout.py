"""The evaluation Job: candidate and champion on the same rows, and what the candidate's serving needs.

`python -m leeboard.evaluator.holdout` reads LEEBOARD_EVALUATION_SPEC, measures, stores evaluation.json, profile.json,
golden.json, accelerated.onnx and version.json beside the run, and says the result in its termination message.
"""

import json
import logging
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leeboard.api import names
from leeboard.api.model_version import Artifact
from leeboard.api.reasons import Reason
from leeboard.api.termination import CONTRACT, MAXIMUM_BYTES, EvaluationResult
from leeboard.evaluator.acceleration import Samples, accelerated, stored
from leeboard.evaluator.columns import LABEL, Input, as_served, inputs_of, texts_of, truth_of
from leeboard.evaluator.downloads import Downloads, read_table
from leeboard.evaluator.event_times import EventTimes
from leeboard.evaluator.failures import EvaluationError, exit_code
from leeboard.evaluator.figures import figures
from leeboard.evaluator.golden import golden_rows, make_golden
from leeboard.evaluator.importance import importance
from leeboard.evaluator.profile import Labelled, make_profile, unseen_rows
from leeboard.evaluator.segments import Scored, add_segments
from leeboard.evaluator.specification import VARIABLE, EvaluationSpecification
from leeboard.models import ModelError, Predictor, Rows, load, score
from leeboard.observability import logs
from leeboard.planning.conditions import timestamp
from leeboard.planning.training.registration import ARCHIVED, completed
from leeboard.stats import performance
from leeboard.storage import StorageError
from leeboard.storage.digests import digest_of

LOG = logging.getLogger("leeboard.evaluator.holdout")
TERMINATION_VARIABLE, TERMINATION_FILE = "LEEBOARD_TERMINATION_LOG", "/dev/termination-log"
MESSAGE_LIMIT = 1024
SEED = 0
LOSSES = {"BinaryClassification": "log_loss", "Regression": "mse"}
"""By task what importance is told by."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Holdout:
    """Rows that neither version was trained on, and the truth about them."""

    served: pd.DataFrame
    truth: Floats


def main() -> int:
    """Run one evaluation; the exit code tells whether it may be tried again (69) or not."""
    logs.configure("json", "INFO")
    termination = Path(os.environ.get(TERMINATION_VARIABLE, TERMINATION_FILE))
    try:
        result = evaluate(os.environ)
    except (EvaluationError, ModelError, StorageError) as error:
        LOG.error("%s: %s", error.reason, error.message, exc_info=error.__cause__)
        failure = {"contract": CONTRACT, "run": _run(os.environ), "reason": str(error.reason)}
        termination.write_text(compact(failure | {"message": error.message[:MESSAGE_LIMIT]}), encoding="utf-8")
        return exit_code(error.reason)
    termination.write_text(compact(result), encoding="utf-8")
    return 0


def evaluate(environment: Mapping[str, str]) -> dict[str, Any]:
    """Measure, store, and return the result. Raises EvaluationError, ModelError and StorageError."""
    specification = EvaluationSpecification.of(environment)
    with tempfile.TemporaryDirectory(prefix="leeboard-") as folder:
        downloads = Downloads(specification.storage.endpoint, environment, Path(folder))
        reference = read_table(downloads.file(specification.candidate.reference))
        inputs = inputs_of(reference)
        holdout = read_holdout(specification, downloads, inputs)
        LOG.info("%d holdout rows, %d inputs, %d reference rows", len(holdout.truth), len(inputs), len(reference))
        candidate = _Scorer.of(specification, downloads, specification.candidate.artifact)
        other = specification.champion
        champion = None if other is None else _Scorer.of(specification, downloads, other.artifact)
        scores = candidate(holdout.served)
        measured = measure(specification, holdout, scores, champion)
        scored = scored_rows(reference, inputs, candidate)
        profile = profile_of(specification, reference, inputs, scored, Labelled(scores, holdout.truth))
        _add_importance(specification, profile, holdout, candidate)
        add_segments(profile, as_served(reference, inputs), inputs, specification.segments, scored)
    golden, samples = golden_of(specification, holdout.served, inputs, candidate)
    conversion = accelerated(specification, candidate.model, holdout.served, samples)
    store = downloads.store(specification.output.uri)
    faster = stored(conversion, specification, store) if conversion is not None else {}
    result = {
        "contract": CONTRACT,
        "run": specification.run,
        **measured,
        "signature": signature_of(specification, inputs),
        **_store(downloads, specification, {"profile": profile, "goldenSamples": golden}),
        "rows": len(holdout.truth),
    }
    _refuse_too_long(result, len(inputs))
    if fits(result | faster):
        result |= faster
    report = {"conversion": conversion.report.document()} if conversion is not None else {}
    _put(downloads, specification, "evaluation", result | report)
    _archive(downloads, specification, result)
    return result


def fits(result: Mapping[str, Any]) -> bool:
    """Whether a result fits a termination message."""
    return len(compact(result).encode()) <= MAXIMUM_BYTES


def read_holdout(specification: EvaluationSpecification, downloads: Downloads, inputs: tuple[Input, ...]) -> Holdout:
    """All holdout rows that have a label, in the order of their files. Raises EvaluationError, StorageError."""
    paths = [path for dataset in specification.holdout for path in downloads.dataset(dataset)]
    if not paths:
        raise EvaluationError(Reason.BAD_DATA, "the holdout has no .parquet, .csv or .csv.gz file")
    texts = texts_of(inputs)
    frame = pd.concat([read_table(path, texts) for path in paths], ignore_index=True)
    if LABEL not in frame.columns:
        raise EvaluationError(Reason.BAD_DATA, f"the holdout has no column {LABEL}")
    truth = truth_of(frame[LABEL], specification.task, specification.positive_class)
    known = np.isfinite(truth)
    if not known.any():
        raise EvaluationError(Reason.BAD_DATA, "no row of the holdout has a label")
    return Holdout(as_served(frame[known].reset_index(drop=True), inputs), truth[known])


@dataclass(frozen=True)
class _Scorer:
    model: Predictor
    task: str
    positive_class: str

    @classmethod
    def of(cls, specification: EvaluationSpecification, downloads: Downloads, artifact: Artifact) -> "_Scorer":
        allowed = specification.allow_unsafe_formats
        model = load(downloads.artifact(artifact), artifact.format, allow_unsafe=allowed)
        return cls(model, specification.task, specification.positive_class)

    def __call__(self, served: pd.DataFrame) -> Floats:
        return score(self.model, Rows.of_frame(served), self.task, self.positive_class)


def measure(
    specification: EvaluationSpecification, holdout: Holdout, scores: Floats, champion: _Scorer | None
) -> dict[str, Any]:
    """The metrics of both with 95 % intervals, and their paired differences, candidate minus champion."""
    truth, names = holdout.truth, specification.measured
    dataset = specification.holdout[0]
    place = {"dataset": dataset.name, "digest": dataset.digest}
    other = champion(holdout.served) if champion is not None else None
    try:
        return {
            "metrics": [figures(n, performance.measure(n, truth, scores, seed=SEED)) | place for n in names],
            "champion": None
            if other is None
            else [figures(n, performance.measure(n, truth, other, seed=SEED)) for n in names],
            "differences": []
            if other is None
            else [figures(n, performance.compare(n, truth, scores, other, seed=SEED)) for n in names],
        }
    except performance.MetricUndefinedError as error:
        raise EvaluationError(Reason.BAD_DATA, f"the holdout: {error}") from error


def scored_rows(reference: pd.DataFrame, inputs: tuple[Input, ...], candidate: _Scorer) -> Scored:
    """What the candidate says of the reference's rows that it did not learn. Raises EvaluationError (BadData)."""
    if reference.empty:
        raise EvaluationError(Reason.BAD_DATA, "reference.parquet has no rows")
    unseen = unseen_rows(reference)
    return Scored(candidate(as_served(reference, inputs)[unseen]), unseen)


def profile_of(
    specification: EvaluationSpecification,
    reference: pd.DataFrame,
    inputs: tuple[Input, ...],
    scored: Scored,
    labelled: Labelled,
) -> dict[str, Any]:
    """profile.json. Raises EvaluationError (BadData) for a reference with a time that is none."""
    times = EventTimes.of(reference, scored.rows)
    known = labelled if specification.task == "BinaryClassification" else None
    served = as_served(reference, inputs)
    return make_profile(served, inputs, scored.scores, specification.score_output, known, times=times)


def _add_importance(
    specification: EvaluationSpecification, profile: dict[str, Any], holdout: Holdout, candidate: _Scorer
) -> None:
    """Give the inputs of a profile their importance, where it can be had."""
    names, metric = [one["name"] for one in profile["features"]], LOSSES[specification.task]
    shares = importance(candidate, holdout.served, holdout.truth, metric, names)
    for one in profile["features"]:
        if one["name"] in shares:
            one["importance"] = shares[one["name"]]


def golden_of(
    specification: EvaluationSpecification, served: pd.DataFrame, inputs: tuple[Input, ...], candidate: _Scorer
) -> tuple[dict[str, Any], Samples]:
    """golden.json; its rows are scored by themselves, as the server will."""
    rows = served.iloc[golden_rows(served)].reset_index(drop=True)
    scores = candidate(rows)
    return make_golden(rows, inputs, scores, specification.score_output), Samples(rows, scores)


def signature_of(specification: EvaluationSpecification, inputs: tuple[Input, ...]) -> dict[str, Any]:
    """Inputs and outputs; every shape is the default [-1], the batch, and left out."""
    return {
        "inputs": [{"name": one.name, "datatype": one.datatype} for one in inputs],
        "outputs": [{"name": specification.score_output, "datatype": "FP64"}],
    }


def compact(document: Mapping[str, Any]) -> str:
    """JSON without spaces; raises ValueError for numbers that JSON has not."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _store(
    downloads: Downloads, specification: EvaluationSpecification, documents: Mapping[str, dict[str, Any]]
) -> dict[str, Any]:
    names = {"profile": "profile", "goldenSamples": "golden"}
    return {part: _put(downloads, specification, names[part], document) for part, document in documents.items()}


def _put(
    downloads: Downloads, specification: EvaluationSpecification, name: str, document: Mapping[str, Any]
) -> dict[str, str]:
    """A retried evaluation replaces what the attempt before it left."""
    data, root = compact(document).encode(), specification.output.uri
    key = f"{specification.run}/evaluation/{name}.json"
    downloads.store(root).put(key, data, overwrite=True)
    return {"uri": root + key, "digest": digest_of(data)}


def _archive(downloads: Downloads, specification: EvaluationSpecification, result: Mapping[str, Any]) -> None:
    """Store the ModelVersion that the operator will register beside its artefact: the registry can be rebuilt of it."""
    if specification.registration is not None:
        version = completed(specification.registration, EvaluationResult.model_validate(result))
        moment = timestamp(datetime.now(UTC))
        version["metadata"] = version["metadata"] | {"annotations": {names.REGISTERED_AT: moment}}
        key = f"{specification.run}/{ARCHIVED}"
        downloads.store(specification.output.uri).put(key, compact(version).encode(), overwrite=True)


def _refuse_too_long(result: Mapping[str, Any], inputs: int) -> None:
    if not fits(result):
        length = len(compact(result).encode())
        text = f"{inputs} inputs: the result has {length} bytes, and {MAXIMUM_BYTES} fit a termination message"
        raise EvaluationError(Reason.BAD_CONFIGURATION, text)


def _run(environment: Mapping[str, str]) -> str:
    """The run for a failure's message, even where the rest of the specification is unusable."""
    try:
        return str(json.loads(environment.get(VARIABLE, "{}")).get("run", ""))[:63]
    except (ValueError, AttributeError):
        return ""


if __name__ == "__main__":
    sys.exit(main())
