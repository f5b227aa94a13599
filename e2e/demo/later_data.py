"""Old champion and retrained version on later flights that neither was trained on, from the stored artefacts."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from e2e.demo import flights
from e2e.demo.flights import AFTERWARDS, AUGUST, Period
from e2e.demo.stage import Stage
from e2e.support.kubectl import Document
from leeboard.api.model_version import ModelVersion
from leeboard.evaluator.downloads import Downloads
from leeboard.models import Predictor, Rows, load, score
from leeboard.stats import performance
from leeboard.stats.intervals import Interval

TASK, POSITIVE = "BinaryClassification", "1"
PERIODS: tuple[tuple[str, Period], ...] = (("second half of July", AFTERWARDS), ("August", AUGUST))


@dataclass(frozen=True)
class Later:
    """One metric of both versions over a period; `gain` is retrained minus old, on the same flights."""

    period: str
    rows: int
    metric: str
    old: Interval
    retrained: Interval
    gain: Interval


def compare(stage: Stage, old: Document, retrained: Document, folder: Path) -> list[Later]:
    """ROC AUC and log loss of both on every period. Raises StorageError where an artefact is not what is registered."""
    models = [_load(stage, version, folder) for version in (old, retrained)]
    found = []
    for name, period in PERIODS:
        rows = period.of(stage.frame)
        truth = rows[flights.LABEL].to_numpy(dtype=np.float64)
        inputs = rows[list(flights.INPUTS)]
        a, b = (score(model, Rows.of_frame(inputs), TASK, POSITIVE) for model in models)
        found += [_measured(name, metric, truth, a, b) for metric in ("roc_auc", "log_loss")]
    return found


def _measured(
    period: str, metric: str, truth: NDArray[np.float64], old: NDArray[np.float64], retrained: NDArray[np.float64]
) -> Later:
    return Later(
        period=period,
        rows=len(truth),
        metric=metric,
        old=performance.measure(metric, truth, old),
        retrained=performance.measure(metric, truth, retrained),
        gain=performance.compare(metric, truth, retrained, old),
    )


def _load(stage: Stage, version: Document, folder: Path) -> Predictor:
    server = stage.cluster.endpoints["s3"]
    keys = {
        "AWS_ACCESS_KEY_ID": server["accessKey"],
        "AWS_SECRET_ACCESS_KEY": server["secretKey"],
        "AWS_REGION": server["region"],
    }
    artifact = ModelVersion.parse(version).spec.artifact
    return load(Downloads(server["host"], keys, folder).artifact(artifact), artifact.format)
