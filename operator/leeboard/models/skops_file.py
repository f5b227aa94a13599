"""A scikit-learn model from model.skops. Nothing is unpickled."""

import logging
import warnings
from pathlib import Path
from typing import Any

import sklearn
import skops.io
from sklearn.exceptions import InconsistentVersionWarning

from leeboard.api.reasons import Reason
from leeboard.models.failures import ModelError
from leeboard.models.libraries import check_same, release
from leeboard.models.scikit_learn import ScikitLearnPredictor
from leeboard.models.sklearn_structure import check_structure
from leeboard.models.skops_archive import check_archive

LOG = logging.getLogger("leeboard.models")

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

    Raises ModelError: UnsafeFormat where it is too large or holds any type that is not known, ModelLoadFailed where its
    parts do not fit together or it cannot be made, LibraryMismatch where another scikit-learn is the likely cause.
    """
    written = sklearn_version(check_archive(path))
    try:
        unknown = sorted(set(skops.io.get_untrusted_types(file=path)) - TRUSTED)
    except Exception as error:
        # the file is a user's: whatever the parser stumbles over means that it is not what it should be
        raise _unfit(Reason.UNSAFE_FORMAT, f"{path.name} cannot be parsed", error, written) from error
    if unknown:
        text = f"{path.name} holds types that are not known: {', '.join(unknown[:5])}"
        raise ModelError(Reason.UNSAFE_FORMAT, text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InconsistentVersionWarning)
            estimator = skops.io.load(path, trusted=sorted(TRUSTED))
        check_structure(estimator)
    except ModelError:
        raise
    except Exception as error:
        raise _unfit(Reason.MODEL_LOAD_FAILED, f"{path.name} cannot be loaded", error, written) from error
    if written and release(written) != release(sklearn.__version__):
        # scikit-learn promises nothing across versions: whether it answers as it did the golden samples tell
        LOG.warning("%s was written by scikit-learn %s, and %s loads it", path.name, written, sklearn.__version__)
    return ScikitLearnPredictor(estimator, format)


def sklearn_version(schema: dict[str, Any]) -> str:
    """The scikit-learn that the estimators in a schema were kept by, or the empty text."""
    nodes: list[Any] = [schema]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            kept = node.get("_sklearn_version")
            if isinstance(kept, dict) and isinstance(kept.get("content"), str):
                return str(kept["content"]).strip('"')[:32]
            nodes.extend(node.values())
        elif isinstance(node, list):
            nodes.extend(node)
    return ""


def _unfit(reason: Reason, text: str, error: Exception, written: str) -> ModelError:
    """Where another scikit-learn wrote it that is the likeliest cause, and what can be done about."""
    try:
        if written:
            check_same("scikit-learn", written, sklearn.__version__)
    except ModelError as mismatch:
        return mismatch
    return ModelError(reason, f"{text}: {type(error).__name__}")
