"""Reads tables piece by piece, so that their size does not matter."""

import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from leeboard.api.reasons import Reason
from leeboard.runner.failures import RunError, say

SUFFIXES = (".parquet", ".csv", ".csv.gz")
PIECE = 50_000
"""Rows that are held in memory at a time."""


def is_table(name: str) -> bool:
    """Whether a file's name says that it is a table."""
    return name.endswith(SUFFIXES)


def read_pieces(path: Path, name: str) -> Iterator[pd.DataFrame]:
    """The rows of a table; a table without rows gives one empty piece with its columns.

    Raises RunError (BadData) where the file is not what its name says.
    """
    try:
        yield from _parquet(path) if name.endswith(".parquet") else _csv(path, name)
    except (ValueError, OSError, EOFError, zlib.error, gzip.BadGzipFile, pa.ArrowException) as error:
        kind = "parquet" if name.endswith(".parquet") else "CSV"
        say("fetch", f"{name}: {error}")
        raise RunError(Reason.BAD_DATA, f"{name} cannot be read as {kind}: {_complaint(error)}") from error


def _complaint(error: Exception) -> str:
    """What is wrong without a value of the table: the line where a library names it, else the kind of the error."""
    found = re.search(r"Expected \d+ fields in line \d+, saw \d+", str(error))
    return found[0] if found else type(error).__name__


def _parquet(path: Path) -> Iterator[pd.DataFrame]:
    with pq.ParquetFile(path) as file:
        yield file.schema_arrow.empty_table().to_pandas()
        for batch in file.iter_batches(batch_size=PIECE):
            yield batch.to_pandas()


def _csv(path: Path, name: str) -> Iterator[pd.DataFrame]:
    compression: Literal["gzip"] | None = "gzip" if name.endswith(".gz") else None
    with pd.read_csv(path, compression=compression, chunksize=PIECE, low_memory=False) as pieces:
        yield from pieces
