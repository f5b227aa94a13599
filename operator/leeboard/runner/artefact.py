"""Checks what the script left before it is stored: a model in a safe format, and its reference rows."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from leeboard.api.reasons import Reason
from leeboard.runner.failures import RunError, say
from leeboard.runner.model_folder import Inspected, UnfitModel, inspected


def check_model(folder: Path, *, allow_unsafe: bool = False) -> Inspected:
    """A model that may be stored. Raises RunError (ResultMissing, BadData, UnsafeFormat)."""
    try:
        return inspected(folder, allow_unsafe=allow_unsafe)
    except UnfitModel as unfit:
        say("publish", str(unfit))
        raise RunError(unfit.reason, unfit.told) from unfit


def check_reference(path: Path) -> None:
    """Raises RunError (ResultMissing) where the reference is absent, empty or without the columns it needs."""
    if not path.is_file() or path.is_symlink():
        raise RunError(Reason.RESULT_MISSING, "the script left no reference.parquet in LEEBOARD_OUTPUT_DIR")
    try:
        with pq.ParquetFile(path) as file:
            columns, rows = set(file.schema_arrow.names), file.metadata.num_rows
    except (pa.ArrowException, OSError, ValueError) as error:
        raise RunError(Reason.RESULT_MISSING, f"reference.parquet cannot be read: {type(error).__name__}") from error
    if absent := {"label", "split"} - columns:
        raise RunError(Reason.RESULT_MISSING, f"reference.parquet lacks the column {' and '.join(sorted(absent))}")
    if rows == 0:
        raise RunError(Reason.RESULT_MISSING, "reference.parquet has no rows")
