"""Why a model did not answer a request: the value that it refuses, found out by asking it.

A model that takes no missing value, none that is infinite, or no text that it has not seen, fails with an error that
says nothing of the place; and the mistake is the caller's, not the model's. Nothing is asked before it has failed.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np

from leeboard.models import ModelError, Predictor, Rows
from leeboard.models.rows import Column

MOST_SUSPECTS = 20
"""Values of one request that the model is asked about: a request costs no more than so many rows beside its own."""
_SHOWN = 40
"""Characters of a text that an error repeats."""
_SINGLE = float(np.finfo(np.float32).max)
Suspect = tuple[str, int, float | str | None]
"""The input, the row, and what is to be put into that input."""


class RefusedValues:
    """Asks about one value at a time, in the place of that of a row which the model has answered."""

    def __init__(self, predictor: Predictor, output: str, answered: Rows) -> None:
        """`answered` is that row."""
        self._predictor, self._output = predictor, output
        self._columns = {name: answered.column(name)[:1] for name in answered.names}

    def found(self, rows: Rows) -> str | None:
        """Which value of the rows the model refuses, in words for the caller; None where it is none of its values."""
        if not self._answers({}):
            return None
        for name, row, value in islice(_suspects(rows), MOST_SUSPECTS):
            if not self._answers({name: _alone(value)}):
                return f"input {name}, row {row}: the model does not take {_told(value)}"
        return None

    def _answers(self, changed: dict[str, Column]) -> bool:
        columns = self._columns | changed
        try:
            self._predictor.run(Rows(tuple(columns), columns=columns), (self._output,))
        except ModelError:
            return False
        return True


def _suspects(rows: Rows) -> Iterator[Suspect]:
    """The first of each kind in each input: numbers first, of which there are few kinds."""
    texts = []
    for name in rows.names:
        column = rows.column(name)
        if column.dtype.kind == "O":
            texts.append((name, column))
        elif column.dtype.kind == "f":
            yield from _numbers(name, column)
    for name, column in texts:
        for value in dict.fromkeys(column):
            yield name, next(row for row, one in enumerate(column) if one == value), value


def _numbers(name: str, column: Column) -> Iterator[Suspect]:
    missing, infinite = np.isnan(column), np.isinf(column)
    with np.errstate(invalid="ignore"):
        large = ~infinite & (np.abs(column.astype(np.float64)) > _SINGLE)
    for where in (missing, infinite, large):
        if where.any():
            row = int(np.argmax(where))
            yield name, row, float(column[row])


def _alone(value: float | str | None) -> Column:
    return np.array([value], dtype=np.float64 if isinstance(value, float) else object)


def _told(value: float | str | None) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return "a missing value"
    if isinstance(value, str):
        return f"the text {value[:_SHOWN]!r}" + ("…" if len(value) > _SHOWN else "")
    return f"the number {value:g}"
