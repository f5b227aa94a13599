"""A model's reference and a monitor of it: what the evaluator and the operator would say of a window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.model_version import ModelVersion
from leeboard.evaluator.columns import Input, as_served, inputs_of, values_of
from leeboard.evaluator.drift_figures import Profile, Reference
from leeboard.evaluator.labels import labelled_at_once
from leeboard.evaluator.monitor_figures import monitor_figures
from leeboard.evaluator.profile import Labelled, make_profile
from leeboard.evaluator.windows import Window
from leeboard.planning.drift.episode import follow
from leeboard.planning.drift.verdict import Verdict, judge
from leeboard.stats import performance
from leeboard.stats.distributions import count_values, to_window

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TASK = "BinaryClassification"
METRICS = ("roc_auc", "log_loss")
DAILY = {"length": "1d", "every": "1d", "minSamples": 100}
Floats = NDArray[np.float64]
NOTHING: Floats = np.empty(0)


@dataclass(frozen=True, eq=False)
class Watch:
    """`spec` is what the monitor says beside its checks and its window, which is a day, every day."""

    profile: Profile
    inputs: tuple[Input, ...]
    version: ModelVersion
    checks: Sequence[dict[str, Any]]
    spec: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        reference: pd.DataFrame,
        scores: Floats,
        labelled: Labelled,
        checks: Sequence[dict[str, Any]],
        **spec: Any,
    ) -> Watch:
        """Of a table of inputs, with the scores of a classifier, and those of its holdout beside the labels."""
        inputs = inputs_of(reference)
        served = as_served(reference, inputs)
        profile = Profile.of(make_profile(served, inputs, scores, "score", labelled))
        return cls(profile, inputs, _version(labelled), checks, spec)

    def judged(self, rows: pd.DataFrame, scores: Floats, truth: Floats = NOTHING) -> tuple[Verdict, bool]:
        """The verdict on a window, and whether it asks for a run. `truth` are the labels of its rows, if they came."""
        monitor = self._monitor({})
        figures = monitor_figures(
            monitor.spec,
            TASK,
            self.version,
            self.profile,
            [self._window(rows, scores)],
            labelled=labelled_at_once(truth, scores if len(truth) else NOTHING),
        ).raw
        monitor = self._monitor({"observedAt": NOW.isoformat(), "version": "v1", **figures})
        verdict = judge(monitor, "v1", NOW)
        return verdict, bool(follow(monitor, "v1", verdict, NOW).requests)

    def _window(self, rows: pd.DataFrame, scores: Floats) -> Window:
        served = as_served(rows, self.inputs)
        features = tuple(
            _counted(one, values_of(served, given))
            for one, given in zip(self.profile.features, self.inputs, strict=True)
        )
        return Window(
            start=NOW, end=NOW, requests=len(rows), errors=0, rows=len(rows), dropped=0, latency_edges=(),
            latency_counts=np.zeros(1, dtype=np.int64), features=features,
            prediction=_counted(self.profile.prediction, scores),
        )  # fmt: skip

    def _monitor(self, evaluation: dict[str, Any]) -> DriftMonitor:
        spec = {
            "modelRef": {"name": "m"}, "window": DAILY, "checks": list(self.checks),
            "actions": [{"type": "Retrain", "trainingJobRef": {"name": "m"}}], **self.spec,
        }  # fmt: skip
        return DriftMonitor.parse({"metadata": {"name": "m"}, "spec": spec, "status": {"evaluation": evaluation}})


def _version(labelled: Labelled) -> ModelVersion:
    metrics = []
    for name in METRICS:
        value = f"{performance.measure(name, labelled.truth, labelled.scores).value:.6g}"
        metrics.append({"name": name, "value": value, "low": value, "high": value})
    artifact = {"uri": "s3://m/m/", "digest": "sha256:" + "0" * 64, "format": "onnx", "bytes": 1}
    spec = {"modelRef": {"name": "m"}, "source": {"import": {"reason": "x"}}, "artifact": artifact, "metrics": metrics}
    return ModelVersion.parse({"metadata": {"name": "v1"}, "spec": spec})


def _counted(reference: Reference, values: NDArray[Any]) -> dict[str, Any]:
    known = reference.distribution
    return to_window(count_values(known.name, known.bins, values))
