"""How good the versions are, month by month, and what the gates say of them."""

from collections.abc import Mapping, Sequence

import pandas as pd

from e2e.demo.flights import LABEL, WEATHER
from e2e.demo.manifests import Places, model
from e2e.demo.study.windows import Scored
from leeboard.api.model import Model
from leeboard.api.model_version import Comparison, GateResult, Metric
from leeboard.evaluator.figures import figures
from leeboard.planning.gates import evaluate_gates
from leeboard.stats import performance
from leeboard.stats.intervals import Interval

METRIC = "roc_auc"
"""What the gates are about."""
NOWHERE = Places(s3="http://s3", repository="http://git/flights.git", image="serving")
"""Gates and guards do not depend on where things are."""


def months(flights: pd.DataFrame) -> pd.DataFrame:
    """A row a month: flights, the percentage that was late, and of flights without a wind speed or any weather."""
    lacking = flights[list(WEATHER)].isna()
    table = pd.DataFrame(
        {
            "month": flights["month"],
            "late %": 100 * flights[LABEL],
            "no wind %": 100 * lacking["wind_speed"],
            "no weather %": 100 * lacking.all(axis=1),
        }
    )
    return table.groupby("month").mean().assign(flights=flights.groupby("month").size()).round(2)


def qualities(scored: Mapping[str, Mapping[str, Scored]]) -> pd.DataFrame:
    """ROC AUC and log loss with their 95 % intervals, a row for each version and period."""
    rows = []
    for period, versions in scored.items():
        for name, one in versions.items():
            area, loss = (performance.measure(metric, one.truth, one.scores) for metric in (METRIC, "log_loss"))
            rows.append(
                {
                    "period": period,
                    "version": name,
                    "rows": len(one.rows),
                    "late %": f"{100 * one.truth.mean():.1f}",
                    "said %": f"{100 * one.scores.mean():.1f}",
                    "roc_auc": f"{area.value:.3f} [{area.low:.3f}, {area.high:.3f}]",
                    "log_loss": f"{loss.value:.3f} [{loss.low:.3f}, {loss.high:.3f}]",
                }
            )
    return pd.DataFrame(rows).set_index(["period", "version"])


def gates(candidate: Scored, champion: Scored | None) -> Sequence[GateResult]:
    """What the demo's gates say of a candidate; both are of the same holdout."""
    spec = Model.parse(model(NOWHERE)).spec
    measured = _metric(performance.measure(METRIC, candidate.truth, candidate.scores))
    comparison = None
    if champion is not None:
        difference = performance.compare(METRIC, candidate.truth, candidate.scores, champion.scores)
        comparison = Comparison(champion=champion.version.name, differences=(_metric(difference),))
    return evaluate_gates(spec.promotion.gates, [measured], comparison)


def _metric(interval: Interval) -> Metric:
    return Metric.model_validate(figures(METRIC, interval))
