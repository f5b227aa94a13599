"""Which libraries wrote a model, as far as its own file tells."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

from leeboard.api.model_format import FORMATS
from leeboard.models import ubjson

_LARGEST_HEAD = 1 << 16


def written_by(folder: Path, format: str) -> dict[str, str]:
    """Versions by the name of the library; what is not told is left out.

    For a model that has been loaded from there: nothing is looked at a second time.
    """
    path = next((folder / name for name in FORMATS[format].files if (folder / name).is_file()), None)
    reader = _READERS.get(format)
    return reader(path) if path is not None and reader is not None else {}


def _of_skops(path: Path) -> dict[str, str]:
    from leeboard.models.skops_file import sklearn_version  # noqa: PLC0415

    with ZipFile(path) as archive:
        schema = json.loads(archive.read("schema.json"))
    told = {"scikit-learn": sklearn_version(schema), "skops": str(schema.get("_skops_version", ""))[:32]}
    return {name: version for name, version in told.items() if version}


def _of_onnx(path: Path) -> dict[str, str]:
    import onnx  # noqa: PLC0415

    from leeboard.models.onnx_graph import opsets  # noqa: PLC0415

    model = onnx.load(path, load_external_data=False)
    made_by = f"{model.producer_name} {model.producer_version}".strip()[:64]
    told = {f"opset {domain}"[:64]: str(version) for domain, version in sorted(opsets(model).items())}
    return (told | {"producer": made_by}) if made_by else told


def _of_xgboost(path: Path) -> dict[str, str]:
    data = path.read_bytes()
    document = ubjson.parse(data) if path.suffix == ".ubj" else json.loads(data)
    return {"xgboost": ".".join(str(one) for one in document["version"])}


def _of_lightgbm(path: Path) -> dict[str, str]:
    with path.open("rb") as file:
        head = file.read(_LARGEST_HEAD).decode(errors="replace")
    found = re.search(r"^version=(v\d{1,3})$", head, flags=re.MULTILINE)
    return {"lightgbm format": found[1]} if found else {}


def _of_pickle(path: Path) -> dict[str, str]:
    from leeboard.models.pickled import version_in  # noqa: PLC0415

    version = version_in(path)
    return {"scikit-learn": version} if version else {}


_READERS: dict[str, Callable[[Path], dict[str, str]]] = {
    "sklearn-skops": _of_skops,
    "onnx": _of_onnx,
    "xgboost": _of_xgboost,
    "lightgbm": _of_lightgbm,
    "sklearn-pickle": _of_pickle,
    "sklearn-joblib": _of_pickle,
}
