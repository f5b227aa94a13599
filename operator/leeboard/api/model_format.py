"""The formats of stored models: by which files each is known, and whether loading one runs code that came with it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

LoadedFormat = Literal["sklearn-skops", "onnx", "xgboost", "lightgbm", "python", "sklearn-pickle", "sklearn-joblib"]
StoredFormat = Literal[
    "sklearn-skops", "onnx", "xgboost", "lightgbm", "python", "sklearn-pickle", "sklearn-joblib", "opaque"
]
OPAQUE: StoredFormat = "opaque"
_SCIKIT = ("scikit-learn", "skops", "joblib", "numpy")


@dataclass(frozen=True)
class ModelFormat:
    """One format: `files` are the names of its main file, of which an artefact has exactly one.

    `libraries` are the packages whose versions decide whether it loads.
    """

    name: LoadedFormat
    files: tuple[str, ...]
    safe: bool
    libraries: tuple[str, ...]


FORMATS: dict[str, ModelFormat] = {
    one.name: one
    for one in (
        ModelFormat("sklearn-skops", ("model.skops",), safe=True, libraries=_SCIKIT),
        ModelFormat("onnx", ("model.onnx",), safe=True, libraries=("onnx", "skl2onnx")),
        ModelFormat("xgboost", ("model.json", "model.ubj"), safe=True, libraries=("xgboost", "xgboost-cpu")),
        ModelFormat("lightgbm", ("model.txt",), safe=True, libraries=("lightgbm",)),
        ModelFormat("python", ("model.py",), safe=False, libraries=("numpy", "pandas", "scikit-learn")),
        ModelFormat("sklearn-pickle", ("model.pkl",), safe=False, libraries=_SCIKIT),
        ModelFormat("sklearn-joblib", ("model.joblib",), safe=False, libraries=_SCIKIT),
    )
}
"""Those that can be loaded, the safe ones first."""

if tuple(FORMATS) != get_args(LoadedFormat):
    raise TypeError("FORMATS and LoadedFormat name different formats")


def is_unsafe(name: str) -> bool:
    """Whether loading it runs code that came with the model; a format that is not known is never loaded at all."""
    return name in FORMATS and not FORMATS[name].safe


def formats_of(paths: Iterable[str]) -> list[ModelFormat]:
    """The formats whose main file is among the paths of an artefact.

    A model.py may bring files of every kind along, which are its own business: beside it nothing else counts.
    """
    there = set(paths)
    found = [one for one in FORMATS.values() if there.intersection(one.files)]
    return [one for one in found if one.name == "python"] or found


def libraries_of(name: str, packages: Iterable[str]) -> dict[str, str]:
    """Of `package==version` the versions that matter to a format, by the package's name."""
    found = (package.partition("==") for package in packages)
    wanted = FORMATS[name].libraries
    return {package: version[:64] for package, _, version in found if package in wanted}
