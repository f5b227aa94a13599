"""What a reference and a holdout tell of a model that was made elsewhere: by the code that evaluates trained ones."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leeboard.api.model import Model
from leeboard.cli.errors import CommandError
from leeboard.cli.registry.storing import missing

if TYPE_CHECKING:
    from leeboard.evaluator.profile import Labelled
    from leeboard.models import Predictor

SEED = 0


@dataclass(frozen=True)
class Measured:
    """Documents that serving and drift rest on, the signature, and metrics on the holdout where one was given."""

    profile: bytes
    golden: bytes
    signature: dict[str, Any]
    metrics: list[dict[str, Any]] = field(default_factory=list)
    libraries: dict[str, str] = field(default_factory=dict)


def measure(folder: Path, format: str, model: Model, reference: Path, holdout: Path | None) -> Measured:
    """Load the model and score the rows. Raises CommandError.

    A model of an unsafe format, where the Model allows those, runs its own code here. `folder` holds a model of this
    format; `reference` and `holdout` are Parquet or CSV tables of inputs, as they will be served, the holdout with a
    column label.
    """
    try:
        # numpy, pandas and scikit-learn take seconds to import, and only this part of the command needs them
        from leeboard.evaluator import columns, downloads, golden, profile  # noqa: PLC0415
        from leeboard.evaluator.event_times import EventTimes  # noqa: PLC0415
        from leeboard.evaluator.failures import EvaluationError  # noqa: PLC0415
        from leeboard.models import ModelError, Rows, load, score, written_by  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise missing(error, "evaluator") from error
    prediction = model.spec.prediction
    task, positive, output = prediction.task, prediction.positive_class, prediction.score_output
    try:
        table = downloads.read_table(reference)
        inputs = columns.inputs_of(table)
        allowed = model.spec.serving.allow_unsafe_formats
        predictor = load(folder, format, allow_unsafe=allowed)
        served, unseen = columns.as_served(table, inputs), profile.unseen_rows(table)
        times = EventTimes.of(table, unseen)
        scores = score(predictor, Rows.of_frame(served[unseen]), task, positive)
        rows = served.iloc[golden.golden_rows(served)].reset_index(drop=True)
        answers = score(predictor, Rows.of_frame(rows), task, positive)
        labelled = _labelled(model, predictor, inputs, holdout) if holdout is not None else None
        metrics = _metrics(model, labelled, holdout) if labelled is not None else []
    except (EvaluationError, ModelError) as error:
        raise CommandError(f"{error.reason}: {error.message}") from error
    return Measured(
        _compact(
            profile.make_profile(
                served, inputs, scores, output, labelled if task == "BinaryClassification" else None, times=times
            )
        ),
        _compact(golden.make_golden(rows, inputs, answers, output)),
        {
            "inputs": [{"name": one.name, "datatype": one.datatype} for one in inputs],
            "outputs": [{"name": output, "datatype": "FP64"}],
        },
        metrics,
        written_by(folder, format),
    )


def _labelled(model: Model, predictor: Predictor, inputs: Any, holdout: Path) -> Labelled:
    """The rows of the holdout that have a label, scored. Raises CommandError."""
    from leeboard.evaluator import columns, downloads, profile  # noqa: PLC0415
    from leeboard.models import Rows, score  # noqa: PLC0415

    prediction = model.spec.prediction
    table = downloads.read_table(holdout, columns.texts_of(inputs))
    if columns.LABEL not in table.columns:
        raise CommandError(f"{holdout} has no column {columns.LABEL}")
    truth = columns.truth_of(table[columns.LABEL], prediction.task, prediction.positive_class)
    known = truth == truth  # noqa: PLR0124 - a row without a label has NaN, which equals nothing
    if not known.any():
        raise CommandError(f"no row of {holdout} has a label")
    served = columns.as_served(table[known].reset_index(drop=True), inputs)
    scores = score(predictor, Rows.of_frame(served), prediction.task, prediction.positive_class)
    return profile.Labelled(scores, truth[known])


def _metrics(model: Model, labelled: Labelled, holdout: Path | None) -> list[dict[str, Any]]:
    """Figures with 95 % intervals: those that every evaluation has, and those of the gates."""
    from leeboard.evaluator.figures import figures  # noqa: PLC0415
    from leeboard.stats import performance  # noqa: PLC0415

    asked = (gate.metric for gate in model.spec.promotion.gates)
    names = _once([*performance.defaults(model.spec.prediction.task), *asked])
    truth, scores = labelled.truth, labelled.scores
    try:
        return [figures(name, performance.measure(name, truth, scores, seed=SEED)) for name in names]
    except performance.MetricUndefinedError as error:
        raise CommandError(f"{holdout}: {error}") from error


def _once(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _compact(document: dict[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
