"""A model of LightGBM, from model.txt, as a predictor."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from leeboard.api.reasons import Reason
from leeboard.models.boosted import answers_of, outputs_of
from leeboard.models.failures import ModelError, cannot_score, no_output
from leeboard.models.lightgbm_text import LightGBMText, model_text
from leeboard.models.rows import Column, Rows

_FIGURES_OF = {"binary": "probability", "multiclass": "probabilities", "multiclassova": "probabilities"}
_AS_IT_IS = (np.dtype(np.float32), np.dtype(np.float64))
_UNNAMED = "Column_"
"""What LightGBM calls the columns of an array, followed by their number."""


def load(path: Path, format: str, threads: int) -> "LightGBMPredictor":
    """The model in a file. Raises ModelError as `model_text`, and ModelLoadFailed where LightGBM does not take it."""
    found = model_text(path)
    try:
        booster = lightgbm.Booster(model_str=found.text)
    except Exception as error:
        # the file is a user's: the library may stumble over anything that was not looked at
        text = f"{path.name} cannot be loaded: {type(error).__name__}"
        raise ModelError(Reason.MODEL_LOAD_FAILED, text) from error
    return LightGBMPredictor(booster, found, format, threads)


class LightGBMPredictor:
    """Boosted trees. Classes are numbers from 0: LightGBM knows them by no other name.

    Texts are the categories of the columns that were categorical in the table it was fitted on, in their order: `codes`
    has the number of each, a dictionary for every such column. A conversion to ONNX reads them and the `booster`.
    """

    def __init__(self, booster: lightgbm.Booster, found: LightGBMText, format: str, threads: int) -> None:
        self.format = format
        self.width: int | None = found.width
        names = tuple(found.header["feature_names"].split())
        self.names = None if all(name == f"{_UNNAMED}{place}" for place, name in enumerate(names)) else names
        self._figures = _FIGURES_OF.get(found.header.get("objective", "").split(" ")[0], "values")
        self.outputs = outputs_of(self._figures)
        classes = 2 if self._figures == "probability" else int(found.header["num_class"])
        self.classes = tuple(map(str, range(classes))) if self._figures != "values" else ()
        self.codes = [{text: float(code) for code, text in enumerate(texts)} for texts in found.categories]
        self.booster, self._threads = booster, threads

    def run(self, rows: Rows, outputs: Sequence[str]) -> dict[str, NDArray[Any]]:
        """See Predictor."""
        for name in outputs:
            if name not in self.outputs:
                raise no_output(name, self.outputs)
        matrix = self._matrix(rows)
        try:
            figures = np.asarray(self.booster.predict(matrix, num_threads=self._threads))
        except Exception as error:
            raise cannot_score(error) from error
        if len(figures) != rows.count:
            raise ModelError(Reason.EVALUATION_FAILED, f"{rows.count} rows gave {len(figures)} figures")
        return answers_of(figures, self._figures, outputs)

    def _matrix(self, rows: Rows) -> NDArray[Any]:
        if self.names is not None:
            rows = rows.select(self.names)
        if len(rows.names) != self.width:
            raise ModelError(Reason.BAD_DATA, f"the model takes {self.width} inputs, and {len(rows.names)} came")
        if rows.matrix is not None and not self.codes:
            return rows.as_matrix() if rows.matrix.dtype in _AS_IT_IS else rows.as_matrix(np.float64)
        return self._coded(rows).as_matrix(np.float64) if self.codes else rows.as_matrix(np.float64)

    def _coded(self, rows: Rows) -> Rows:
        """Texts as the codes of their categories; one that was not among them is missing."""
        columns = {name: rows.column(name) for name in rows.names}
        texts = [name for name, column in columns.items() if column.dtype.kind == "O"]
        if len(texts) != len(self.codes):
            text = f"the model takes texts in {len(self.codes)} inputs, and {len(texts)} hold them"
            raise ModelError(Reason.BAD_DATA, text)
        coded = {name: _codes(columns[name], codes) for name, codes in zip(texts, self.codes, strict=True)}
        return Rows(rows.names, columns=columns | coded)


def _codes(column: Column, codes: dict[str, float]) -> NDArray[np.float64]:
    return np.array([codes.get(value, np.nan) for value in column], dtype=np.float64)
