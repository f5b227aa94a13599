"""Rows that a model is asked about, as they come: a matrix of numbers, or a column for each input."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import DTypeLike, NDArray

from leeboard.api.reasons import Reason
from leeboard.models.failures import ModelError

Column = NDArray[Any]
_NUMBERS = "biuf"


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of a request or a table: either one numeric matrix of shape (rows, inputs) or a column for each input.

    Columns have shape (rows,): numbers, booleans, or objects that are strings and None.
    """

    names: tuple[str, ...]
    matrix: NDArray[Any] | None = None
    columns: Mapping[str, Column] | None = None

    def __post_init__(self) -> None:
        if (self.matrix is None) == (self.columns is None):
            raise TypeError("rows are a matrix or columns, exactly one of the two")
        if self.matrix is not None and (self.matrix.ndim != 2 or self.matrix.shape[1] != len(self.names)):
            raise ValueError(f"a matrix of shape {self.matrix.shape} for {len(self.names)} inputs")

    @classmethod
    def of_frame(cls, frame: pd.DataFrame) -> Self:
        """The rows of a table whose columns have the types that are served."""
        columns = {str(name): column.to_numpy() for name, column in frame.items()}
        return cls(tuple(columns), columns=columns)

    @property
    def count(self) -> int:
        """How many rows there are."""
        if self.matrix is not None:
            return len(self.matrix)
        return len(next(iter(self._columns.values()))) if self._columns else 0

    @property
    def is_numeric(self) -> bool:
        """Whether every input is a number or a boolean."""
        return self.matrix is not None or all(one.dtype.kind in _NUMBERS for one in self._columns.values())

    def column(self, name: str) -> Column:
        """The values of one input, of shape (rows,). Raises ModelError (BadData) where there is no such input."""
        if self.matrix is not None:
            return self.matrix[:, self._position(name)]
        try:
            return self._columns[name]
        except KeyError:
            raise _absent([name]) from None

    def as_matrix(self, dtype: DTypeLike | None = None) -> NDArray[Any]:
        """All inputs as one C-contiguous matrix of shape (rows, inputs), without a copy where it is one already.

        Without `dtype` it has the type that holds all columns. Raises ModelError (BadData) where `dtype` is numeric and
        a column holds what is no number; a missing text (None) is NaN.
        """
        if self.matrix is not None:
            return np.ascontiguousarray(self.matrix, dtype)
        columns = [self._columns[name] for name in self.names]
        wanted = np.dtype(dtype) if dtype is not None else _common(columns)
        matrix = np.empty((self.count, len(columns)), wanted)
        for position, column in enumerate(columns):
            try:
                # numpy reads a text of digits as a number, which a request has to say by itself
                if column.dtype.kind == "O" and wanted.kind != "O" and any(isinstance(one, str) for one in column):
                    raise TypeError("a text")
                matrix[:, position] = column
            except (TypeError, ValueError) as error:
                text = f"the model takes numbers, and {self.names[position]} holds what is none"
                raise ModelError(Reason.BAD_DATA, text) from error
        return matrix

    def as_frame(self) -> pd.DataFrame:
        """A table with a column for each input, by name and in order."""
        if self.matrix is not None:
            return pd.DataFrame(self.matrix, columns=self.names, copy=False)
        return pd.DataFrame({name: self._columns[name] for name in self.names}, copy=False)

    def select(self, names: Sequence[str]) -> "Rows":
        """These inputs alone, in this order. Raises ModelError (BadData) naming those that are absent."""
        wanted = tuple(names)
        if wanted == self.names:
            return self
        known = set(self.names)
        if absent := [name for name in wanted if name not in known]:
            raise _absent(absent)
        if self.matrix is not None:
            return Rows(wanted, np.ascontiguousarray(self.matrix[:, [self._position(name) for name in wanted]]))
        return Rows(wanted, columns={name: self._columns[name] for name in wanted})

    @property
    def _columns(self) -> Mapping[str, Column]:
        return self.columns if self.columns is not None else {}

    def _position(self, name: str) -> int:
        try:
            return self.names.index(name)
        except ValueError:
            raise _absent([name]) from None


def _absent(names: Sequence[str]) -> ModelError:
    return ModelError(Reason.BAD_DATA, f"the model needs columns that the data has not: {', '.join(names[:10])}")


def _common(columns: Sequence[Column]) -> np.dtype[Any]:
    if any(column.dtype.kind not in _NUMBERS for column in columns):
        return np.dtype(object)
    return np.result_type(*(column.dtype for column in columns)) if columns else np.dtype(np.float64)
