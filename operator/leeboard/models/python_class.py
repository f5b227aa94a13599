"""A class of the user's that came with the model: it runs whatever it says, and only where that was allowed."""

import importlib.util
import inspect
import itertools
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard.api.reasons import Reason
from leeboard.models.classes import class_text
from leeboard.models.failures import ModelError, cannot_score, no_output
from leeboard.models.predictor import PREDICT, PREDICT_PROBA
from leeboard.models.rows import Rows

MODULE = "leeboard_model"
_NUMBERS = itertools.count(1)
_FOLDERS: list[Path] = []
"""Where the modules come from that a model imported: one folder, that of the model which was loaded last."""
_UNKNOWN = (PREDICT, PREDICT_PROBA)


def load(path: Path, format: str) -> "PythonPredictor":
    """The object that the class in model.py makes of the files beside it.

    Raises ModelError (ModelLoadFailed) where there is no such class, or more than one, or it does not load.
    """
    try:
        module = _module(path)
        made = _class_in(module).load(path.parent)
    except ModelError:
        raise
    except (Exception, SystemExit) as error:
        # the code is a user's: what it said stays in the log, as the cause
        text = f"{path.name} cannot be loaded: {type(error).__name__}"
        raise ModelError(Reason.MODEL_LOAD_FAILED, text) from error
    return PythonPredictor(made, format)


class PythonPredictor:
    """The user's object.

    `predict` gets a mapping of input names to arrays of shape (rows,), and answers with an array or with a mapping of
    output names to arrays. An array of one figure a row is `predict`, one of a column for each class `predict_proba`,
    from which `predict` follows where the class answers with none: the class that is most probable.
    `preprocess` may make other columns before, and `postprocess` other answers after.
    """

    def __init__(self, made: Any, format: str) -> None:
        """Raises ModelError (ModelLoadFailed) where it has no predict."""
        if not callable(getattr(made, "predict", None)):
            raise ModelError(Reason.MODEL_LOAD_FAILED, f"load of the class {type(made).__name__} made no model")
        self.format = format
        names = getattr(made, "inputs", None)
        self.names = tuple(str(name) for name in names) if names is not None else None
        self.width = len(self.names) if self.names is not None else None
        labels = list(getattr(made, "classes", ()))
        self.classes = tuple(class_text(one) for one in labels)
        self._labels = np.asarray(labels)
        self.outputs = tuple(str(name) for name in getattr(made, "outputs", _UNKNOWN if self.classes else (PREDICT,)))
        steps = [getattr(made, name, None) for name in ("preprocess", "predict", "postprocess")]
        self._steps: list[Callable[[Any], Any]] = [step for step in steps if callable(step)]

    def run(self, rows: Rows, outputs: Sequence[str]) -> dict[str, NDArray[Any]]:
        """See Predictor."""
        if self.names is not None:
            rows = rows.select(self.names)
        answer: Any = {name: rows.column(name) for name in rows.names}
        try:
            for step in self._steps:
                answer = step(answer)
            found = self._completed({name: np.asarray(value) for name, value in _named(answer).items()})
        except Exception as error:
            raise cannot_score(error) from error
        for name in outputs:
            if name not in found:
                raise no_output(name, tuple(found))
            if found[name].ndim == 0 or len(found[name]) != rows.count:
                raise ModelError(Reason.EVALUATION_FAILED, f"{rows.count} rows gave another number of {name}")
        return {name: found[name] for name in outputs}

    def _completed(self, found: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        if PREDICT in found or PREDICT_PROBA not in found or not self.classes or PREDICT not in self.outputs:
            return found
        return found | {PREDICT: self._labels[np.argmax(found[PREDICT_PROBA], axis=1)]}


def _named(answer: Any) -> dict[str, Any]:
    if isinstance(answer, Mapping):
        return {str(name): value for name, value in answer.items()}
    values = np.asarray(answer)
    return {PREDICT_PROBA if values.ndim == 2 and values.shape[1] > 1 else PREDICT: values}


def _module(path: Path) -> ModuleType:
    """The module, whose own folder comes first where it imports others."""
    name = f"{MODULE}_{next(_NUMBERS)}"
    specification = importlib.util.spec_from_file_location(name, path)
    if specification is None or specification.loader is None:
        raise ModelError(Reason.MODEL_LOAD_FAILED, f"{path.name} is no module of Python")
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module  # dataclasses and pickles look their module up
    _enter(path.parent)
    specification.loader.exec_module(module)
    return module


def _enter(folder: Path) -> None:
    """Import from this folder from now on, and from that of no model before: two versions have modules of one name."""
    for earlier in _FOLDERS:
        while str(earlier) in sys.path:
            sys.path.remove(str(earlier))
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None)
            if file is not None and Path(file).is_relative_to(earlier) and not name.startswith(MODULE):
                del sys.modules[name]
    _FOLDERS[:] = [folder]
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()


def _class_in(module: ModuleType) -> Any:
    """The one class that the module itself defines with load and predict."""
    found = [
        one
        for one in vars(module).values()
        if inspect.isclass(one)
        and one.__module__ == module.__name__
        and hasattr(one, "load")
        and hasattr(one, "predict")
    ]
    if len(found) != 1:
        names = ", ".join(one.__name__ for one in found[:5]) or "none"
        text = f"model.py needs exactly one class with load and predict; it has {names}"
        raise ModelError(Reason.MODEL_LOAD_FAILED, text)
    return found[0]
