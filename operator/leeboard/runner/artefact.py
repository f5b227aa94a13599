"""Checks what the script left before it is stored: a model in a safe format, and its reference rows."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.types import is_date, is_floating, is_integer, is_large_string, is_string, is_timestamp

from leeboard.api.reasons import Reason
from leeboard.runner.failures import RunError, say
from leeboard.runner.model_folder import Inspected, UnfitModel, inspected

TIMES = "event_timestamp"
"""The column that says when each row was. It is no input."""


def check_model(folder: Path, *, allow_unsafe: bool = False) -> Inspected:
    """A model that may be stored. Raises RunError (ResultMissing, BadData, UnsafeFormat)."""
    try:
        return inspected(folder, allow_unsafe=allow_unsafe)
    except UnfitModel as unfit:
        say("publish", str(unfit))
        raise RunError(unfit.reason, unfit.told) from unfit


def check_reference(path: Path) -> None:
    """Raises RunError: ResultMissing where the reference is absent, empty or without the columns it needs, BadData
    where its column event_timestamp, which it need not have, is of a type that holds no times."""
    if not path.is_file() or path.is_symlink():
        raise RunError(Reason.RESULT_MISSING, "the script left no reference.parquet in LEEBOARD_OUTPUT_DIR")
    try:
        with pq.ParquetFile(path) as file:
            schema, rows = file.schema_arrow, file.metadata.num_rows
    except (pa.ArrowException, OSError, ValueError) as error:
        raise RunError(Reason.RESULT_MISSING, f"reference.parquet cannot be read: {type(error).__name__}") from error
    if absent := {"label", "split"} - set(schema.names):
        raise RunError(Reason.RESULT_MISSING, f"reference.parquet lacks the column {' and '.join(sorted(absent))}")
    if rows == 0:
        raise RunError(Reason.RESULT_MISSING, "reference.parquet has no rows")
    kinds = [kind for name, kind in zip(schema.names, schema.types, strict=True) if name == TIMES]
    if unfit := [str(kind)[:40] for kind in kinds if not _holds_times(kind)]:
        text = f"reference.parquet: {TIMES} holds {unfit[0]}, and not times, RFC 3339 text or seconds since 1970"
        raise RunError(Reason.BAD_DATA, text)


def _holds_times(kind: pa.DataType) -> bool:
    """Whether values of this type may tell when a row was; which do is seen when they are evaluated."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    tests = (is_timestamp, is_date, is_integer, is_floating, is_string, is_large_string)
    return any(test(kind) for test in tests)
