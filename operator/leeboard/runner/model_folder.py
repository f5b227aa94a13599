"""Whether a folder holds a model that may be stored and loaded, and of which format it is. Nothing is unpickled."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from leeboard.api.model_format import FORMATS, LoadedFormat, ModelFormat, formats_of
from leeboard.api.reasons import Reason
from leeboard.storage import Manifest

_UNSAFE = (".pkl", ".pickle", ".joblib", ".dill", ".cloudpickle", ".pt", ".pth", ".ckpt", ".bin.gz", ".npy", ".npz")
"""Suffixes of formats whose loaders may run code that the file brings along."""
_PICKLES = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))
"""How pickles of protocol 2 to 5 begin (Python's pickletools)."""
_MAIN_FILES = [name for one in FORMATS.values() for name in one.files]


@dataclass(frozen=True)
class Inspected:
    """The files of a model that may be stored, and the format of it."""

    manifest: Manifest
    format: LoadedFormat
    safe: bool


class UnfitModel(ValueError):
    """The folder holds no such model: `reason` is typed, the text names the file.

    `told` is what a run says of it where others read it: it names nothing that the script chose.
    """

    def __init__(self, reason: Reason, text: str, told: str = "") -> None:
        super().__init__(text)
        self.reason = reason
        self.told = told or text


def inspected(folder: Path, *, allow_unsafe: bool = False) -> Inspected:
    """A model that may be stored. Raises UnfitModel: ResultMissing where there is none, BadData where there are more.

    Where unsafe formats are not allowed it raises UnsafeFormat for every file that would have to be unpickled.
    """
    try:
        manifest = Manifest.of_directory(folder)
    except ValueError as error:
        raise UnfitModel(
            Reason.UNSAFE_FORMAT, str(error), "LEEBOARD_MODEL_DIR holds a link, or too many files"
        ) from error
    paths = [file.path for file in manifest.files]
    found = _only_one(paths) if allow_unsafe or not _pickles(folder, paths) else None
    if found is None or not (found.safe or allow_unsafe):
        raise _unsafe(folder, paths)
    if found.name == "sklearn-skops":
        _check_skops(folder / found.files[0])
    return Inspected(manifest, found.name, found.safe)


def _only_one(paths: Sequence[str]) -> ModelFormat:
    found = formats_of(paths)
    if not found:
        others = f"{len(paths)} other files" if paths else "nothing"
        told = f"the script left {others} in LEEBOARD_MODEL_DIR, no model.skops and no model of another format"
        raise UnfitModel(Reason.RESULT_MISSING, f"there is {others}, no {', no '.join(_MAIN_FILES)}", told)
    there = [name for name in _MAIN_FILES if name in paths]
    if len(found) > 1 or len(set(found[0].files).intersection(paths)) > 1:
        # of a model.py nobody else's files count, and of the names of main files none was chosen by the script
        raise UnfitModel(Reason.BAD_DATA, f"there is {' and '.join(there)}: which of them is the model?")
    return found[0]


def _pickles(folder: Path, paths: Sequence[str]) -> list[str]:
    return [path for path in paths if path.lower().endswith(_UNSAFE) or _is_pickle(folder / path)]


def _unsafe(folder: Path, paths: Sequence[str]) -> UnfitModel:
    pickled = _pickles(folder, paths)
    if not pickled:
        text = "model.py runs code that came with the model, and the Model does not say serving.allowUnsafeFormats"
        return UnfitModel(Reason.UNSAFE_FORMAT, text)
    told = "a file in LEEBOARD_MODEL_DIR would have to be unpickled"
    return UnfitModel(Reason.UNSAFE_FORMAT, f"{pickled[0]} would have to be unpickled", told)


def _is_pickle(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) in _PICKLES


def _check_skops(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise UnfitModel(Reason.UNSAFE_FORMAT, f"{path.name} was not written by skops") from error
    if "schema.json" not in names:
        raise UnfitModel(Reason.UNSAFE_FORMAT, f"{path.name} was not written by skops: it holds no schema.json")
