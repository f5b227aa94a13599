"""Rows that are built to tell a graph from its model: next to every threshold, at the ends of what numbers can be."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard.models.onnx_conversion.refusals import TOO_LARGE, Refusals, numeric_places
from leeboard.models.rows import Column, Rows

MOST_VALUES = 20_000
"""Values that are tried, of all inputs together; of more thresholds those spread evenly over them are taken."""
MOST_BASES = 8
_EXTREMES = (0.0, -0.0, 1.0, -1.0, 1e-45, -1e-45, 1e-300, 1e5, -1e5, 16777217.0, 1e20, -1e20, 3.4e38, -3.4e38)
_VERY_LARGE = (1e39, -1e39, 1e300, -1e300)
_LARGEST = float(np.finfo(np.float32).max)
_QUANTILES = 33
_ANOTHER_TEXT = "a text that no table holds"


@dataclass(frozen=True)
class Built:
    """Rows like those of a sample, save for one input."""

    rows: Rows
    input: str


def built_rows(sample: Rows, thresholds: Mapping[int, NDArray[np.float64]], refusals: Refusals) -> Iterator[Built]:
    """For each input, rows with what could go wrong in it. What the model refuses in an input is not tried there."""
    bases = sample_of(sample, np.unique(np.linspace(0, sample.count - 1, MOST_BASES).astype(np.int64)))
    numeric = numeric_places(sample)
    each = max(16, MOST_VALUES // max(1, len(numeric)))
    for place, name in enumerate(sample.names):
        if place in numeric:
            column = sample.column(name).astype(np.float64)
            values = _numbers(column, thresholds.get(place), each, place, refusals)
        else:
            values = _texts(sample.column(name))
        yield Built(_with_each(bases, place, values), name)


def refused_rows(sample: Rows, refusals: Refusals) -> Iterator[Built]:
    """One row for each input and number that the model refuses there."""
    first = sample_of(sample, np.array([0]))
    refused = ((refusals.missing, np.nan), (refusals.infinite, np.inf), (refusals.large, TOO_LARGE))
    for places, value in refused:
        for place in places:
            yield Built(_with_each(first, place, np.array([value])), sample.names[place])


def sample_of(rows: Rows, places: NDArray[np.int64]) -> Rows:
    """Some of the rows."""
    if rows.matrix is not None:
        return Rows(rows.names, np.ascontiguousarray(rows.matrix[places]))
    return Rows(rows.names, columns={name: rows.column(name)[places] for name in rows.names})


def _numbers(
    column: NDArray[np.float64], thresholds: NDArray[np.float64] | None, most: int, place: int, refusals: Refusals
) -> NDArray[np.float64]:
    finite = column[np.isfinite(column)]
    marks = np.quantile(finite, np.linspace(0, 1, _QUANTILES), method="nearest") if len(finite) else np.empty(0)
    if thresholds is not None:
        kept = np.unique(np.linspace(0, len(thresholds) - 1, max(1, most // 7)).astype(np.int64))
        marks = np.concatenate([thresholds[kept], marks])
    values = np.concatenate([_next_to(marks[np.isfinite(marks)]), np.array(_EXTREMES)])
    values = np.concatenate([values, _VERY_LARGE, [np.inf, -np.inf, np.nan]])
    if place in refusals.large:
        values = values[~(np.abs(values) > _LARGEST) | np.isinf(values)]
    if place in refusals.infinite:
        values = values[~np.isinf(values)]
    if place in refusals.missing:
        values = values[~np.isnan(values)]
    unique: NDArray[np.float64] = np.unique(values)
    return unique


def _next_to(marks: NDArray[np.float64]) -> NDArray[np.float64]:
    """The marks and their neighbours, in double and in single precision."""
    with np.errstate(over="ignore"):
        single = marks.astype(np.float32)
        around = [np.nextafter(single, np.float32(side * np.inf)).astype(np.float64) for side in (-1, 1)]
    near = [np.nextafter(marks, side * np.inf) for side in (-1, 1)]
    found = np.concatenate([marks, *near, single.astype(np.float64), *around])
    finite: NDArray[np.float64] = found[np.isfinite(found)]
    return finite


def _texts(column: Column) -> NDArray[Any]:
    known = sorted({str(value) for value in column if value is not None})[:1000]
    return np.array([None, _ANOTHER_TEXT, *known], dtype=object)


def _with_each(bases: Rows, place: int, values: NDArray[Any]) -> Rows:
    """Every value in one input of one of the rows, in turn."""
    repeated = sample_of(bases, np.arange(len(values)) % bases.count)
    if repeated.matrix is not None:
        matrix = repeated.matrix.astype(np.float64)
        matrix[:, place] = values
        return Rows(repeated.names, matrix)
    columns = {name: repeated.column(name) for name in repeated.names}
    return Rows(repeated.names, columns=columns | {repeated.names[place]: values})
