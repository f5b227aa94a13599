"""Cases whose right verdict is known: what misleads other tools, and tables whose drift is documented."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.model_version import ModelVersion
from leeboard.evaluator.columns import Input, as_served, inputs_of, values_of
from leeboard.evaluator.drift_figures import Profile, Reference
from leeboard.evaluator.labels import labelled_at_once
from leeboard.evaluator.monitor_figures import monitor_figures
from leeboard.evaluator.profile import Labelled, make_profile
from leeboard.evaluator.windows import Window
from leeboard.planning.drift.episode import follow
from leeboard.planning.drift.verdict import Verdict as Judged
from leeboard.planning.drift.verdict import judge
from leeboard.stats import performance
from leeboard.stats.distributions import count_values, to_window
from tests.bench_drift.report import Verdict
from tests.support.tables import nannyml_table

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CHUNK = 5000
JS = {"type": "DataDrift", "distance": "JensenShannon", "threshold": "0.1"}
RANGE = {"type": "OutOfRange", "maxPercent": "1"}
NEW = {"type": "NewCategories", "maxPercent": "1"}
MISSING = {"type": "DataQuality", "maxMissingPercent": 5}
ESTIMATED = {"type": "EstimatedPerformance", "metric": "roc_auc", "maxDrop": "0.02"}


@dataclass(frozen=True, eq=False)
class Watch:
    """A model's reference, and a monitor that watches it."""

    profile: Profile
    inputs: tuple[Input, ...]
    version: ModelVersion
    checks: Sequence[dict[str, Any]]

    @classmethod
    def of(
        cls, reference: pd.DataFrame, scores: np.ndarray, truth: np.ndarray, checks: Sequence[dict[str, Any]]
    ) -> Watch:
        """Of a table of inputs, with the scores and labels of a classifier."""
        inputs = inputs_of(reference)
        served = as_served(reference, inputs)
        profile = Profile.of(make_profile(served, inputs, scores, "score", Labelled(scores, truth)))
        value = performance.measure("roc_auc", truth, scores).value
        metrics = [{"name": "roc_auc", "value": f"{value:.6g}", "low": f"{value:.6g}", "high": f"{value:.6g}"}]
        artifact = {"uri": "s3://m/m/", "digest": "sha256:" + "0" * 64, "format": "onnx", "bytes": 1}
        spec = {
            "modelRef": {"name": "m"},
            "source": {"import": {"reason": "x"}},
            "artifact": artifact,
            "metrics": metrics,
        }
        return cls(profile, inputs, ModelVersion.parse({"metadata": {"name": "v1"}, "spec": spec}), checks)

    def judged(self, rows: pd.DataFrame, scores: np.ndarray) -> tuple[Judged, bool]:
        """The verdict on a window, and whether it asks for a run."""
        served = as_served(rows, self.inputs)
        features = tuple(
            _counted(one, values_of(served, given))
            for one, given in zip(self.profile.features, self.inputs, strict=True)
        )
        window = Window(
            start=NOW, end=NOW, requests=len(rows), errors=0, rows=len(rows), dropped=0, latency_edges=(),
            latency_counts=np.zeros(1, dtype=np.int64), features=features,
            prediction=_counted(self.profile.prediction, scores),
        )  # fmt: skip
        monitor = self._monitor({})
        none = labelled_at_once(np.empty(0), np.empty(0))
        figures = monitor_figures(
            monitor.spec,
            "BinaryClassification",
            self.version,
            self.profile,
            [window],
            labelled=none,
        ).raw
        monitor = self._monitor({"observedAt": NOW.isoformat(), "version": "v1", **figures})
        verdict = judge(monitor, "v1", NOW)
        return verdict, bool(follow(monitor, "v1", verdict, NOW).requests)

    def _monitor(self, evaluation: dict[str, Any]) -> DriftMonitor:
        spec = {
            "modelRef": {"name": "m"}, "window": {"length": "1d", "every": "1d", "minSamples": 100},
            "checks": list(self.checks), "actions": [{"type": "Retrain", "trainingJobRef": {"name": "m"}}],
        }  # fmt: skip
        return DriftMonitor.parse({"metadata": {"name": "m"}, "spec": spec, "status": {"evaluation": evaluation}})


def misleading() -> list[Verdict]:
    """One number far away, infinite, missing, constant, empty and new values."""
    generator = np.random.default_rng(1)
    words = np.array(["a", "b", "c"], dtype=object)
    reference = pd.DataFrame({"x": generator.normal(size=20_000), "w": generator.choice(words, 20_000)})
    scores = generator.beta(1, 2, 20_000)
    watch = Watch.of(reference, scores, (generator.random(20_000) < scores).astype(float), (JS, RANGE, NEW, MISSING))
    calm, rows = generator.normal(size=5000), 5000

    def window(x: np.ndarray, w: np.ndarray | None = None) -> pd.DataFrame:
        return pd.DataFrame({"x": x, "w": generator.choice(words, len(x)) if w is None else w})

    some = generator.random(rows) < 0.1
    cases = {
        "nothing changed": ("Stable", window(calm)),
        "one 10⁶ beside nothing": ("Stable", window(np.append(calm[1:], 1e6))),
        "one 10⁶ beside a shift of 1σ": ("Drift", window(np.append(calm[1:] + 1, 1e6))),
        "one ∞ beside nothing": ("Stable", window(np.append(calm[1:], np.inf))),
        "a tenth is ±∞": ("Drift", window(np.where(some, np.where(calm > 0, np.inf, -np.inf), calm))),
        "all missing": ("Drift", window(np.full(rows, np.nan))),
        "a constant": ("Drift", window(np.zeros(rows))),
        "a tenth is a new category": ("Drift", window(calm, np.where(some, "new", generator.choice(words, rows)))),
        "no rows": ("Inconclusive", window(calm[:0])),
    }
    return [
        Verdict(name, right, watch.judged(rows_, generator.beta(1, 2, len(rows_)))[0].verdict)
        for name, (right, rows_) in cases.items()
    ]


def car_loan() -> list[Verdict]:
    """NannyML's loans: from row 25,000 of the analysis on the cars are worth more."""
    reference, analysis = nannyml_table("synthetic_car_loan_reference"), nannyml_table("synthetic_car_loan_analysis")
    columns = [
        "car_value",
        "salary_range",
        "debt_to_income_ratio",
        "loan_length",
        "repaid_loan_on_prev_car",
        "size_of_downpayment",
        "driver_tenure",
    ]
    scores = reference["y_pred_proba"].to_numpy(dtype=np.float64)
    watch = Watch.of(reference[columns], scores, reference["repaid"].to_numpy(dtype=np.float64), (JS,))
    found = []
    for number, start in enumerate(range(0, len(analysis), CHUNK)):
        rows = analysis.iloc[start : start + CHUNK]
        verdict = watch.judged(rows[columns], rows["y_pred_proba"].to_numpy(dtype=np.float64))[0].verdict
        found.append(Verdict(f"synthetic_car_loan, rows from {start:,}", "Drift" if number >= 5 else "Stable", verdict))
    return found


def employment() -> list[Verdict]:
    """The American Community Survey of Massachusetts, 2015 to 2018: inputs drift, the model is as good as it was.

    Year by year, that is. In the order of the file the people who live in institutions come first in 2018, and there
    the model is much worse: a run that is asked for then is asked for rightly, as the labels show.
    """
    reference, analysis = nannyml_table("employment_MA_reference"), nannyml_table("employment_MA_analysis")
    labels = nannyml_table("employment_MA_analysis_target")["employed"].to_numpy(dtype=np.float64)
    probability = "predicted_probability"
    left_out = {"id", "timestamp", "year", "prediction", probability, "employed"}
    columns = [name for name in reference.columns if name not in left_out and name in analysis.columns]
    scores, truth = (reference[name].to_numpy(dtype=np.float64) for name in (probability, "employed"))
    watch = Watch.of(reference[columns], scores, truth, (JS, ESTIMATED))
    before = performance.measure("roc_auc", truth, scores).value

    def asked(rows: np.ndarray) -> tuple[bool, bool]:
        """Whether a run is asked for, and whether the labels say that there is harm."""
        answers = analysis[probability].to_numpy(dtype=np.float64)[rows]
        harm = before - performance.measure("roc_auc", labels[rows], answers).value > float(ESTIMATED["maxDrop"])
        return watch.judged(analysis[columns].iloc[rows], answers)[1], harm

    years = [asked(np.flatnonzero(analysis["year"].to_numpy() == year)) for year in sorted(set(analysis["year"]))]
    starts = range(0, len(analysis) - CHUNK + 1, CHUNK)
    chunks = [asked(np.arange(start, start + CHUNK)) for start in starts]
    without = sum(told and not harm for told, harm in chunks)
    return [
        Verdict(f"employment_MA, {len(years)} years", "0 retrainings", f"{sum(told for told, _ in years)} retrainings"),
        Verdict(
            f"employment_MA, {len(chunks)} windows of {CHUNK:,}, of which {sum(harm for _, harm in chunks)} are harmed",
            "0 retrainings without harm",
            f"{without} retrainings without harm",
        ),
    ]


def _counted(reference: Reference, values: np.ndarray) -> dict[str, Any]:
    known = reference.distribution
    return to_window(count_values(known.name, known.bins, values))
