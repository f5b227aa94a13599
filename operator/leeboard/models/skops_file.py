"""A scikit-learn model from model.skops. Nothing is unpickled."""

from pathlib import Path

import skops.io

from leeboard.api.reasons import Reason
from leeboard.models.failures import ModelError
from leeboard.models.scikit_learn import ScikitLearnPredictor

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


def load(path: Path, format: str) -> ScikitLearnPredictor:
    """The estimator in a file.

    Raises ModelError: UnsafeFormat where it holds any type that is not known, ModelLoadFailed where it cannot be made.
    """
    try:
        unknown = sorted(set(skops.io.get_untrusted_types(file=path)) - TRUSTED)
    except Exception as error:
        # the file is a user's: whatever the parser stumbles over means that it is not what it should be
        text = f"{path.name} cannot be parsed: {type(error).__name__}"
        raise ModelError(Reason.UNSAFE_FORMAT, text) from error
    if unknown:
        text = f"{path.name} holds types that are not known: {', '.join(unknown[:5])}"
        raise ModelError(Reason.UNSAFE_FORMAT, text)
    try:
        estimator = skops.io.load(path, trusted=sorted(TRUSTED))
    except Exception as error:
        text = f"{path.name} cannot be loaded: {type(error).__name__}"
        raise ModelError(Reason.MODEL_LOAD_FAILED, text) from error
    return ScikitLearnPredictor(estimator, format)
