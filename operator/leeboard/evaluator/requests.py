"""Rows of requests that exporters stored with their inputs: one Parquet file, and many together."""

import io
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from leeboard.api.request_log import MODEL_KEY
from leeboard.stats.sampling import id_hashes

MOST_VALUES, MOST_BYTES = 2 << 20, 64 << 20
"""Of one file: rows times columns, and what it says that it is once it is decompressed."""
_OWN = {"id": pa.string(), "time": pa.timestamp("us", tz="UTC"), "score": pa.float64()}
_TEXT = pa.dictionary(pa.int32(), pa.string())


def parse_requests(data: bytes) -> pa.Table:
    """Read one file. Raises ValueError where it is something else, or larger than any of ours.

    Texts stay as a dictionary and its codes: a small file that repeats a long text is not a large table.
    """
    try:
        schema = bounded(data).schema_arrow
        unfit = [field.name for field in schema if field.type not in (pa.float64(), pa.string(), _OWN["time"])]
        absent = [name for name, kind in _OWN.items() if name not in schema.names or schema.field(name).type != kind]
        if unfit or absent or len(set(schema.names)) < len(schema.names):
            raise ValueError(f"columns {', '.join([*unfit, *absent][:10])} are not those of rows of requests")
        texts = [field.name for field in schema if field.type == pa.string()]
        return pq.read_table(io.BytesIO(data), read_dictionary=texts)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"not a Parquet file: {error}") from error


def model_of(data: bytes) -> str:
    """The Model whose rows a file holds; empty where it does not say, or is none of ours."""
    try:
        told = pq.read_schema(io.BytesIO(data)).metadata or {}
        return bytes(told.get(MODEL_KEY, b"")).decode()
    except (pa.ArrowException, OSError, UnicodeDecodeError):
        return ""


def bounded(data: bytes) -> pq.ParquetFile:
    """A file of no more than may be. Raises ValueError where it is larger, ArrowException where it is none."""
    found = pq.ParquetFile(io.BytesIO(data))
    told = found.metadata
    size = sum(told.row_group(position).total_byte_size for position in range(told.num_row_groups))
    if told.num_rows * told.num_columns > MOST_VALUES or size > MOST_BYTES:
        raise ValueError(f"{told.num_rows} rows of {told.num_columns} columns, {size} bytes")
    return found


def parse_recomputed(data: bytes) -> pd.DataFrame:
    """Rows of a Parquet file with the column `id`, text or integers, and inputs by their names.

    Raises ValueError where it is something else, or larger than may be.
    """
    try:
        names = bounded(data).schema_arrow.names
        if "id" not in names or len(set(names)) < len(names):
            raise ValueError("no column id, or one twice")
        frame: pd.DataFrame = pq.read_table(io.BytesIO(data)).to_pandas()
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"not a Parquet file: {error}") from error
    return frame[frame["id"].notna()].assign(id=lambda rows: rows["id"].astype(str)).drop_duplicates("id", keep="last")


def together(tables: Sequence[pa.Table]) -> pd.DataFrame:
    """The rows of many files; an input that a file has not is missing there. One whose kind differs is left out.

    `id` is text, `time` a moment in UTC, texts are categories. Nothing where there are no files.
    """
    if not tables:
        return pd.DataFrame({"id": [], "time": pd.to_datetime([], utc=True), "score": np.empty(0)})
    kinds: dict[str, set[str]] = {}
    for table in tables:
        for field in table.schema:
            kinds.setdefault(field.name, set()).add(str(field.type))
    mixed = [name for name, found in kinds.items() if len(found) > 1]
    same = [table.drop_columns([name for name in mixed if name in table.column_names]) for table in tables]
    frame: pd.DataFrame = pa.concat_tables(same, promote_options="default").to_pandas()
    return frame.assign(id=frame["id"].astype(object))


def newest_of_each(frame: pd.DataFrame) -> tuple[pd.DataFrame, NDArray[np.uint64]]:
    """One row an id, the latest, in the order of time, and the hashes of the ids."""
    ordered = frame.sort_values("time", kind="stable").drop_duplicates("id", keep="last")
    ordered = ordered[ordered["id"].notna()].reset_index(drop=True)
    return ordered, id_hashes(ordered["id"].to_numpy(dtype=object))
