"""A scikit-learn estimator from a pickle: unpickling runs what the file says, and is done only where it was allowed."""

import pickle
import re
import warnings
from pathlib import Path
from typing import Any

import joblib  # type: ignore[import-untyped]
import sklearn
from sklearn.exceptions import InconsistentVersionWarning

from leeboard.api.reasons import Reason
from leeboard.models.failures import ModelError
from leeboard.models.libraries import check_same
from leeboard.models.scikit_learn import ScikitLearnPredictor

_VERSION = re.compile(
    rb"_sklearn_version(?:\x94|q.|r.{4})*(?:\x8c.|X.{4}|U.)(\d{1,3}\.\d{1,3}[.0-9a-z]{0,12})", re.DOTALL
)
"""The attribute that estimators are kept with, and the text after it, as protocols 2 to 5 write them (pickletools)."""


def load(path: Path, format: str) -> ScikitLearnPredictor:
    """The estimator in model.pkl or model.joblib.

    Raises ModelError: LibraryMismatch where another scikit-learn kept it, which promises nothing for pickles, and
    ModelLoadFailed where it cannot be unpickled.
    """
    if (written := version_in(path)) is not None:
        check_same("scikit-learn", written, sklearn.__version__)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", InconsistentVersionWarning)
        try:
            estimator = _unpickled(path)
        except (Exception, SystemExit) as error:
            # the code is a user's: what it said stays in the log, as the cause
            text = f"{path.name} cannot be loaded: {type(error).__name__}"
            raise ModelError(Reason.MODEL_LOAD_FAILED, text) from error
    for one in told:
        if isinstance(one.message, InconsistentVersionWarning):
            check_same("scikit-learn", one.message.original_sklearn_version, sklearn.__version__)
    return ScikitLearnPredictor(estimator, format)


def version_in(path: Path) -> str | None:
    """The scikit-learn that kept an estimator, read without unpickling; None where the file is compressed or silent."""
    found = _VERSION.search(path.read_bytes())
    return found[1].decode() if found else None


def _unpickled(path: Path) -> Any:
    if path.suffix == ".joblib":
        return joblib.load(path)
    with path.open("rb") as file:
        return pickle.load(file)  # noqa: S301 - allowed by the Model, in a pod of the tenant's
