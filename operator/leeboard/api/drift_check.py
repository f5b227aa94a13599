"""One thing that a DriftMonitor watches, and from where on it is drift."""

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

CheckType = Literal[
    "DataDrift",
    "PredictionDrift",
    "DataQuality",
    "OutOfRange",
    "NewCategories",
    "UnitChange",
    "MeanShift",
    "Performance",
    "EstimatedPerformance",
    "ConceptDrift",
    "Volume",
    "Staleness",
    "KPI",
    "TrainServeSkew",
]
_METRICS: tuple[CheckType, ...] = ("Performance", "EstimatedPerformance")
HARM: tuple[CheckType, ...] = (*_METRICS, "ConceptDrift", "KPI")
"""Checks that tell whether drift does harm."""
_SHARES = ("OutOfRange", "NewCategories", "TrainServeSkew")
DistanceName = Literal[
    "JensenShannon", "PSI", "Hellinger", "TotalVariation", "LInfinity", "KolmogorovSmirnov", "Wasserstein"
]
_DRIFT = ("DataDrift", "PredictionDrift")
BY_SEGMENT: tuple[CheckType, ...] = ("DataDrift", "PredictionDrift", "DataQuality")
"""Checks that may look at every segment too."""


class Check(SpecModel):
    """One thing to watch."""

    model_config = SpecModel.model_config | {
        "json_schema_extra": rules(
            (
                f"{belongs('distance', *_DRIFT)} && {belongs('threshold', *_DRIFT)}",
                "DataDrift and PredictionDrift need distance and threshold; they belong to no other type",
            ),
            (
                belongs("maxMissingPercent", "DataQuality"),
                "DataQuality needs maxMissingPercent; it belongs to no other type",
            ),
            (
                f"{belongs('feature', 'MeanShift')} && {belongs('percent', 'MeanShift')}",
                "MeanShift needs feature and percent; they belong to no other type",
            ),
            (
                f"{belongs('metric', *_METRICS)} && {belongs('maxDrop', *_METRICS)}",
                "Performance and EstimatedPerformance need metric and maxDrop; they belong to no other type",
            ),
            (
                belongs("maxPercent", *_SHARES),
                "OutOfRange, NewCategories and TrainServeSkew need maxPercent; it belongs to no other type",
            ),
            (may_belong("by", *BY_SEGMENT), "by belongs to DataDrift, PredictionDrift and DataQuality"),
            (
                "(self.type == 'Volume') == (has(self.minRows) || has(self.maxRows))",
                "Volume needs minRows or maxRows; they belong to no other type",
            ),
            ("!has(self.minRows) || !has(self.maxRows) || self.minRows <= self.maxRows", "minRows exceeds maxRows"),
            (
                f"{belongs('of', 'Staleness')} && {belongs('maxAge', 'Staleness')}",
                "Staleness needs of and maxAge; they belong to no other type",
            ),
            (
                f"{belongs('kpi', 'KPI')} && (self.type == 'KPI') == (has(self.min) || has(self.max))",
                "KPI needs kpi, and min or max; they belong to no other type",
            ),
            (ordered("min", "max"), "min must not exceed max"),
            (
                "!has(self.distance) || !has(self.threshold) || self.distance != 'JensenShannon'"
                " || double(self.threshold) <= 1.0",
                "a threshold for JensenShannon is at most 1",
            ),
        )
    }

    type: CheckType = described(
        "DataDrift: inputs. PredictionDrift: predictions. DataQuality: missing values. OutOfRange: numbers beyond all"
        " of the reference. NewCategories: texts that the reference has not. UnitChange: numbers as if in another unit,"
        " such as a hundred times as large. MeanShift: one input's mean. Performance: predictions against labels that"
        " came later. EstimatedPerformance: what to expect of these before they came, of a binary classifier."
        " ConceptDrift: errors, by labels, that became larger within the window. Volume: rows in the window. Staleness:"
        " how long no request, or no label, came. KPI: a figure of the business from Prometheus. TrainServeSkew: logged"
        " inputs unlike those that are computed anew for the same rows."
    )
    distance: DistanceName | None = described(
        "DataDrift, PredictionDrift: the distance between window and reference. KolmogorovSmirnov and Wasserstein are"
        " of numbers only; inputs of text are left out.",
        default=None,
    )
    threshold: PositiveDecimal | None = described(
        "DataDrift, PredictionDrift: distance from which it is drift; PSI is 0 upward, Wasserstein in"
        " standard deviations of the reference, the others are 0 to 1.",
        default=None,
    )
    by: Column | None = described(
        "DataDrift, PredictionDrift, DataQuality: one of the Model's prediction.segments; inputs, or predictions, are"
        " looked at within each of its values too, such as wind_speed where carrier=UA.",
        default=None,
    )
    max_missing_percent: int | None = described(
        "DataQuality: most missing values of an input, in percent.", default=None, ge=0, le=100
    )
    max_percent: NotNegativeDecimal | None = described(
        "OutOfRange, NewCategories, TrainServeSkew: most of an input's values that may be so, in percent.", default=None
    )
    feature: Column | None = described("MeanShift: the input whose mean is watched.", default=None)
    percent: int | None = described(
        "MeanShift: change of the mean from which it is drift, in percent of the reference's mean.",
        default=None,
        ge=1,
        le=100000,
    )
    metric: MetricName | None = described(
        "Performance, EstimatedPerformance: the metric that is watched, such as log_loss.", default=None
    )
    max_drop: NotNegativeDecimal | None = described(
        "Performance, EstimatedPerformance: how much worse than on the holdout is drift, in the metric's unit.",
        default=None,
    )
    min_rows: int | None = described("Volume: fewest rows in the window, a count.", default=None, ge=1, le=10**15)
    max_rows: int | None = described("Volume: most rows in the window, a count.", default=None, ge=0, le=10**15)
    of: Literal["Requests", "Labels"] | None = described("Staleness: what has to keep coming.", default=None)
    max_age: PositiveDuration | None = described(
        "Staleness: how old the newest may be; no more than the window is long.", default=None
    )
    kpi: Name | None = described("KPI: name of one in spec.kpis of the Model.", default=None)
    min: Decimal | None = described("KPI: smallest value that is no drift.", default=None)
    max: Decimal | None = described("KPI: largest value that is no drift.", default=None)
