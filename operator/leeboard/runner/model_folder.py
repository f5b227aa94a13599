"""Whether a folder holds a model that may be stored and loaded: nothing in it has to be unpickled."""

import zipfile
from pathlib import Path

from leeboard.api.reasons import Reason
from leeboard.storage import Manifest

MODEL = "model.skops"
_UNSAFE = (".pkl", ".pickle", ".joblib", ".dill", ".cloudpickle", ".pt", ".pth", ".ckpt", ".bin.gz", ".npy", ".npz")
"""Suffixes of formats whose loaders may run code that the file brings along."""
_PICKLES = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))
"""How pickles of protocol 2 to 5 begin (Python's pickletools)."""


class UnfitModel(ValueError):
    """The folder holds no such model: `reason` is typed, the text names the file.

    `told` is what a run says of it where others read it: it names nothing that the script chose.
    """

    def __init__(self, reason: Reason, text: str, told: str = "") -> None:
        super().__init__(text)
        self.reason = reason
        self.told = told or text


def inspected(folder: Path) -> Manifest:
    """The manifest of a model that may be stored. Raises UnfitModel (ResultMissing, UnsafeFormat)."""
    try:
        manifest = Manifest.of_directory(folder)
    except ValueError as error:
        raise UnfitModel(
            Reason.UNSAFE_FORMAT, str(error), "LEEBOARD_MODEL_DIR holds a link, or too many files"
        ) from error
    paths = [file.path for file in manifest.files]
    for path in paths:
        if path.lower().endswith(_UNSAFE) or _is_pickle(folder / path):
            told = "a file in LEEBOARD_MODEL_DIR would have to be unpickled"
            raise UnfitModel(Reason.UNSAFE_FORMAT, f"{path} would have to be unpickled", told)
    if MODEL not in paths:
        found = f"{len(paths)} other files" if paths else "nothing"
        told = f"the script left {found} in LEEBOARD_MODEL_DIR, no {MODEL}"
        raise UnfitModel(Reason.RESULT_MISSING, f"there is {found}, no {MODEL}", told)
    _check_skops(folder / MODEL)
    return manifest


def _is_pickle(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) in _PICKLES


def _check_skops(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile as error:
        raise UnfitModel(Reason.UNSAFE_FORMAT, f"{MODEL} was not written by skops") from error
    if "schema.json" not in names:
        raise UnfitModel(Reason.UNSAFE_FORMAT, f"{MODEL} was not written by skops: it holds no schema.json")
