"""DriftMonitor: what is watched, and what happens when it drifts."""

from datetime import datetime
from typing import Any, ClassVar, Literal

from leeboard.api.base import Condition, LocalReference, Resource, SpecModel
from leeboard.api.cel import belongs, may_belong, ordered, rules, seconds
from leeboard.api.fields import (
    ATOMIC,
    SET,
    Column,
    Decimal,
    Name,
    NotNegativeDecimal,
    PositiveDecimal,
    PositiveDuration,
    Text,
    described,
    list_map,
)
from leeboard.api.labelling import MOST_ROWS, Labelling
from leeboard.api.metrics import MetricName
from leeboard.api.notifications import MOST_DELIVERIES, Delivery, Webhook, WebhookKey

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
SeasonName = Literal["HourOfDay", "DayOfWeek", "HourOfWeek"]
BY_SEGMENT: tuple[CheckType, ...] = ("DataDrift", "DataQuality")
"""Checks that may look at every segment too."""


class Window(SpecModel):
    """Which observations are looked at."""

    model_config = SpecModel.model_config | {
        "json_schema_extra": rules(
            (
                f"{seconds('self.every')} <= {seconds('self.length')}",
                "window.every must not exceed window.length",
            )
        )
    }

    length: PositiveDuration = described("How far back the window reaches, such as 1h.")
    every: PositiveDuration = described("Time between two evaluations, such as 10m.", default="10m")
    min_samples: int = described("Fewest rows for a verdict, a count.", default=500, ge=1, le=1000000000)


class Features(SpecModel):
    """Which inputs are watched; all when absent."""

    exclude: tuple[Column, ...] = described(
        "Inputs that are not watched, such as calendar fields.", default=(), max_length=500, json_schema_extra=ATOMIC
    )


class Reference(SpecModel):
    """What of a version's reference windows are compared with."""

    season: SeasonName | None = described(
        "Compare with what the reference holds of the same hour or day, by UTC, so that a night is not drift because it"
        " is not noon. Needs a column event_timestamp in the reference. Absent: all of it.",
        default=None,
    )


class Persistence(SpecModel):
    """In how many evaluations drift has to be found."""

    model_config = SpecModel.model_config | {
        "json_schema_extra": rules(("self.count <= self.of", "persistence.count must not exceed persistence.of"))
    }

    count: int = described("Evaluations that find drift, a count.", default=1, ge=1, le=20)
    of: int = described("Of that many newest ones, a count.", default=1, ge=1, le=20)


class FalseAlarms(SpecModel):
    """How many false alarms a monitor may raise."""

    budget: int = described("Alarms without drift that may be expected, a count.", default=1, ge=1, le=1000)
    per: PositiveDuration = described("In that time, over everything that is watched, such as 90d.", default="90d")


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
            (may_belong("by", *BY_SEGMENT), "by belongs to DataDrift and DataQuality"),
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
        "DataDrift, DataQuality: one of the Model's prediction.segments; inputs are looked at within each of its values"
        " too, such as wind_speed where carrier=UA.",
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


class Action(SpecModel):
    """What happens when there is drift."""

    model_config = SpecModel.model_config | {
        "json_schema_extra": rules(
            (
                "(self.type == 'Retrain') == has(self.trainingJobRef)",
                "trainingJobRef belongs to Retrain, and Retrain needs it",
            ),
            (may_belong("most", "QueueLabeling"), "most belongs to QueueLabeling"),
            (may_belong("webhook", "Alert"), "webhook belongs to Alert"),
        )
    }

    type: Literal["Alert", "Retrain", "RequestRollback", "QueueLabeling"] = described(
        "Alert: a Warning Event, and with webhook a notification of the episode's beginning and one of its end."
        " Retrain: a run of the TrainingJob, once an episode. RequestRollback: the Model is asked to return to the"
        " champion before, once an episode; it decides. QueueLabeling: rows of the request log that are worth a label"
        " are written to the storage, once an episode."
    )
    webhook: Webhook | None = described(
        "Who is notified, beside the Event; the evaluator sends it. Only of Alert.", default=None
    )
    training_job_ref: LocalReference | None = described("The TrainingJob that retrains.", default=None)
    when: tuple[CheckType, ...] = described(
        "Only for drift found by these checks. When empty: Alert and QueueLabeling for any; Retrain and RequestRollback"
        " for Performance, EstimatedPerformance, ConceptDrift and KPI, so that drift without harm starts nothing, or"
        " for any where none of them is among checks.",
        default=(),
        max_length=16,
        json_schema_extra=SET,
    )
    most: int | None = described(
        f"QueueLabeling: the most rows that are chosen, a count; {MOST_ROWS} when absent.", default=None, ge=1, le=10000
    )
    cooldown: PositiveDuration | None = described(
        "Shortest time between two episodes in which this is done; what comes earlier waits for it. Absent: none.",
        default=None,
    )
    max_per_day: int | None = described(
        "How often this is done within 24 hours, a count. Absent: in every episode.", default=None, ge=1, le=20
    )


class DriftMonitorSpec(SpecModel):
    """What is watched, and what happens when it drifts."""

    model_config = SpecModel.model_config | {
        "json_schema_extra": rules(
            (
                "!has(self.actions) || self.actions.all(a, !has(a.when)"
                " || a.when.all(w, self.checks.exists(c, c.type == w)))",
                "actions[].when names a type that is not among checks",
            ),
            (
                f"self.checks.all(c, !has(c.maxAge) || {seconds('c.maxAge')} <= {seconds('self.window.length')})",
                "maxAge of checks must not exceed window.length",
            ),
        )
    }

    model_ref: LocalReference = described("The Model that is watched.")
    window: Window = described("Which observations are looked at.")
    reference: Reference = described(
        "What of the reference windows are compared with; all of it when absent.", default=Reference()
    )
    features: Features = described("Which inputs are watched; all when absent.", default=Features())
    checks: tuple[Check, ...] = described(
        "What is compared with the reference, and from where on it is drift.",
        min_length=1,
        max_length=32,
        json_schema_extra=ATOMIC,
    )
    false_alarms: FalseAlarms = described(
        "How many false alarms may be expected; drift has to be the surer, the fewer they are.", default=FalseAlarms()
    )
    persistence: Persistence = described(
        "In how many evaluations drift has to be found to be told; one when absent.", default=Persistence()
    )
    give_up_after: int = described(
        "Runs in a row that were asked for and promoted, and after which drift went on; then none is asked for until a"
        " verdict is Stable. A count.",
        default=3,
        ge=1,
        le=100,
    )
    actions: tuple[Action, ...] = described(
        "What happens when there is drift.", default=(), max_length=8, json_schema_extra=ATOMIC
    )


class Finding(SpecModel):
    """What one check found."""

    check: CheckType = described("Type of the check that found it.")
    subject: str = described("The input, prediction or metric.", max_length=128)
    verdict: Literal["Drift", "Stable", "Inconclusive"] = described(
        "What the figures say: drift, no drift, or too few rows to tell."
    )
    value: str = described("The measured figure, in the check's unit.", default="", max_length=40)
    low: str = described("Lower end of its interval.", default="", max_length=40)
    high: str = described("Upper end of its interval.", default="", max_length=40)
    threshold: str = described("The threshold that the figure is compared with.", default="", max_length=40)
    shift: Text = described("What moved, in words, such as mean 12.1, was 9.8.", default="")
    importance: str = described(
        "Share of the input in what the model knows, in percent, where its evaluation found one.",
        default="",
        max_length=40,
    )


class Look(SpecModel):
    """One of the newest evaluations."""

    at: datetime = described("When its figures were taken, as a time.")
    verdict: Literal["Drift", "Stable", "Inconclusive"] = described("What it said by itself.")


class Episode(SpecModel):
    """A stretch of drift, from the first verdict to the next stable one."""

    id: str = described("Identity of the episode; runs that it causes carry it.", max_length=63)
    version: str = described("The champion that drifted.", max_length=253)
    started_at: datetime = described("When drift was first found, as a time.")
    ended_at: datetime | None = described("When a verdict was Stable again.", default=None)
    drifting_since: datetime | None = described(
        "When an input that drifted began to, where that lay within the window, as a time.", default=None
    )
    reason: Text = described("What moved most when drift was found.", default="")
    circumstances: tuple[Text, ...] = described(
        "What else changed about that time: versions, their data and code, rollouts; the newest first.",
        default=(),
        max_length=5,
        json_schema_extra=ATOMIC,
    )
    alerted: bool = described("True once the action Alert was carried out for this episode.", default=False)
    labelling: Labelling | None = described("Rows for people to label, where an action asks for them.", default=None)
    webhooks: tuple[WebhookKey, ...] = described(
        "Webhooks of the Alerts that were carried out for this episode, as <Secret>/<format>: these are told of it.",
        default=(),
        max_length=8,
        json_schema_extra=ATOMIC,
    )


class Request(SpecModel):
    """What the monitor asks of another object."""

    type: Literal["Retrain", "Rollback"] = described(
        "What is asked: Retrain of a TrainingJob, Rollback of the Model that is watched."
    )
    training_job_ref: LocalReference | None = described("The TrainingJob that is asked.", default=None)
    episode: str = described("Episode of drift that it is asked for; once an episode.", max_length=63)
    reason: Text = described("Why it is asked, with figures.", default="")


class Acted(SpecModel):
    """When an action that has a cooldown or a limit was carried out."""

    action: str = described(
        "Type of the action, and the TrainingJob or the Secret of the webhook of one that has it.", max_length=320
    )
    at: datetime = described("When it was, as a time.")


class DriftMonitorStatus(SpecModel):
    """What was found in the newest window, and what is asked because of it."""

    observed_generation: int = described(
        "Generation of the spec this status is about; -1 before the first look.", default=-1
    )
    verdict: Literal["", "Drift", "Stable", "Inconclusive"] = described("What the window says as a whole.", default="")
    version: str = described("The champion the verdict is about.", default="", max_length=253)
    rows: int = described("Rows in the window, a count.", default=0, ge=0)
    rows_needed: int = described("Rows still needed for a verdict, a count.", default=0, ge=0)
    findings: tuple[Finding, ...] = described(
        "What each check found, the strongest first.", default=(), max_length=100, json_schema_extra=ATOMIC
    )
    looks: tuple[Look, ...] = described(
        "The newest evaluations, the newest last, where persistence asks for more than one.",
        default=(),
        max_length=20,
        json_schema_extra=ATOMIC,
    )
    episode: Episode | None = described("The newest stretch of drift.", default=None)
    unhelpful: int = described(
        "Runs in a row that were asked for and promoted, and after which drift went on, a count.", default=0, ge=0
    )
    requests: tuple[Request, ...] = described(
        "What is asked of other objects.", default=(), max_length=8, json_schema_extra=ATOMIC
    )
    acted: tuple[Acted, ...] = described(
        "When actions that have a cooldown or a limit were carried out, the newest last.",
        default=(),
        max_length=40,
        json_schema_extra=ATOMIC,
    )
    evaluation: dict[str, Any] | None = described(
        "Figures of the evaluator, which never decides.",
        default=None,
        # atomic: figures are written as a whole, also where another manager has copied them
        json_schema_extra={"x-kubernetes-preserve-unknown-fields": True, "x-kubernetes-map-type": "atomic"},
    )
    deliveries: tuple[Delivery, ...] = described(
        "What the webhooks of actions were told of which episode, the oldest first; the evaluator's.",
        default=(),
        max_length=MOST_DELIVERIES,
        json_schema_extra=ATOMIC,
    )
    conditions: tuple[Condition, ...] = described(
        "State of the DriftMonitor, one entry a type; Ready is always there.",
        default=(),
        max_length=16,
        json_schema_extra=list_map("type"),
    )


class DriftMonitor(Resource[DriftMonitorSpec, DriftMonitorStatus]):
    """Watches what a Model's champion receives and predicts."""

    KIND: ClassVar[str] = "DriftMonitor"
    PLURAL: ClassVar[str] = "driftmonitors"
    SHORT_NAME: ClassVar[str] = "dm"

    kind: str = "DriftMonitor"
