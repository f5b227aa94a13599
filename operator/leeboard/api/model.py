"""Model: what is served, and how a new version earns its place."""

from typing import Any, ClassVar, Literal

from leeboard.api.base import Resource, SpecModel
from leeboard.api.cel import belongs, ordered, rules
from leeboard.api.fields import (
    ATOMIC,
    SET,
    Column,
    Decimal,
    Duration,
    Name,
    NotNegativeDecimal,
    PositiveDuration,
    described,
    list_map,
)
from leeboard.api.kpi import KPI
from leeboard.api.metrics import OF_TASK, MetricName, Task
from leeboard.api.model_status import ModelStatus
from leeboard.api.rollout import Rollout
from leeboard.api.serving import Serving
from leeboard.api.storage import Storage
from leeboard.api.traffic import Traffic


def _each_guard(rule: str) -> str:
    """A rule about every guard `g` of the rollout."""
    guards = "self.rollout.analysis.guards"
    return f"!has(self.rollout) || !has(self.rollout.analysis) || !has({guards}) || {guards}.all(g, {rule})"


_AB_TEST = "!has(self.rollout) || !has(self.rollout.abTest)"


class Prediction(SpecModel):
    """What the model predicts."""

    task: Task = described("What kind of prediction it is; decides which metrics there are.")
    score_output: Name = described("Name of the output that carries the score.", default="probability")
    positive_class: str = described("Label of the positive class.", default="1", max_length=128)
    label_delay: Duration = described(
        "How long after a prediction its label has usually come; monitors tell when none have.", default="1d"
    )
    segments: tuple[Column, ...] = described(
        "Inputs by whose values all others are counted too, such as carrier: texts, or numbers of which there are few;"
        " versions that are trained from then on have them.",
        default=(),
        max_length=2,
        json_schema_extra=SET,
    )


class Versions(SpecModel):
    """How many versions are kept."""

    retain: int = described("How many versions are kept beside those in use, a count.", default=10, ge=1, le=1000)


class Observations(SpecModel):
    """What is kept of what served versions observe."""

    retain: PositiveDuration = described(
        "How long windows, ledgers, labels and reports are kept below storage.uri, such as 30d. What a DriftMonitor or"
        " a rollout still looks at is kept longer.",
        default="90d",
    )


class Gate(SpecModel):
    """One condition that a version has to meet before it serves."""

    model_config = SpecModel.model_config | {
        "json_schema_extra": rules(
            (
                "(self.type == 'Threshold') == (has(self.min) || has(self.max))",
                "a Threshold gate needs min or max; they belong to no other type",
            ),
            (belongs("maxDrop", "VersusChampion"), "a VersusChampion gate needs maxDrop; it belongs to no other type"),
            (ordered("min", "max"), "min must not exceed max"),
        )
    }

    type: Literal["Threshold", "VersusChampion"] = described(
        "Threshold: an absolute bound. VersusChampion: against the champion on the same rows."
    )
    metric: MetricName = described("Name of the metric, such as roc_auc.")
    min: Decimal | None = described("Threshold: smallest value that passes, in the metric's unit.", default=None)
    max: Decimal | None = described("Threshold: largest value that passes, in the metric's unit.", default=None)
    max_drop: NotNegativeDecimal | None = described(
        "VersusChampion: how much worse than the champion still passes, in the metric's unit.", default=None
    )


class Promotion(SpecModel):
    """Which versions may serve."""

    model_config = SpecModel.model_config | {
        "json_schema_extra": rules(
            (
                "(self.policy == 'Pinned') == has(self.version)",
                "promotion.version belongs to policy Pinned, and Pinned needs it",
            )
        )
    }

    policy: Literal["Automatic", "Approval", "Pinned"] = described(
        "Automatic: the newest version that passes. Approval: and that somebody approved. Pinned: the one named.",
        default="Automatic",
    )
    version: str | None = described("The ModelVersion to serve.", default=None, min_length=1, max_length=253)
    gates: tuple[Gate, ...] = described(
        "What a version has to meet.", default=(), max_length=16, json_schema_extra=ATOMIC
    )


class ModelSpec(SpecModel):
    """What is served, and how a new version earns its place."""

    model_config = SpecModel.model_config | {
        "json_schema_extra": rules(
            (
                "!has(self.promotion) || !has(self.promotion.gates) || self.promotion.gates.all(g, g.metric in"
                f" (self.prediction.task == 'Regression' ? {list(OF_TASK['Regression'])}"
                f" : {list(OF_TASK['BinaryClassification'])}))",
                "promotion.gates[].metric is no metric of prediction.task",
            ),
            (
                _each_guard(
                    "!(g.type in ['Performance', 'EstimatedPerformance']) || g.metric in"
                    f" (self.prediction.task == 'Regression' ? {list(OF_TASK['Regression'])}"
                    f" : {list(OF_TASK['BinaryClassification'])})"
                ),
                "rollout.analysis.guards[].metric is no metric of prediction.task",
            ),
            (
                _each_guard("!(g.type in ['EstimatedPerformance']) || self.prediction.task == 'BinaryClassification'"),
                "an EstimatedPerformance guard needs prediction.task BinaryClassification",
            ),
            (
                _each_guard("!(g.type in ['KPI']) || (has(self.kpis) && self.kpis.exists(k, k.name == g.name))"),
                "a KPI guard of rollout.analysis.guards has to name one of spec.kpis",
            ),
            (
                _each_guard("!has(g.by) || (has(self.prediction.segments) && g.by in self.prediction.segments)"),
                "rollout.analysis.guards[].by has to be one of prediction.segments",
            ),
            (
                _each_guard("!(g.type in ['Performance']) || !has(g.by) || has(self.serving.logging)"),
                "a Performance guard with by needs serving.logging: segments are known of logged rows alone",
            ),
            (
                _each_guard("!(g.type in ['PredictionDrift']) || !has(g.by) || has(self.serving.logging)"),
                "a PredictionDrift guard with by needs serving.logging: segments are known of logged rows alone",
            ),
            (
                "!has(self.rollout) || !has(self.rollout.shadow) || !has(self.rollout.shadow.maxDisagreement)"
                " || self.prediction.task == 'BinaryClassification'",
                "rollout.shadow.maxDisagreement is about labels, and belongs to prediction.task BinaryClassification",
            ),
            (
                "!has(self.rollout) || !(self.rollout.strategy == 'Shadow') || !has(self.serving)"
                " || !has(self.serving.server)",
                "rollout.strategy Shadow needs Leeboard's server: requests to serving.server cannot be copied",
            ),
            (
                "!has(self.rollout) || !(self.rollout.strategy == 'ABTest')"
                " || (has(self.traffic) && self.traffic.mode == 'Gateway')",
                "rollout.strategy ABTest needs traffic.mode Gateway: a Service cannot tell callers apart",
            ),
            (
                f"{_AB_TEST} || self.rollout.abTest.assignment.type != 'Cookie' || !has(self.traffic)"
                " || !has(self.traffic.gateway) || !has(self.traffic.gateway.grpc)",
                "abTest.assignment Cookie is for HTTP alone: callers by gRPC keep no cookies, use Bucket",
            ),
            (
                f"{_AB_TEST} || (self.prediction.task == 'Regression') == has(self.rollout.abTest.metric.max)",
                "abTest.metric of a Regression is Outcome, mae or mse and needs max, which belongs to no other task",
            ),
            (
                "!has(self.rollout) || !(self.rollout.strategy == 'Bandit')"
                " || (has(self.traffic) && self.traffic.mode == 'Gateway')",
                "rollout.strategy Bandit needs traffic.mode Gateway: a Service shares out by whole pods",
            ),
            (
                "!has(self.rollout) || !has(self.rollout.bandit)"
                " || (self.prediction.task == 'Regression') == has(self.rollout.bandit.reward.max)",
                "bandit.reward of a Regression is Outcome, mae or mse and needs max, which belongs to no other task",
            ),
            (
                "!has(self.traffic) || !has(self.traffic.gateway) || !has(self.traffic.gateway.grpc)"
                " || !has(self.serving) || !has(self.serving.server)",
                "traffic.gateway.grpc is for Leeboard's own server: no gRPC goes through to serving.server",
            ),
        )
    }

    owners: tuple[str, ...] = described(
        "Teams or people to ask about this model.", default=(), max_length=16, json_schema_extra=ATOMIC
    )
    prediction: Prediction = described("What the model predicts, and which of its outputs says so.")
    storage: Storage = described("Where observations of served versions are written.")
    observations: Observations = described("How long observations are kept.", default=Observations())
    versions: Versions = described("How many versions are kept.", default=Versions())
    promotion: Promotion = described("Which versions may serve: policy and gates.", default=Promotion())
    serving: Serving = described("How each version is served: pods and their resources.", default=Serving())
    kpis: tuple[KPI, ...] = described(
        "Figures of the business, for checks of DriftMonitors.",
        default=(),
        max_length=16,
        json_schema_extra=list_map("name"),
    )
    traffic: Traffic = described("How requests reach the versions.", default=Traffic())
    rollout: Rollout = described("How traffic moves to a new version, and what aborts that.", default=Rollout())


class Model(Resource[ModelSpec, ModelStatus]):
    """A model that is served, and the rule by which its versions change."""

    KIND: ClassVar[str] = "Model"
    PLURAL: ClassVar[str] = "models"
    SHORT_NAME: ClassVar[str] = "mdl"
    RULES: ClassVar[dict[str, Any]] = rules(
        (
            "size(self.metadata.name) <= 63 && self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
            "metadata.name is also the name of the Service: at most 63 of a-z, 0-9 and -, beginning with a letter",
        )
    )

    kind: str = "Model"
