"""A graph held against the model that it stands for: every answer, row by row."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard.models.classes import class_text
from leeboard.models.failures import ModelError
from leeboard.models.onnx_conversion.built_rows import sample_of
from leeboard.models.predictor import PREDICT, PREDICT_PROBA, Predictor
from leeboard.models.rows import Rows

ABSOLUTE, RELATIVE = 1e-6, 1e-6
"""How far a probability or value may lie from the model's: `ABSOLUTE + RELATIVE * |value|`."""
_CHUNK = 10_000
_ONE_BY_ONE = 64


class Differs(Exception):
    """The graph answers otherwise than the model; the message says where and by how much."""


class TooSlow(Exception):
    """The comparison was not over in time."""


@dataclass
class Comparison:
    """What was compared so far. `worst` is the largest difference of figures, relative to those that exceed 1.

    `worst_at` tells where it was, `worst_absolute` is the largest among rows that were not built.
    """

    model: Predictor
    graph: Predictor
    outputs: tuple[str, ...]
    ends: float
    rows: int = 0
    worst: float = 0.0
    worst_absolute: float = 0.0
    built: bool = False
    worst_at: str = field(default="")

    def compare(self, rows: Rows, where: str) -> None:
        """Both on all rows. Raises Differs, TooSlow, and ModelError where the graph alone does not answer.

        Rows that the model refuses together are asked for one by one, some of them: the graph has to refuse the same.
        """
        for begin in range(0, rows.count, _CHUNK):
            if time.monotonic() > self.ends:
                raise TooSlow(f"{self.rows} rows were compared in the time there was")
            chunk = sample_of(rows, np.arange(begin, min(begin + _CHUNK, rows.count)))
            if (expected := _asked(self.model, chunk, self.outputs)) is not None:
                self._hold(chunk, expected, where)
            else:
                self._one_by_one(chunk, where)

    def _one_by_one(self, rows: Rows, where: str) -> None:
        for place in np.unique(np.linspace(0, rows.count - 1, _ONE_BY_ONE).astype(np.int64)):
            row = sample_of(rows, np.array([place]))
            expected = _asked(self.model, row, self.outputs)
            if expected is not None:
                self._hold(row, expected, where)
            elif _asked(self.graph, row, self.outputs) is not None:
                raise Differs(f"{where}: the graph answers what the model refuses")
            else:
                self.rows += 1

    def _hold(self, rows: Rows, expected: dict[str, NDArray[Any]], where: str) -> None:
        found = self.graph.run(rows, self.outputs)
        for name in self.outputs:
            if found[name].shape != expected[name].shape:
                raise Differs(f"{where}: {name} of shape {found[name].shape}, not {expected[name].shape}")
            if name == PREDICT and self.model.classes:
                _labels_hold(expected, found, where)
            else:
                self._figures_hold(name, expected[name], found[name], where)
        self.rows += rows.count

    def _figures_hold(self, name: str, expected: NDArray[Any], found: NDArray[Any], where: str) -> None:
        wanted, got = expected.astype(np.float64), found.astype(np.float64)
        same = (wanted == got) | (np.isnan(wanted) & np.isnan(got))
        with np.errstate(invalid="ignore", over="ignore"):
            apart = np.where(same, 0.0, np.abs(wanted - got))
            beyond = ~same & ~(apart <= ABSOLUTE + RELATIVE * np.abs(wanted))
            scaled = np.where(same, 0.0, apart / np.maximum(1.0, np.abs(wanted)))
        if beyond.any():
            place = np.unravel_index(int(np.argmax(beyond)), beyond.shape)
            raise Differs(f"{where}: {name} is {got[place]:.9g}, the model's {wanted[place]:.9g}")
        if scaled.max() > self.worst:
            self.worst, self.worst_at = float(scaled.max()), f"{where}: {name}"
        if not self.built:
            self.worst_absolute = max(self.worst_absolute, float(apart.max()))


def _asked(predictor: Predictor, rows: Rows, outputs: Sequence[str]) -> dict[str, NDArray[Any]] | None:
    """The answers, or None where it refuses these rows."""
    try:
        return predictor.run(rows, outputs)
    except ModelError:
        return None


def _labels_hold(expected: dict[str, NDArray[Any]], found: dict[str, NDArray[Any]], where: str) -> None:
    """Labels are the same, save where the best two classes are nearer to each other than what is tolerated."""
    wanted, got = expected[PREDICT], found[PREDICT]
    other = np.array([class_text(a) != class_text(b) for a, b in zip(wanted, got, strict=True)], dtype=np.bool_)
    if PREDICT_PROBA in expected and other.any():
        best = np.sort(expected[PREDICT_PROBA].astype(np.float64), axis=1)[:, -2:]
        other &= best[:, 1] - best[:, 0] > 2 * (ABSOLUTE + RELATIVE)
    if other.any():
        place = int(np.argmax(other))
        raise Differs(f"{where}: the class is {got[place]!s:.40}, the model's {wanted[place]!s:.40}")
