"""An inference request as it was understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard.models.rows import Column, Rows

MOST_ROWS = 100_000
LONGEST_ID = 256
"""Characters, and as many as the ledger keeps of an id."""


class BadRequest(ValueError):
    """The client's mistake, in words that name the place."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An output that was asked for, and whether it is sent as bytes."""

    name: str
    binary: bool = False


@dataclass(slots=True, eq=False)
class InferenceRequest:
    """Some rows, and which outputs are wanted of them.

    The rows are `flat`, the numbers of a matrix row after row; or `matrix`, of shape (rows, inputs); or `columns`, one
    for each input. `flat` is a list still, because many small ones become one array faster together.
    """

    id: str
    rows: int
    dtype: np.dtype[Any] | None = None
    flat: list[Any] | None = None
    matrix: NDArray[Any] | None = None
    columns: Mapping[str, Column] | None = None
    outputs: tuple[Wanted, ...] = ()
    binary: bool = False
    layout: Any = None

    def __post_init__(self) -> None:
        if self.columns is not None:
            self.layout = tuple(column.dtype.str for column in self.columns.values())
        else:
            self.layout = self.dtype


def gathered(requests: list[InferenceRequest], names: tuple[str, ...]) -> Rows:
    """The rows of requests of one layout, one after the other."""
    first = requests[0]
    if first.columns is not None:
        if len(requests) == 1:
            return Rows(names, columns=first.columns)
        parts = [one.columns or {} for one in requests]
        return Rows(names, columns={name: np.concatenate([part[name] for part in parts]) for name in names})
    if len(requests) == 1:
        return Rows(names, matrix=_matrix(first, len(names)))
    if all(one.flat is not None for one in requests):
        numbers: list[Any] = []
        for one in requests:
            numbers += one.flat or ()
        return Rows(names, matrix=np.array(numbers, dtype=first.dtype).reshape(-1, len(names)))
    return Rows(names, matrix=np.concatenate([_matrix(one, len(names)) for one in requests]))


def _matrix(request: InferenceRequest, width: int) -> NDArray[Any]:
    if request.matrix is not None:
        return request.matrix
    return np.array(request.flat, dtype=request.dtype).reshape(-1, width)
