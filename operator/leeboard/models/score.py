"""One figure for every row: what metrics, profiles, golden samples and drift are about."""

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
    asked = PREDICT if task == "Regression" else PREDICT_PROBA
    answers = predictor.run(rows, (asked,))[asked]
    if answers.ndim == 2:
        answers = answers[:, _position(predictor, answers.shape[1], positive_class) if asked == PREDICT_PROBA else 0]
    try:
        scores = np.asarray(answers, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ModelError(Reason.EVALUATION_FAILED, f"{asked} gave what are no numbers") from error
    if scores.shape != (rows.count,) or not np.isfinite(scores).all():
        raise ModelError(Reason.EVALUATION_FAILED, f"{rows.count} rows gave scores that are not finite, or others")
    return scores


def _position(predictor: Predictor, columns: int, positive_class: str) -> int:
    classes = predictor.classes
    wanted = class_text(positive_class)
    if wanted not in classes:
        text = f"positiveClass {positive_class!r} is none of the model's classes {', '.join(classes[:10])}"
        raise ModelError(Reason.BAD_CONFIGURATION, text)
    position = classes.index(wanted)
    if position >= columns:
        text = f"the model has {len(classes)} classes and answers with {columns} columns"
        raise ModelError(Reason.EVALUATION_FAILED, text)
    return position
