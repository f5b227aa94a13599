"""What the operator would say of a window: counted as the exporter does, measured by the evaluator, judged by the plan.

Nothing is simulated but the traffic: figures and verdicts come from the code that the cluster runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from e2e.demo.manifests import drift_monitor
from e2e.demo.study.versions import Floats, Version, truth
from leeboard.api.drift_monitor import DriftMonitor, DriftMonitorSpec
from leeboard.api.model_version import ModelVersion
from leeboard.evaluator.columns import values_of
from leeboard.evaluator.drift_figures import Reference
from leeboard.evaluator.figures import figures
from leeboard.evaluator.labels import labelled_at_once
from leeboard.evaluator.monitor_figures import monitor_figures
from leeboard.evaluator.windows import Window
from leeboard.planning.drift.verdict import Verdict, judge
from leeboard.stats import performance
from leeboard.stats.distributions import count_values, to_window

NOW = datetime(2013, 8, 1, tzinfo=UTC)
CHAMPION = "champion"
METRICS = ("log_loss", "roc_auc")


@dataclass(frozen=True)
class Scored:
    """Rows of traffic with a version's answers to them."""

    version: Version
    rows: pd.DataFrame

    @cached_property
    def served(self) -> pd.DataFrame:
        """The inputs as they were served."""
        return self.version.served(self.rows)

    @cached_property
    def scores(self) -> Floats:
        """The answers."""
        return self.version.scores(self.rows)

    @cached_property
    def truth(self) -> Floats:
        """The labels."""
        return truth(self.rows)


def monitor_spec() -> Mapping[str, Any]:
    """The DriftMonitor's spec, as the demo applies it."""
    spec: Mapping[str, Any] = drift_monitor()["spec"]
    return spec


def champion_with(holdout: Scored, rows: NDArray[np.int64] | None = None) -> ModelVersion:
    """A registered version with the metrics of its holdout, or of those rows of it."""
    chosen = np.arange(len(holdout.truth)) if rows is None else rows
    measured = [(name, performance.measure(name, holdout.truth[chosen], holdout.scores[chosen])) for name in METRICS]
    return ModelVersion.parse(
        {
            "metadata": {"name": CHAMPION},
            "spec": {
                "modelRef": {"name": "late-flights"},
                "source": {"import": {"reason": "study"}},
                "artifact": {
                    "uri": "s3://models/study/",
                    "digest": "sha256:" + "0" * 64,
                    "format": "sklearn-skops",
                    "bytes": 1,
                },
                "metrics": [figures(name, interval) for name, interval in measured],
            },
        }
    )


def evaluate(champion: ModelVersion, traffic: Scored, rows: NDArray[np.int64]) -> dict[str, Any]:
    """`status.evaluation` of the DriftMonitor over these rows, all of which are labelled."""
    profile, spec = traffic.version.profile, DriftMonitorSpec.model_validate(monitor_spec())
    served, scores = traffic.served.iloc[rows], traffic.scores[rows]
    inputs = {one.name: values_of(served, one) for one in traffic.version.inputs}
    window = Window(
        start=NOW,
        end=NOW,
        requests=len(rows),
        errors=0,
        rows=len(rows),
        dropped=0,
        latency_edges=(),
        latency_counts=np.zeros(1, dtype=np.int64),
        features=tuple(_counted(one, inputs[one.distribution.name]) for one in profile.features),
        prediction=_counted(profile.prediction, scores),
    )
    labelled = labelled_at_once(traffic.truth[rows], scores)
    return {
        "observedAt": NOW.isoformat(),
        "version": CHAMPION,
        **monitor_figures(
            spec,
            "BinaryClassification",
            champion,
            profile,
            [window],
            labelled=labelled,
        ).raw,
    }


def verdict_on(evaluation: Mapping[str, Any]) -> Verdict:
    """What the DriftMonitor of the demo says about these figures."""
    document = drift_monitor()
    document["metadata"]["uid"] = "study"
    monitor = DriftMonitor.parse({**document, "status": {"evaluation": evaluation}})
    return judge(monitor, CHAMPION, NOW)


def _counted(reference: Reference, values: NDArray[Any]) -> dict[str, Any]:
    known = reference.distribution
    return to_window(count_values(known.name, known.bins, values))
