"""Brings what an evaluation needs from object storage; nothing is used before its digest has been verified."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from leeboard.api.lineage import DatasetRecord
from leeboard.api.model_version import Artifact, StoredFile
from leeboard.api.reasons import Reason
from leeboard.evaluator.failures import EvaluationError
from leeboard.storage import Manifest, StorageError, Store, open_store
from leeboard.storage.manifest import LARGEST_MANIFEST

MOST_ROWS = 5_000_000
"""Rows of a table that are read into memory at most."""


@dataclass(frozen=True)
class Downloads:
    """Where things come from, and the folder they are put into."""

    endpoint: str | None
    environment: Mapping[str, str]
    folder: Path

    def store(self, uri: str) -> Store:
        """The store at a URI. Raises StorageError."""
        return open_store(uri, endpoint=self.endpoint, environment=self.environment)

    def artifact(self, artifact: Artifact) -> Path:
        """The folder with the files of an artefact, each as its manifest says and the manifest as registered.

        Raises StorageError: DigestMismatch where one byte differs, BadData where the manifest is none.
        """
        store = self.store(artifact.uri)
        stored = store.get("manifest.json", most=LARGEST_MANIFEST)
        target = self._place(artifact.digest)
        for file in Manifest.registered(stored, artifact.digest, artifact.bytes).files:
            _verify(file.path, store.read_to(f"model/{file.path}", target / file.path, most=file.bytes), file.digest)
        return target

    def file(self, stored: StoredFile) -> Path:
        """One file. Raises StorageError."""
        folder, _, name = stored.uri.rpartition("/")
        path = self._place(stored.digest) / name
        _verify(name, self.store(folder + "/").read_to(name, path), stored.digest)
        return path

    def dataset(self, dataset: DatasetRecord) -> list[Path]:
        """The tables of a dataset, sorted by their path, as the run read them. Raises StorageError."""
        store, target = self.store(dataset.uri), self._place(dataset.digest)
        for prefix in dataset.partitions or ("",):
            for entry in store.list(prefix):
                if not entry.key.endswith("/"):
                    store.read_to(entry.key, target / entry.key)
        target.mkdir(parents=True, exist_ok=True)
        manifest = Manifest.of_directory(target)
        _verify(f"dataset {dataset.name}", manifest.digest, dataset.digest)
        return [target / file.path for file in manifest.files if file.path.endswith((".parquet", ".csv", ".csv.gz"))]

    def _place(self, digest: str) -> Path:
        return self.folder / digest.removeprefix("sha256:")


def read_table(path: Path, texts: frozenset[str] | None = None) -> pd.DataFrame:
    """A table. Columns of a CSV named in `texts` are strings, whatever they look like.

    Raises EvaluationError (BadData) where it cannot be read or has too many rows.
    """
    try:
        if path.name.endswith(".parquet"):
            rows = pq.ParquetFile(path).metadata.num_rows
            if rows > MOST_ROWS:
                raise EvaluationError(Reason.BAD_DATA, f"{path.name}: {rows} rows; at most {MOST_ROWS} are read")
            return pd.read_parquet(path)
        types = dict.fromkeys(texts or (), "object")
        frame = pd.read_csv(path, dtype=types, nrows=MOST_ROWS + 1, low_memory=False)  # type: ignore[arg-type]
    except (ValueError, OSError, pa.ArrowException) as error:
        raise EvaluationError(Reason.BAD_DATA, f"{path.name} cannot be read: {type(error).__name__}") from error
    if len(frame) > MOST_ROWS:
        raise EvaluationError(Reason.BAD_DATA, f"{path.name}: more than {MOST_ROWS} rows")
    return frame


def _verify(name: str, found: str, registered: str) -> None:
    if found != registered:
        raise StorageError(Reason.DIGEST_MISMATCH, f"{name} is {found}, registered as {registered}")
