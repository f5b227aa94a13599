"""Brings the datasets of a run: which partitions, which bytes, how many rows, and whether they may be trained on."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from leeboard.api.dataset import Dataset
from leeboard.api.lineage import DatasetRecord
from leeboard.api.reasons import Reason
from leeboard.runner.failures import RunError, say
from leeboard.runner.partitions import newest_partitions
from leeboard.runner.tables import is_table, read_pieces
from leeboard.runner.validation import Inspection
from leeboard.storage import Entry, Manifest, Store, open_store
from leeboard.storage.manifest import MOST_FILES, ManifestFile

MOST_BYTES = 40 << 30
"""What one dataset may hold, so that it fits into the pod's volume."""


@dataclass(frozen=True)
class Download:
    """A dataset that lies in a folder now. Its digest is that of the manifest of its files, by paths below the URI."""

    dataset: Dataset
    partitions: tuple[str, ...]
    manifest: Manifest
    folder: Path


def download(dataset: Dataset, folder: Path, *, endpoint: str | None, environment: Mapping[str, str]) -> Download:
    """Bring a dataset's files. Raises RunError (BadData) where there is nothing, StorageError."""
    store = open_store(dataset.uri, endpoint=endpoint, environment=environment)
    partitions, entries = _chosen(dataset, store)
    _check_bounds(dataset, entries)
    size = sum(entry.bytes for entry in entries)
    what = f"{len(partitions)} partitions, " if partitions else ""
    say("fetch", f"{dataset.name} {what}{len(entries)} files, {size / 1e6:.1f} MB")
    files = [
        ManifestFile(e.key, store.read_to(e.key, folder / e.key), (folder / e.key).stat().st_size) for e in entries
    ]
    return Download(dataset, partitions, Manifest(tuple(sorted(files))), folder)


def inspect(done: Download) -> DatasetRecord:
    """Count and check the rows. Raises RunError (BadData) that names columns and counts."""
    inspection = Inspection(done.dataset.validation)
    for file in done.manifest.files:
        if not is_table(file.path):
            continue
        for number, piece in enumerate(read_pieces(done.folder / file.path, file.path)):
            if number == 0:
                inspection.begin_file(file.path, [str(column) for column in piece.columns])
            inspection.add(piece)
    if problems := inspection.problems():
        raise RunError(Reason.BAD_DATA, f"dataset {done.dataset.name}: {'; '.join(problems)}")
    say("fetch", f"{done.dataset.name} {inspection.rows} rows, {done.manifest.digest}")
    return DatasetRecord(
        name=done.dataset.name,
        role=done.dataset.role,
        uri=done.dataset.uri,
        partitions=done.partitions,
        digest=done.manifest.digest,
        rows=inspection.rows,
        schema_digest=inspection.schema_digest,
    )


def _chosen(dataset: Dataset, store: Store) -> tuple[tuple[str, ...], list[Entry]]:
    entries = [entry for entry in store.list() if not entry.key.endswith("/")]
    if dataset.partitions is None:
        return (), entries
    wanted = dataset.partitions
    partitions = newest_partitions((entry.key for entry in entries), wanted.pattern, wanted.last)
    if not partitions:
        raise RunError(Reason.BAD_DATA, f"dataset {dataset.name}: no partition {wanted.pattern} in {dataset.uri}")
    return partitions, [entry for entry in entries if entry.key.startswith(partitions)]


def _check_bounds(dataset: Dataset, entries: list[Entry]) -> None:
    name = f"dataset {dataset.name}"
    if not any(is_table(entry.key) for entry in entries):
        raise RunError(Reason.BAD_DATA, f"{name}: no .parquet, .csv or .csv.gz file in {dataset.uri}")
    if len(entries) > MOST_FILES or sum(entry.bytes for entry in entries) > MOST_BYTES:
        raise RunError(Reason.BAD_DATA, f"{name}: more than {MOST_FILES} files or {MOST_BYTES >> 30} GiB")
    for entry in entries:
        if {"..", ""} & set(PurePosixPath(entry.key).parts) or entry.key.startswith("/"):
            raise RunError(Reason.BAD_DATA, f"{name}: the key {entry.key!r} leads out of its folder")
