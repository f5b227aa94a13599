"""From a folder of verified files to a model that answers."""

from pathlib import Path

from leeboard.api.model_format import FORMATS, ModelFormat
from leeboard.api.reasons import Reason
from leeboard.models.failures import ModelError
from leeboard.models.predictor import Predictor

__all__ = ["FORMATS", "load"]


def load(folder: Path, format: str, *, allow_unsafe: bool = False, threads: int = 1) -> Predictor:
    """The model in a folder, which answers with as many threads.

    Only the library of its format is imported. Raises ModelError: UnsafeFormat for a format that is not loaded or only
    when that is allowed, and for a file that holds what it must not; ModelLoadFailed for one that is none;
    LibraryMismatch where it was made by another version of its library.
    """
    known = _permitted(format, allow_unsafe)
    return _load(known, main_file(folder, known), threads)


def main_file(folder: Path, format: ModelFormat) -> Path:
    """The file that holds the model. Raises ModelError (UnsafeFormat) where there is none or more than one."""
    there = [folder / name for name in format.files if (folder / name).is_file()]
    wanted = " or ".join(format.files)
    if len(there) != 1:
        text = f"the artefact has no {wanted}" if not there else f"the artefact has both {' and '.join(format.files)}"
        raise ModelError(Reason.UNSAFE_FORMAT, text)
    return there[0]


def _permitted(name: str, allow_unsafe: bool) -> ModelFormat:
    known = FORMATS.get(name)
    if known is None:
        raise ModelError(Reason.UNSAFE_FORMAT, f"{name} is never loaded; {', '.join(FORMATS)} are")
    if not known.safe and not allow_unsafe:
        text = f"{name} runs code that came with the model, and the Model does not say serving.allowUnsafeFormats"
        raise ModelError(Reason.UNSAFE_FORMAT, text)
    return known


def _load(format: ModelFormat, path: Path, threads: int) -> Predictor:
    # each library takes a second to import and tens of megabytes: only the one that is needed
    match format.name:
        case "sklearn-skops":
            from leeboard.models import skops_file  # noqa: PLC0415

            return skops_file.load(path, format.name)
        case "onnx":
            from leeboard.models import onnx_session  # noqa: PLC0415

            return onnx_session.load(path, format.name, threads)
        case "xgboost":
            from leeboard.models import xgboost_model  # noqa: PLC0415

            return xgboost_model.load(path, format.name, threads)
        case "lightgbm":
            from leeboard.models import lightgbm_model  # noqa: PLC0415

            return lightgbm_model.load(path, format.name, threads)
        case "python":
            from leeboard.models import python_class  # noqa: PLC0415

            return python_class.load(path, format.name)
        case "sklearn-pickle" | "sklearn-joblib":
            from leeboard.models import pickled  # noqa: PLC0415

            return pickled.load(path, format.name)
