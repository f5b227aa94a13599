"""DriftMonitor: what is watched, and what happens when it drifts."""

from typing import Any, ClassVar, Literal

from leeboard.api.base import Condition, LocalReference, Resource, SpecModel
from leeboard.api.cel import rules, seconds
from leeboard.api.drift_action import Action
from leeboard.api.drift_check import Check
from leeboard.api.drift_status import Acted, Episode, Finding, Look, Request
from leeboard.api.fields import (
    ATOMIC,
    Column,
    PositiveDuration,
    described,
    list_map,
)
from leeboard.api.notifications import MOST_DELIVERIES, Delivery

SeasonName = Literal["HourOfDay", "DayOfWeek", "HourOfWeek"]


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
