"""Encoders of categories: a table for every column, with what the fitted encoder itself says to each category.

The encoder is asked, so that dropped, infrequent, missing and unknown categories become what it makes of them.
"""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from onnx import numpy_helper

from leeboard.models.onnx_conversion.data import Data, Kind, of_tensor
from leeboard.models.onnx_conversion.failures import Unconvertible
from leeboard.models.onnx_conversion.graph import ML, Graph

MOST_CATEGORIES = 100_000
"""Of all columns of an encoder together."""
_REFUSED = None


def encoded(graph: Graph, encoder: Any, data: Data) -> Data:
    """OneHotEncoder, OrdinalEncoder and TargetEncoder. Where they refuse an unknown category, the graph fails too."""
    if data.width != len(encoder.categories_):
        raise Unconvertible(f"an encoder of {len(encoder.categories_)} columns gets {data.width}")
    if sum(len(one) for one in encoder.categories_) > MOST_CATEGORIES:
        raise Unconvertible(f"its encoders know more than {MOST_CATEGORIES} categories")
    asked = _Asked(encoder)
    parts, width = [], 0
    for place in range(data.width):
        column = data.select([place]).pieces[0]
        table = _Table.of(asked, place, column.kind)
        parts.append(table.looked_up(graph, column.tensor))
        width += table.width
    return of_tensor(graph, graph.joined([part for part in parts if part]), width)


class _Asked:
    """A fitted encoder, asked about one column at a time; the others hold their first category."""

    def __init__(self, encoder: Any) -> None:
        self.encoder = encoder
        self.categories = [np.asarray(one) for one in encoder.categories_]
        self._names = list(getattr(encoder, "feature_names_in_", range(len(self.categories))))
        first = self._answers([one[:1] for one in self.categories])
        self._widths = self._count(first.shape[1])

    def columns(self, place: int) -> slice:
        """Which columns of its answer are about a column of its input."""
        begin = sum(self._widths[:place])
        return slice(begin, begin + self._widths[place])

    def about(self, place: int, values: NDArray[Any]) -> NDArray[np.float64] | None:
        """Its answers about some values of a column, of shape (values, width); None where it refuses them."""
        count = len(values)
        others = [np.repeat(one[:1], count) for one in self.categories]
        others[place] = values
        try:
            return self._answers(others)[:, self.columns(place)]
        except (ValueError, TypeError):
            return _REFUSED

    def _answers(self, columns: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
        frame = pd.DataFrame(dict(zip(self._names, columns, strict=True)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = self.encoder.transform(frame if hasattr(self.encoder, "feature_names_in_") else _values(frame))
        dense = found.toarray() if hasattr(found, "toarray") else np.asarray(found)
        return dense.astype(np.float64)

    def _count(self, width: int) -> list[int]:
        each = getattr(self.encoder, "_n_features_outs", None)
        if each is not None:
            return [int(one) for one in each]
        if width != len(self.categories):
            raise Unconvertible(f"a {type(self.encoder).__name__} gives {width} columns for {len(self.categories)}")
        return [1] * width


def _values(frame: pd.DataFrame) -> NDArray[Any]:
    return frame.to_numpy()


class _Table:
    """One column: keys, the figures of each, and those of any other value; None where it is refused."""

    def __init__(
        self, keys: NDArray[Any], figures: NDArray[np.float64], other: NDArray[np.float64] | None, width: int
    ) -> None:
        self.keys, self.figures, self.other, self.width = keys, figures, other, width

    @classmethod
    def of(cls, asked: _Asked, place: int, kind: Kind) -> "_Table":
        categories = asked.categories[place]
        width = asked.columns(place).stop - asked.columns(place).start
        real = _present(categories)
        if kind == "text":
            keys, missing, unknown = _texts(real, categories), np.array([None], dtype=object), _unused_text(real)
        else:
            keys, missing, unknown = _numbers(real), np.array([np.nan]), _unused_number(real)
        figures = asked.about(place, real) if len(real) else np.empty((0, width))
        if figures is None:
            raise Unconvertible("an encoder refuses its own categories")
        without, other = asked.about(place, missing), asked.about(place, unknown)
        if without is not None:
            keys = np.append(keys, np.array([""], dtype=object) if kind == "text" else np.array([np.nan]))
            figures = np.vstack([figures, without])
        elif other is not None:
            raise Unconvertible("an encoder takes unknown categories and refuses missing ones")
        return cls(keys, figures, other[0] if other is not None else None, width)

    def looked_up(self, graph: Graph, tensor: str) -> str:
        """The figures of a column of shape (rows, 1); empty where there are none. A refused value fails the graph."""
        if not self.width:
            return ""
        codes = np.arange(len(self.keys), dtype=np.int64)
        code = graph.op(
            "LabelEncoder",
            graph.reshape(tensor, -1),
            domain=ML,
            keys_tensor=numpy_helper.from_array(self.keys),
            values_tensor=numpy_helper.from_array(codes),
            default_tensor=numpy_helper.from_array(np.array([len(self.keys)], dtype=np.int64)),
        )
        rows = self.figures if self.other is None else np.vstack([self.figures, self.other])
        return graph.op("Gather", graph.constant(rows), code, axis=0)


def _present(categories: NDArray[Any]) -> NDArray[Any]:
    missing: NDArray[Any] = np.asarray(pd.isna(pd.Series(categories)))
    present: NDArray[Any] = categories[~missing]
    return present


def _texts(real: NDArray[Any], categories: NDArray[Any]) -> NDArray[Any]:
    if not all(isinstance(one, str) for one in real):
        raise Unconvertible("an encoder of numbers gets texts")
    if "" in real:
        raise Unconvertible("an encoder knows the empty text as a category, which is a missing one in ONNX")
    if any(isinstance(one, float) for one in categories) and not any(one is None for one in categories):
        raise Unconvertible("an encoder knows missing texts as NaN, and requests have them as None")
    return np.array(list(real), dtype=object)


def _numbers(real: NDArray[Any]) -> NDArray[np.float64]:
    try:
        return real.astype(np.float64)
    except ValueError as error:
        raise Unconvertible("an encoder of texts gets numbers") from error


def _unused_text(real: NDArray[Any]) -> NDArray[Any]:
    longest = max((len(str(one)) for one in real), default=0)
    return np.array(["?" * (longest + 1)], dtype=object)


def _unused_number(real: NDArray[Any]) -> NDArray[np.float64]:
    return np.array([float(max(real.astype(np.float64), default=0.0)) + 1.5])
