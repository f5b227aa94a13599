"""A scikit-learn model from model.skops, and its scores. Nothing is unpickled."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import skops.io
from numpy.typing import NDArray

from leeboard.api.reasons import Reason
from leeboard.evaluator.columns import class_text
from leeboard.evaluator.failures import EvaluationError

FILE = "model.skops"
TRUSTED = frozenset(
    {
        "functools.partial",  # of functions that are trusted themselves
        "sklearn._loss.link.IdentityLink",
        "sklearn._loss.link.LogLink",
        "sklearn._loss.link.LogitLink",
        "sklearn._loss.link.MultinomialLogit",
        "sklearn._loss.loss.AbsoluteError",
        "sklearn._loss.loss.HalfBinomialLoss",
        "sklearn._loss.loss.HalfGammaLoss",
        "sklearn._loss.loss.HalfMultinomialLoss",
        "sklearn._loss.loss.HalfPoissonLoss",
        "sklearn._loss.loss.HalfSquaredError",
        "sklearn._loss.loss.PinballLoss",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.metrics._dist_metrics.EuclideanDistance64",
        "sklearn.metrics._dist_metrics.ManhattanDistance64",
        "sklearn.neighbors._ball_tree.BallTree",
        "sklearn.neighbors._kd_tree.KDTree",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
        "sklearn.tree._tree.Tree",
        "sklearn.utils.validation.check_array",
    }
)
"""Parts of scikit-learn's own models that skops does not trust by itself; everything else is refused."""


def load_model(folder: Path) -> Any:
    """The estimator in a folder. Raises EvaluationError: UnsafeFormat where it holds any type that is not known."""
    path = folder / FILE
    if not path.is_file():
        raise EvaluationError(Reason.UNSAFE_FORMAT, f"the artefact has no {FILE}")
    try:
        unknown = sorted(set(skops.io.get_untrusted_types(file=path)) - TRUSTED)
    except Exception as error:
        # the file is a user's: whatever the parser stumbles over means that it is not what it should be
        raise EvaluationError(Reason.UNSAFE_FORMAT, f"{FILE} cannot be parsed: {type(error).__name__}") from error
    if unknown:
        raise EvaluationError(Reason.UNSAFE_FORMAT, f"{FILE} holds types that are not known: {', '.join(unknown[:5])}")
    try:
        return skops.io.load(path, trusted=sorted(TRUSTED))
    except Exception as error:
        raise EvaluationError(Reason.MODEL_LOAD_FAILED, f"{FILE} cannot be loaded: {type(error).__name__}") from error


def score(model: Any, frame: pd.DataFrame, task: str, positive_class: str) -> NDArray[np.float64]:
    """The probability of the positive class, or the prediction, of every row.

    A model that was fitted on fewer columns gets only those. Raises EvaluationError: BadData where a column is absent,
    BadConfiguration where the model knows no such class, EvaluationFailed where it does not answer as it should.
    """
    names = [str(name) for name in getattr(model, "feature_names_in_", frame.columns)]
    absent = [name for name in names if name not in frame.columns]
    if absent:
        raise EvaluationError(Reason.BAD_DATA, f"the model needs columns that the data has not: {', '.join(absent)}")
    try:
        if task == "Regression":
            answers = np.asarray(model.predict(frame[names]), dtype=np.float64)
        else:
            answers = np.asarray(model.predict_proba(frame[names]), dtype=np.float64)[
                :, _position(model, positive_class)
            ]
    except EvaluationError:
        raise
    except Exception as error:
        # the model is a user's: it may fail in any way
        raise EvaluationError(Reason.EVALUATION_FAILED, f"the model cannot score: {type(error).__name__}") from error
    if answers.shape != (len(frame),) or not np.isfinite(answers).all():
        raise EvaluationError(Reason.EVALUATION_FAILED, f"{len(frame)} rows gave scores that are not finite, or others")
    return answers


def _position(model: Any, positive_class: str) -> int:
    classes = [class_text(one) for one in getattr(model, "classes_", ())]
    try:
        return classes.index(class_text(positive_class))
    except ValueError:
        text = f"positiveClass {positive_class!r} is none of the model's classes {', '.join(classes[:10])}"
        raise EvaluationError(Reason.BAD_CONFIGURATION, text) from None
