"""What a DriftMonitor found, when it drifted, and what it asks of others."""

from datetime import datetime
from typing import Literal

from leeboard.api.base import LocalReference, SpecModel
from leeboard.api.drift_check import CheckType
from leeboard.api.fields import (
    ATOMIC,
    Text,
    described,
)
from leeboard.api.labelling import Labelling
from leeboard.api.notifications import WebhookKey


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
