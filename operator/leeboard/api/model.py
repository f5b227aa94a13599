"""Model: what is served, and how a new version earns its place."""

from datetime import datetime
from typing import Any, ClassVar, Literal

from leeboard.api.artifact_cache import ArtifactCache
from leeboard.api.base import Condition, Resource, SpecModel
from leeboard.api.cel import belongs, ordered, rules
from leeboard.api.commands import MOST_CHARACTERS, CommandAnswer
from leeboard.api.feedback import FeedbackAccess
from leeboard.api.fields import (
    ATOMIC,
    SET,
    Column,
    Decimal,
    Duration,
    Name,
    NotNegativeDecimal,
    PositiveDecimal,
    PositiveDuration,
    Probability,
    Share,
    Text,
    described,
    list_map,
)
from leeboard.api.metrics import OF_TASK, MetricName, Task
from leeboard.api.model_server import ModelServer
from leeboard.api.pod import PodTemplateOverrides, Resources
from leeboard.api.request_log import RequestLogging
from leeboard.api.storage import Storage
from leeboard.api.verification import Verification


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


class Acceleration(SpecModel):
    """Faster forms of a version."""

    onnx: Literal["Auto", "Never"] = described(
        "Auto: a version is served as ONNX where that answers as the trained model does. Never: as it was trained.",
        default="Auto",
    )


class Serving(SpecModel):
    """How a version is served."""

    replicas: int = described("Pods of the champion, a count.", default=1, ge=1, le=100)
    resources: Resources = described("CPU and memory of the server container.", default=Resources())
    ready_within: PositiveDuration = described(
        "Longest time a new version's pods may take to become ready.", default="5m"
    )
    allow_unsafe_formats: bool = described(
        "True: versions may be of a format that runs code which came with the model (python, sklearn-pickle, "
        "sklearn-joblib). Whoever may write the stored model then runs code in the namespace's pods.",
        default=False,
    )
    cache: ArtifactCache | None = described(
        "A claim that keeps the files of versions for the next pod; without it every pod downloads them.", default=None
    )
    verification: Verification = described(
        "What a version has to prove beside its digest before it is served.", default=Verification()
    )
    access_log: bool | None = described(
        "Whether the server logs a line about every request: its id, route, status, rows and seconds. Absent: no.",
        default=None,
    )
    feedback: FeedbackAccess | None = described(
        "Who may send labels to /feedback; without it whoever reaches the Service.", default=None
    )
    logging: RequestLogging | None = described(
        "Which rows of requests are stored with their inputs; none without it.", default=None
    )
    acceleration: Acceleration | None = described(
        "Which faster forms of a version are made and served; all that there are without it.", default=None
    )
    server: ModelServer | None = described(
        "A server of one's own, in the place of Leeboard's. Absent: Leeboard's.", default=None
    )
    pod_template_overrides: PodTemplateOverrides = described(
        "Allowed changes to the pods.", default=PodTemplateOverrides()
    )

    @property
    def as_onnx(self) -> bool:
        """Whether versions may be served as ONNX."""
        return self.acceleration is None or self.acceleration.onnx == "Auto"


class Step(SpecModel):
    """One stage of a canary."""

    weight: int = described("Share of the requests for the candidate, in percent.", ge=1, le=100)
    duration: Duration = described("Shortest time of the stage, such as 10m.")


class Guard(SpecModel):
    """What aborts a rollout."""

    model_config = SpecModel.model_config | {
        "json_schema_extra": rules(
            (belongs("margin", "ErrorRate"), "an ErrorRate guard needs margin; it belongs to no other type"),
            (belongs("maxRatio", "LatencyP99"), "a LatencyP99 guard needs maxRatio; it belongs to no other type"),
        )
    }

    type: Literal["ErrorRate", "LatencyP99"] = described("What is compared with the champion.")
    margin: Share | None = described(
        "ErrorRate: by how much the candidate's share of failed requests may exceed the champion's, 0 to 1.",
        default=None,
    )
    max_ratio: PositiveDecimal | None = described(
        "LatencyP99: how many times the champion's 99th percentile of latency the candidate may take.", default=None
    )


class Analysis(SpecModel):
    """What decides a rollout."""

    alpha: Probability = described("Chance of a wrong abort over the whole rollout, 0 to 1.", default="0.05")
    min_samples: int = described(
        "Fewest requests to the candidate before it is promoted, a count.", default=500, ge=0, le=100000000
    )
    guards: tuple[Guard, ...] = described(
        "What aborts the rollout; one of each type.", default=(), max_length=8, json_schema_extra=list_map("type")
    )


class Rollout(SpecModel):
    """How traffic moves to a new version."""

    model_config = SpecModel.model_config | {
        "json_schema_extra": rules(
            ("self.strategy != 'Canary' || (has(self.steps) && size(self.steps) > 0)", "strategy Canary needs steps"),
            (
                "self.strategy == 'Canary' || !has(self.steps) || size(self.steps) == 0",
                "steps belong to strategy Canary",
            ),
            (
                "self.strategy == 'Canary' || !has(self.analysis) || !has(self.analysis.guards)"
                " || size(self.analysis.guards) == 0",
                "analysis.guards belong to strategy Canary: the others have no canary to analyse",
            ),
            (
                "!has(self.steps) || (self.steps.map(s, s.weight).isSorted()"
                " && self.steps.all(i, self.steps.filter(j, j.weight == i.weight).size() == 1))",
                "the weights of steps have to rise",
            ),
        )
    }

    strategy: Literal["Canary", "BlueGreen", "Replace"] = described(
        "Canary: a growing share of requests. BlueGreen: all at once when the new pods are ready; the old ones stay "
        "for 10 minutes, so that abort brings them back. Replace: as BlueGreen, the old ones go at once.",
        default="BlueGreen",
    )
    steps: tuple[Step, ...] = described(
        "Stages of the canary, in order.", default=(), max_length=20, json_schema_extra=ATOMIC
    )
    analysis: Analysis = described(
        "Which figures decide whether the candidate is promoted or rolled back.", default=Analysis()
    )


class PrometheusSource(SpecModel):
    """A query to the Prometheus that the evaluator knows."""

    type: Literal["Prometheus"] = described("The only kind of source there is.", default="Prometheus")
    query: str = described(
        "PromQL whose answer is one number; {window}, {namespace}, {model} and {version} stand for the monitor's window"
        " (such as 3600s) and for what is watched.",
        min_length=1,
        max_length=2048,
    )


class KPI(SpecModel):
    """A figure of the business that the model is there for."""

    name: Name = described("Name by which checks refer to it.")
    source: PrometheusSource = described("Where its value comes from.")


class ModelSpec(SpecModel):
    """What is served, and how a new version earns its place."""

    model_config = SpecModel.model_config | {
        "json_schema_extra": rules(
            (
                "!has(self.promotion) || !has(self.promotion.gates) || self.promotion.gates.all(g, g.metric in"
                f" (self.prediction.task == 'Regression' ? {list(OF_TASK['Regression'])}"
                f" : {list(OF_TASK['BinaryClassification'])}))",
                "promotion.gates[].metric is no metric of prediction.task",
            )
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
    rollout: Rollout = described("How traffic moves to a new version, and what aborts that.", default=Rollout())


class Images(SpecModel):
    """The images a version was adopted with; upgrading Leeboard does not restart it."""

    server: str = described("Image of load, server and exporter.", max_length=600)


class ServedVersion(SpecModel):
    """A version that has pods."""

    name: str = described("Name of the ModelVersion.", max_length=253)
    since: datetime = described("When it came into this place.")
    images: Images = described("The images its pods run, pinned when it was adopted.")


class Candidate(ServedVersion):
    """The version that is being rolled out."""

    phase: Literal["Starting", "Canary", "Promoting", "RollingBack"] = described(
        "Where the rollout of the candidate is.", default="Starting"
    )
    step: int = described("Index of the canary's stage, from 0.", default=0, ge=0)
    step_started_at: datetime | None = described("When the present stage or phase began.", default=None)
    canary_started_at: datetime | None = described(
        "When the candidate was first given traffic; it is compared with the champion from then on.", default=None
    )
    requested_weight: int = described("Share asked for by the stage, in percent.", default=0, ge=0, le=100)
    replica_weight: int = described("Share of the ready pods, in percent.", default=0, ge=0, le=100)
    observed_weight: int | None = described("Share of the requests counted by the exporters, in percent.", default=None)
    reason: str = described("What the rollout waits for, as one word.", default="", max_length=128)
    message: Text = described("What the rollout waits for, with figures.", default="")

    @property
    def compared_since(self) -> datetime:
        """From when on the requests of candidate and champion are held against each other."""
        return self.canary_started_at or self.since


class Quarantined(SpecModel):
    """A version that was rolled back."""

    name: str = described("Name of the ModelVersion.", max_length=253)
    reason: str = described("Why it was rolled back, as one word.", max_length=128)
    message: Text = described("Why it was rolled back, with figures.", default="")
    at: datetime = described("When it was rolled back.")


class Rollback(SpecModel):
    """A return to an earlier version, until that one serves or has failed to."""

    to: str = described("Name of the ModelVersion that is returned to.", max_length=253)
    since: datetime = described("When it was asked for.")
    asked_by: str = described(
        "The DriftMonitor that asked for it; empty where it was a command.", default="", max_length=253
    )


class ChampionRecord(SpecModel):
    """A version that became champion."""

    name: str = described("Name of the ModelVersion.", max_length=253)
    since: datetime = described("When it became champion.")
    reason: str = described("How it did, as one word: Promoted, RolledBack or Serving.", max_length=128)
    message: Text = described("How it did, for a person.", default="")


class ModelCommands(SpecModel):
    """The last commands that were acted on."""

    promote: str = described(
        "Value of the last leeboard.dev/promote annotation that was acted on.", default="", max_length=128
    )
    abort: str = described(
        "Value of the last leeboard.dev/abort annotation that was acted on.", default="", max_length=128
    )
    retry: str = described(
        "Value of the last leeboard.dev/retry annotation that was acted on.", default="", max_length=MOST_CHARACTERS
    )
    rollback: str = described(
        "Value of the last leeboard.dev/rollback annotation that was acted on.", default="", max_length=MOST_CHARACTERS
    )
    pause: bool = described("True while the rollout is held.", default=False)
    answer: CommandAnswer | None = described("What became of the newest command.", default=None)


class MonitorAnswer(SpecModel):
    """What became of the rollback that a DriftMonitor asked for."""

    monitor: str = described("Name of the DriftMonitor.", max_length=253)
    episode: str = described("Its episode of drift; the same is answered once.", max_length=63)
    accepted: bool = described("True where an earlier version is returned to.")
    message: Text = described("What is done, or why nothing is.", default="")
    at: datetime = described("When it was decided.")


class ModelStatus(SpecModel):
    """What is served now, and where a rollout is."""

    observed_generation: int = described(
        "Generation of the spec this status is about; -1 before the first look.", default=-1
    )
    champion: ServedVersion | None = described("The version that answers the requests.", default=None)
    candidate: Candidate | None = described("The version that is being rolled out.", default=None)
    draining: ServedVersion | None = described("The champion before, until its pods are gone.", default=None)
    quarantined: tuple[Quarantined, ...] = described(
        "Versions that were rolled back.", default=(), max_length=50, json_schema_extra=list_map("name")
    )
    rollback: Rollback | None = described("The return to an earlier version that is under way.", default=None)
    history: tuple[ChampionRecord, ...] = described(
        "The newest champions, the present one last.", default=(), max_length=20, json_schema_extra=ATOMIC
    )
    commands: ModelCommands = described("Commands that were acted on.", default=ModelCommands())
    monitor_answers: tuple[MonitorAnswer, ...] = described(
        "What became of the rollbacks that DriftMonitors asked for, the newest of each.",
        default=(),
        max_length=32,
        json_schema_extra=list_map("monitor"),
    )
    evaluation: dict[str, Any] | None = described(
        "Figures of the evaluator about the served versions.",
        default=None,
        # atomic: figures are written as a whole, also where another manager has copied them
        json_schema_extra={"x-kubernetes-preserve-unknown-fields": True, "x-kubernetes-map-type": "atomic"},
    )
    conditions: tuple[Condition, ...] = described(
        "State of the Model, one entry a type; Ready is always there.",
        default=(),
        max_length=16,
        json_schema_extra=list_map("type"),
    )


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
