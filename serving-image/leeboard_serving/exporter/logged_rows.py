"""Rows of requests as a file: their ids, times, scores and inputs, in Parquet."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from leeboard.api.request_log import MODEL_KEY
from leeboard_serving.observation import Column

_SMALL = 16
"""Bytes of a row's time and score."""


@dataclass(frozen=True, eq=False)
class Block:
    """Some rows: ids, times in seconds since 1970, scores, and the inputs by the names of their columns."""

    ids: NDArray[np.object_]
    times: NDArray[np.float64]
    scores: NDArray[np.float64]
    inputs: Mapping[str, Column]

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, which: slice | NDArray[np.bool_]) -> "Block":
        """Some of them."""
        inputs = {name: column[which] for name, column in self.inputs.items()}
        return Block(self.ids[which], self.times[which], self.scores[which], inputs)

    def sizes(self) -> NDArray[np.int64]:
        """Roughly how many bytes each row takes: 8 a number, and the characters of texts."""
        numbers = sum(1 for column in self.inputs.values() if column.dtype != object)
        sizes = np.fromiter(map(len, self.ids), np.int64, len(self)) + _SMALL + 8 * numbers
        for column in self.inputs.values():
            if column.dtype == object:
                sizes += np.fromiter((len(text or "") for text in column), np.int64, len(self))
        return sizes


@dataclass(frozen=True, eq=False)
class LoggedRows:
    """A file of the request log of a Model. `start` and `end` are milliseconds since 1970."""

    kind: ClassVar[str] = "requests"
    suffix: ClassVar[str] = "parquet"

    model: str
    start: int
    end: int
    blocks: Sequence[Block]

    def data(self) -> bytes:
        """The file: numbers as float64, texts as strings, missing values as null. It takes a while; for a thread."""
        first = self.blocks[0]
        times = np.round(self._whole("times") * 1e6).astype(np.int64)
        columns = {
            "id": pa.array(self._whole("ids"), pa.string()),
            "time": pa.array(times, pa.timestamp("us", tz="UTC")),
            "score": pa.array(self._whole("scores"), pa.float64()),
        }
        for name in first.inputs:
            columns[name] = _column(np.concatenate([one.inputs[name] for one in self.blocks]))
        file = io.BytesIO()
        table = pa.table(columns).replace_schema_metadata({MODEL_KEY: self.model.encode()})
        pq.write_table(table, file, compression="zstd")
        return file.getvalue()

    def _whole(self, name: str) -> NDArray[Any]:
        return np.concatenate([getattr(one, name) for one in self.blocks])


def _column(values: Column) -> pa.Array:
    if values.dtype == object:
        return pa.array(values, pa.string())
    return pa.array(values.astype(np.float64), from_pandas=True)  # NaN is null
