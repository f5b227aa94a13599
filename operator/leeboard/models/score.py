"""One figure for every row: what metrics, profiles, golden samples and drift are about."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard.api.reasons import Reason
from leeboard.models.classes import class_text
from leeboard.models.failures import ModelError
from leeboard.models.predictor import PREDICT, PREDICT_PROBA, Predictor
from leeboard.models.rows import Rows


def score(predictor: Predictor, rows: Rows, task: str, positive_class: str) -> NDArray[np.float64]:
    """The probability of the positive class, or the prediction, of every row; shape (rows,).

    A model that was fitted on fewer columns gets only those. Raises ModelError: BadData where a column is absent,
    BadConfiguration where the model knows no such class, EvaluationFailed where it does not answer as it should.
    """
    asked = scored_output(task)
    answers = predictor.run(rows, (asked,))[asked]
    by_class = answers.ndim == 2 and asked == PREDICT_PROBA
    return scores_of(predictor, asked, answers, rows.count, column_of(predictor, positive_class) if by_class else 0)


def scored_output(task: str) -> str:
    """The output that scores are taken from."""
    return PREDICT if task == "Regression" else PREDICT_PROBA


def column_of(predictor: Predictor, positive_class: str) -> int:
    """The column of predict_proba that is the positive class's. Raises ModelError (BadConfiguration)."""
    wanted = class_text(positive_class)
    if wanted not in predictor.classes:
        known = ", ".join(predictor.classes[:10])
        text = f"positiveClass {positive_class!r} is none of the model's classes {known}"
        raise ModelError(Reason.BAD_CONFIGURATION, text)
    return predictor.classes.index(wanted)


def scores_of(predictor: Predictor, asked: str, answers: NDArray[Any], count: int, column: int) -> NDArray[np.float64]:
    """The scores among what a model answered to `count` rows under the name `asked`; finite, of shape (count,).

    `column` is where they are in answers of two dimensions. Raises ModelError (EvaluationFailed).
    """
    if answers.ndim == 2:
        columns = answers.shape[1]
        if column >= columns:
            text = f"the model has {len(predictor.classes)} classes and answers with {columns} columns"
            raise ModelError(Reason.EVALUATION_FAILED, text)
        answers = answers[:, column]
    try:
        scores = np.asarray(answers, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ModelError(Reason.EVALUATION_FAILED, f"{asked} gave what are no numbers") from error
    if scores.shape != (count,) or not np.isfinite(scores).all():
        raise ModelError(Reason.EVALUATION_FAILED, f"{count} rows gave scores that are not finite, or others")
    return scores
