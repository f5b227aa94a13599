"""The rows of a parquet file as Open Inference Protocol v2 requests, and their labels as feedback."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet

LABEL, TIME = "label", "time"
NOT_INPUTS = (LABEL, "split", TIME)
"""Columns that the model never sees, as in reference.parquet; `time` gives the order in which rows are sent."""


@dataclass(frozen=True)
class Column:
    """One input: its Open Inference Protocol datatype and its values, None for a missing one."""

    name: str
    datatype: str
    values: list[Any]


@dataclass(frozen=True)
class Rows:
    """Columns of one length; a label of None is one that never comes."""

    columns: tuple[Column, ...]
    labels: list[int | None]

    def __len__(self) -> int:
        return len(self.labels)

    def request(self, request_id: str, start: int, stop: int) -> bytes:
        """The body of a request about the rows from `start` to before `stop`."""
        inputs = [
            {"name": c.name, "shape": [stop - start], "datatype": c.datatype, "data": c.values[start:stop]}
            for c in self.columns
        ]
        return json.dumps({"id": request_id, "inputs": inputs}, separators=(",", ":"), allow_nan=False).encode()

    def feedback(self, request_id: str, start: int, stop: int) -> list[dict[str, Any]]:
        """The labels of such a request, under the ids that the server gives to its rows."""
        single = stop - start == 1
        return [
            {"id": request_id if single else f"{request_id}/{position}", "label": label}
            for position, label in enumerate(self.labels[start:stop])
            if label is not None
        ]


def read_rows(path: Path) -> Rows:
    """Read a file: every column is an input, but `label`, `split` and `time`.

    Raises OSError where it cannot be read, and ValueError where it is no parquet file, is empty, or holds what the
    protocol cannot say: a type of its own, an infinite number, a label other than 0, 1 and missing.
    """
    try:
        table = pyarrow.parquet.read_table(path)
    except pa.ArrowException as error:
        raise ValueError(f"{path.name}: {error}") from error
    if not table.num_rows:
        raise ValueError(f"{path.name} has no rows")
    if TIME in table.column_names:
        order = pyarrow.compute.sort_indices(table, sort_keys=[(TIME, "ascending")])
        table = table.take(order)
    # pandas keeps an index that has a meaning in columns of this name
    names = [n for n in table.column_names if n not in NOT_INPUTS and not n.startswith("__index_level_")]
    if not names:
        raise ValueError(f"{path.name} has no inputs")
    columns = tuple(_column(name, table.column(name)) for name in names)
    labels = table.column(LABEL).to_pylist() if LABEL in table.column_names else [None] * table.num_rows
    return Rows(columns, [_label(value) for value in labels])


def _column(name: str, values: Any) -> Column:
    datatype = _datatype(name, values.type)
    listed = [None if _is_missing(value) else value for value in values.to_pylist()]
    if datatype == "FP64" and any(value is not None and math.isinf(value) for value in listed):
        raise ValueError(f"{name} holds an infinite number, which JSON cannot say")
    return Column(name, datatype, listed)


def _datatype(name: str, kind: Any) -> str:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    known = (
        (pa.types.is_floating, "FP64"),
        (pa.types.is_integer, "INT64"),
        (pa.types.is_boolean, "BOOL"),
        (pa.types.is_string, "BYTES"),
        (pa.types.is_large_string, "BYTES"),
        (pa.types.is_null, "BYTES"),
    )
    for fits, datatype in known:
        if fits(kind):
            return datatype
    raise ValueError(f"{name} is of type {kind}, for which the protocol has no datatype")


def _label(value: Any) -> int | None:
    if _is_missing(value):
        return None
    if value in (0, 1):
        return int(value)
    raise ValueError(f"a label of {value!r}")


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
