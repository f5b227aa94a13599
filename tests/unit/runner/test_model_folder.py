"""Which format a folder's files are of: one, or a reason that names what is there."""

import pickle
import zipfile
from pathlib import Path

import pytest

from leeboard.api.model_format import FORMATS, libraries_of
from leeboard.runner.model_folder import UnfitModel, inspected


def folder_of(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".skops"):
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("schema.json", "{}")
        else:
            path.write_bytes(pickle.dumps(1) if name.endswith((".pkl", ".joblib")) else b"{}")
    return root


@pytest.mark.parametrize("allowed", [True, False])
@pytest.mark.parametrize("file", [file for one in FORMATS.values() if one.safe for file in one.files])
def test_a_safe_format_is_told_by_its_file(tmp_path: Path, file: str, allowed: bool) -> None:
    found = inspected(folder_of(tmp_path, file, "words/notes.md"), allow_unsafe=allowed)
    assert file in FORMATS[found.format].files
    assert found.safe
    assert [one.path for one in found.manifest.files] == sorted([file, "words/notes.md"])


@pytest.mark.parametrize("file", [file for one in FORMATS.values() if not one.safe for file in one.files])
def test_an_unsafe_one_only_where_it_is_allowed(tmp_path: Path, file: str) -> None:
    folder_of(tmp_path, file)
    with pytest.raises(UnfitModel, match=r"would have to be unpickled|runs code that came with") as told:
        inspected(tmp_path)
    assert told.value.reason == "UnsafeFormat"
    found = inspected(tmp_path, allow_unsafe=True)
    assert (file in FORMATS[found.format].files, found.safe) == (True, False)


def test_what_a_class_of_the_users_brings_along_is_its_own_business(tmp_path: Path) -> None:
    folder_of(tmp_path, "model.py", "model.skops", "words.joblib")
    assert inspected(tmp_path, allow_unsafe=True).format == "python"
    with pytest.raises(UnfitModel, match=r"words\.joblib would have to be unpickled"):
        inspected(tmp_path)


@pytest.mark.parametrize(
    ("names", "reason", "text"),
    [
        ((), "ResultMissing", "there is nothing, no model.skops"),
        (("notes.md",), "ResultMissing", "there is 1 other files, no model.skops"),
        (("below/model.onnx",), "ResultMissing", "there is 1 other files"),
        (("model.skops", "model.onnx"), "BadData", "there is model.skops and model.onnx: which of them is the model"),
        (("model.json", "model.ubj"), "BadData", "there is model.json and model.ubj"),
        (("model.json", "model.txt", "model.skops"), "BadData", "model.skops and model.json and model.txt"),
    ],
)
def test_none_and_several(tmp_path: Path, names: tuple[str, ...], reason: str, text: str) -> None:
    with pytest.raises(UnfitModel, match=text) as told:
        inspected(folder_of(tmp_path, *names))
    assert told.value.reason == reason


def test_a_pickle_beside_a_safe_model_is_refused_unless_it_is_allowed(tmp_path: Path) -> None:
    folder_of(tmp_path, "model.skops", "model.pkl")
    with pytest.raises(UnfitModel, match=r"model\.pkl would have to be unpickled"):
        inspected(tmp_path)
    with pytest.raises(UnfitModel, match=r"model\.skops and model\.pkl: which of them"):
        inspected(tmp_path, allow_unsafe=True)


def test_the_libraries_that_matter_are_recorded() -> None:
    packages = ("numpy==2.4.6", "scikit-learn==1.9.1", "xgboost==3.2.0", "flask==3.0.0", "not a package")
    assert libraries_of("sklearn-skops", packages) == {"numpy": "2.4.6", "scikit-learn": "1.9.1"}
    assert libraries_of("xgboost", packages) == {"xgboost": "3.2.0"}
    assert libraries_of("lightgbm", packages) == {}
