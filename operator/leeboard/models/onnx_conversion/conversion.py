"""A trained model as an ONNX graph, held against it on every row of a sample and on rows that are built to differ."""

import logging
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard.models import onnx_session
from leeboard.models.failures import ModelError
from leeboard.models.onnx_conversion import library, writing
from leeboard.models.onnx_conversion.built_rows import built_rows, refused_rows, sample_of
from leeboard.models.onnx_conversion.failures import Unconvertible
from leeboard.models.onnx_conversion.parity import Comparison, Differs, TooSlow
from leeboard.models.onnx_conversion.refusals import Refusals, refusals_of
from leeboard.models.predictor import PREDICT, PREDICT_PROBA, Predictor
from leeboard.models.rows import Rows

LOG = logging.getLogger(__name__)
MOST_SECONDS = 300.0
"""For all comparisons of one conversion."""
_OWN, _SKL2ONNX = "leeboard", "skl2onnx"
_LIBRARIES = ("onnx", "onnxruntime", "skl2onnx", "scikit-learn")


@dataclass(frozen=True)
class Report:
    """What came of a conversion. `refused` says why there is no graph, and is empty where there is one.

    `rows` were compared. `worst` is the largest difference of a figure, relative to the model's where that exceeds 1,
    `worst_at` where it was, `worst_absolute` the largest as it is, among the rows of the sample. `converter` wrote it.
    """

    refused: str = ""
    rows: int = 0
    worst: float = 0.0
    worst_absolute: float = 0.0
    worst_at: str = ""
    converter: str = ""
    versions: dict[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Conversion:
    """An ONNX model as bytes and loaded, where it answers as its source does, and the report."""

    data: bytes | None
    report: Report
    graph: Predictor | None = None


@dataclass(frozen=True)
class _Attempt:
    converter: str
    data: bytes
    thresholds: dict[int, NDArray[np.float64]]


def convert(predictor: Predictor, sample: Rows, task: str, *, seconds: float = MOST_SECONDS) -> Conversion:
    """Convert a model and compare, on all rows of the sample and on built ones. Never raises for what a model is.

    Every model is tried with the converters of this package first, then with skl2onnx; the first that holds is taken.
    """
    versions = {name: version(name) for name in _LIBRARIES}
    if task != "Regression" and not {PREDICT, PREDICT_PROBA} <= set(predictor.outputs):
        return Conversion(None, Report("the model has no probabilities", versions=versions))
    if not sample.count:
        return Conversion(None, Report("there are no rows to compare", versions=versions))
    try:
        # what is asked of the model here is far from what it was made for: that it overflows is nobody's concern
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return _converted(predictor, sample, time.monotonic() + seconds, versions)
    except (ModelError, Unconvertible, TooSlow) as error:
        return Conversion(None, Report(_text(error), versions=versions))
    except Exception as error:
        # the model is a user's: a converter may stumble over anything in it, and nothing may fail for that
        LOG.warning("the conversion to ONNX failed", exc_info=error)
        return Conversion(None, Report(f"the conversion failed: {type(error).__name__}", versions=versions))


def _converted(predictor: Predictor, sample: Rows, ends: float, versions: dict[str, str]) -> Conversion:
    rows = sample.select(predictor.names) if predictor.names is not None else sample
    refusals = refusals_of(predictor, sample_of(rows, np.array([0])), _outputs(predictor))
    refused: list[str] = []
    for attempt in _attempts(predictor, rows, refusals, refused):
        try:
            compared = _compared(predictor, rows, attempt, refusals, ends)
        except (Differs, ModelError) as error:
            refused.append(f"{attempt.converter}: {_text(error)}")
            continue
        report = Report(
            rows=compared.rows,
            worst=compared.worst,
            worst_absolute=compared.worst_absolute,
            worst_at=compared.worst_at,
            converter=attempt.converter,
            versions=versions,
        )
        return Conversion(attempt.data, report, compared.graph)
    return Conversion(None, Report("; ".join(dict.fromkeys(refused)), versions=versions))


def _attempts(predictor: Predictor, rows: Rows, refusals: Refusals, refused: list[str]) -> Iterator[_Attempt]:
    thresholds: dict[int, NDArray[np.float64]] = {}
    try:
        own = writing.written(predictor, rows, refusals)
        thresholds = own.thresholds
        yield _Attempt(_OWN, own.data, thresholds)
    except Unconvertible as error:
        refused.append(str(error))
    try:
        for data in library.converted(predictor, rows, refusals):
            yield _Attempt(_SKL2ONNX, data, thresholds)
    except Unconvertible as error:
        refused.append(str(error))


def _compared(predictor: Predictor, rows: Rows, attempt: _Attempt, refusals: Refusals, ends: float) -> Comparison:
    with tempfile.TemporaryDirectory(prefix="leeboard-") as folder:
        path = Path(folder) / "model.onnx"
        path.write_bytes(attempt.data)
        graph = onnx_session.load(path, "onnx", 1)
    comparison = Comparison(predictor, graph, _outputs(predictor), ends)
    comparison.compare(rows, "a row of the sample")
    comparison.built = True
    for built in built_rows(rows, attempt.thresholds, refusals):
        comparison.compare(built.rows, f"a row built for {built.input}")
    for built in refused_rows(rows, refusals):
        comparison.compare(built.rows, f"a row built for {built.input}")
    return comparison


def _outputs(predictor: Predictor) -> tuple[str, ...]:
    return tuple(name for name in (PREDICT, PREDICT_PROBA) if name in predictor.outputs)


def _text(error: Exception) -> str:
    return error.message if isinstance(error, ModelError) else str(error)
