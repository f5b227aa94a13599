"""Checks what the script left before it is stored: a model in a safe format, and its reference rows."""

import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from leeboard.api.reasons import Reason
from leeboard.runner.failures import RunError, say
from leeboard.storage import Manifest

MODEL = "model.skops"
_UNSAFE = (".pkl", ".pickle", ".joblib", ".dill", ".cloudpickle", ".pt", ".pth", ".ckpt", ".bin.gz", ".npy", ".npz")
"""Suffixes of formats whose loaders may run code that the file brings along."""
_PICKLES = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))
"""How pickles of protocol 2 to 5 begin (Python's pickletools)."""


def check_model(folder: Path) -> Manifest:
    """The manifest of a model that may be stored. Raises RunError (ResultMissing, UnsafeFormat)."""
    try:
        manifest = Manifest.of_directory(folder)
    except ValueError as error:
        say("publish", str(error))
        raise RunError(Reason.UNSAFE_FORMAT, "LEEBOARD_MODEL_DIR holds a link, or too many files") from error
    paths = [file.path for file in manifest.files]
    for path in paths:
        if path.lower().endswith(_UNSAFE) or _is_pickle(folder / path):
            say("publish", f"{path} would have to be unpickled")
            raise RunError(Reason.UNSAFE_FORMAT, "a file in LEEBOARD_MODEL_DIR would have to be unpickled")
    if MODEL not in paths:
        found = f"{len(paths)} other files" if paths else "nothing"
        raise RunError(Reason.RESULT_MISSING, f"the script left {found} in LEEBOARD_MODEL_DIR, no {MODEL}")
    _check_skops(folder / MODEL)
    return manifest


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


def _is_pickle(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) in _PICKLES


def _check_skops(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile as error:
        raise RunError(Reason.UNSAFE_FORMAT, f"{MODEL} was not written by skops") from error
    if "schema.json" not in names:
        raise RunError(Reason.UNSAFE_FORMAT, f"{MODEL} was not written by skops: it holds no schema.json")
