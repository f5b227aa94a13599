"""Guard: what a rollout compares between candidate and champion, and how much worse the candidate may be."""

from typing import Literal

from leeboard.api.base import SpecModel
from leeboard.api.cel import belongs, may_belong, ordered, rules
from leeboard.api.fields import (
    Column,
    Decimal,
    Name,
    NotNegativeDecimal,
    PositiveDecimal,
    PositiveDuration,
    described,
)
from leeboard.api.metrics import MetricName

GuardType = Literal[
    "ErrorRate",
    "LatencyP99",
    "PredictionDrift",
    "DataQuality",
    "Performance",
    "EstimatedPerformance",
    "KPI",
    "Prometheus",
]
METRICS: tuple[GuardType, ...] = ("Performance", "EstimatedPerformance")
QUERIES: tuple[GuardType, ...] = ("KPI", "Prometheus")
"""Guards whose figures come from Prometheus."""
BY_SEGMENT: tuple[GuardType, ...] = ("DataQuality", "PredictionDrift", "Performance")
"""Guards that may look at every segment too."""
MEANS = ("log_loss", "brier", "accuracy", "error_rate")
"""Metrics that are means over rows, and can be expected of scores alone."""
MIN_LABELS = 500
INTERVAL = "5m"
_MARGINS = ("ErrorRate", "DataQuality", *METRICS, "KPI")
_SHARES = ("ErrorRate", "DataQuality")

MARGIN_OF_SHARES = f"!(self.type in {list(_SHARES)}) || !has(self.margin) || double(self.margin) <= 1.0"
"""Of a difference of shares."""
ONE_OF_EACH = (
    "self.all(a, self.exists_one(b, a.type == b.type"
    " && (has(a.name) ? a.name : '') == (has(b.name) ? b.name : '')"
    " && (has(a.metric) ? a.metric : '') == (has(b.metric) ? b.metric : '')))"
)
"""Of a list of guards: what tells them apart are type and subject."""


class Guard(SpecModel):
    """What aborts a rollout."""

    model_config = SpecModel.model_config | {
        "json_schema_extra": rules(
            (
                f"{belongs('margin', *_MARGINS)} || self.type == 'Prometheus'",
                "guards ErrorRate, DataQuality, Performance, EstimatedPerformance and KPI need margin; it belongs to"
                " these and Prometheus: an ErrorRate guard needs margin",
            ),
            (MARGIN_OF_SHARES, "the margin of ErrorRate and DataQuality must lie between 0 and 1"),
            (belongs("maxRatio", "LatencyP99"), "a LatencyP99 guard needs maxRatio; it belongs to no other type"),
            (
                f"{belongs('max', 'PredictionDrift')} || self.type == 'Prometheus'",
                "a PredictionDrift guard needs max; it belongs to no other type but Prometheus",
            ),
            (
                "!has(self.max) || !(self.type in ['PredictionDrift'])"
                " || (double(self.max) > 0.0 && double(self.max) < 1.0)",
                "the max of PredictionDrift has to lie between 0 and 1, without both",
            ),
            (belongs("metric", *METRICS), "guards Performance and EstimatedPerformance need metric; no others have it"),
            (
                f"!(self.type in ['EstimatedPerformance']) || !has(self.metric) || self.metric in {list(MEANS)}",
                "EstimatedPerformance can tell log_loss, brier, accuracy and error_rate",
            ),
            (may_belong("minLabels", "Performance"), "minLabels belongs to Performance"),
            (belongs("name", *QUERIES), "guards KPI and Prometheus need name; no others have it"),
            (belongs("query", "Prometheus"), "a Prometheus guard needs query; it belongs to no other type"),
            (may_belong("min", "Prometheus"), "min belongs to Prometheus"),
            (
                "!(self.type in ['Prometheus']) || has(self.margin) != (has(self.min) || has(self.max))",
                "a Prometheus guard needs either margin, or min or max",
            ),
            (ordered("min", "max"), "min must not exceed max"),
            (may_belong("interval", *QUERIES), "interval belongs to KPI and Prometheus"),
            (
                "!has(self.better) || (self.type in ['KPI', 'Prometheus'] && has(self.margin))",
                "better belongs to KPI, and to Prometheus with margin",
            ),
            (may_belong("by", *BY_SEGMENT), "by belongs to DataQuality, PredictionDrift and Performance"),
        )
    }

    type: GuardType = described(
        "What is compared with the champion. ErrorRate: failed requests. LatencyP99: the 99th percentile of latency."
        " PredictionDrift: how predictions are distributed. DataQuality: missing values of inputs, and values that the"
        " version's reference has not. Performance: predictions against labels that came later. EstimatedPerformance:"
        " what to expect of these before they came, of a binary classifier. KPI: a figure of the business. Prometheus:"
        " the answer to a query."
    )
    margin: NotNegativeDecimal | None = described(
        "By how much the candidate may be worse: ErrorRate, DataQuality: as a share of requests, 0 to 1; Performance,"
        " EstimatedPerformance: in the metric's unit; KPI, Prometheus: in the figure's own.",
        default=None,
    )
    max_ratio: PositiveDecimal | None = described(
        "LatencyP99: how many times the champion's 99th percentile of latency the candidate may take.", default=None
    )
    max: Decimal | None = described(
        "PredictionDrift: largest total variation between the predictions of both, 0 to 1. Prometheus: largest value of"
        " the candidate.",
        default=None,
    )
    min: Decimal | None = described("Prometheus: smallest value of the candidate.", default=None)
    metric: MetricName | None = described(
        "Performance, EstimatedPerformance: the metric that is compared, such as log_loss.", default=None
    )
    min_labels: int | None = described(
        "Performance: fewest labelled predictions of each version before it is judged, a count; 500 where it is"
        " absent.",
        default=None,
        ge=20,
        le=10**8,
    )
    name: Name | None = described("KPI: name of one in spec.kpis. Prometheus: what the figure is called.", default=None)
    query: str | None = described(
        "Prometheus: PromQL whose answer is one number; {window}, {namespace}, {model} and {version} stand for the"
        " interval (such as 300s) and for what is asked about.",
        default=None,
        min_length=1,
        max_length=2048,
    )
    better: Literal["Higher", "Lower"] | None = described(
        "KPI, Prometheus with margin: which way the figure is good; Higher where it is absent.", default=None
    )
    interval: PositiveDuration | None = described(
        "KPI, Prometheus: how long each of the stretches of time is that a figure is asked for; 5m where it is absent.",
        default=None,
    )
    by: Column | None = described(
        "DataQuality, PredictionDrift, Performance: one of prediction.segments; the guard also aborts where the"
        " candidate is worse within one of its values. The latter two rest on the rows of serving.logging there.",
        default=None,
    )

    @property
    def subject(self) -> str:
        """What of its kind it is about: a metric, or the name of a figure; empty where there is but one."""
        return self.metric or self.name or ""

    @property
    def title(self) -> str:
        """What tells it from the other guards of a rollout, for people too."""
        return f"{self.type} {self.subject}".rstrip()

    @property
    def labels_needed(self) -> int:
        """Of each version, before Performance is judged."""
        return self.min_labels or MIN_LABELS
