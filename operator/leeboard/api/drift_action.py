"""What a DriftMonitor sets going when there is drift."""

from typing import Literal

from leeboard.api.base import LocalReference, SpecModel
from leeboard.api.cel import may_belong, rules
from leeboard.api.drift_check import CheckType
from leeboard.api.fields import (
    SET,
    PositiveDuration,
    described,
)
from leeboard.api.labelling import MOST_ROWS
from leeboard.api.notifications import Webhook


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
