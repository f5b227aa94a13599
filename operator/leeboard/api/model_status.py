"""The status of a Model: what is served now, and where a rollout is."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from leeboard.api.base import Condition, SpecModel
from leeboard.api.commands import MOST_CHARACTERS, CommandAnswer
from leeboard.api.fields import ATOMIC, Text, described, list_map

MOST_ARMS = 7
"""Versions that may have a share of the requests at once: champion, challengers, and a winner on its way."""
MOST_SHARES = 160
Percent = Annotated[int, Field(ge=0, le=100)]


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

    phase: Literal["Starting", "Staged", "Canary", "Promoting", "RollingBack"] = described(
        "Where the rollout of the candidate is.", default="Starting"
    )
    step: int = described("Index of the canary's stage, from 0.", default=0, ge=0)
    step_started_at: datetime | None = described("When the present stage or phase began.", default=None)
    released: bool = described("True once a command has ended its staging.", default=False)
    canary_started_at: datetime | None = described(
        "When the candidate was first given traffic; it is compared with the champion from then on.", default=None
    )
    place: int | None = described("ABTest, Bandit: which of the places for callers it has.", default=None)
    routed_at: datetime | None = described(
        "When a Gateway took over the share of the present stage, whose time runs from then on; absent without one.",
        default=None,
    )
    requested_weight: int = described("Share asked for by the stage, in percent.", default=0, ge=0, le=100)
    replica_weight: int = described("Share of the ready pods, in percent.", default=0, ge=0, le=100)
    observed_weight: int | None = described("Share of the requests counted by the exporters, in percent.", default=None)
    champion_replicas: int | None = described(
        "Pods that the champion keeps at least while the candidate shares its requests, where it is autoscaled.",
        default=None,
    )
    reason: str = described("What the rollout waits for, as one word.", default="", max_length=128)
    message: Text = described("What the rollout waits for, with figures.", default="")
    forecast: Text | None = described(
        "How many requests the guards need at the traffic there was when the rollout began.", default=None
    )
    inconclusive_since: datetime | None = described(
        "Since when the rollout is held because its analysis came to no verdict in time.", default=None
    )

    @property
    def compared_since(self) -> datetime:
        """From when on the requests of candidate and champion are held against each other."""
        return self.canary_started_at or self.since


class Challenger(ServedVersion):
    """A version that is compared with the champion for long: on copies of its requests, or by callers of its own."""

    phase: Literal["Starting", "Comparing", "Leaving"] = described(
        "Where the comparison is. Leaving: it is over, and the pods go.", default="Starting"
    )
    phase_started_at: datetime | None = described("When the present phase began.", default=None)
    compared_since: datetime | None = described(
        "When the comparison with the champion began; of ABTest and Bandit, when a Gateway gave it its share.",
        default=None,
    )
    requested_weight: int = described(
        "Share of the champion's requests that it shall get copies of, or of the callers, in percent.",
        default=0,
        ge=0,
        le=100,
    )
    observed_weight: int | None = described("The same share as it was counted, in percent.", default=None)
    place: int | None = described("ABTest, Bandit: which of the places for callers it has, from 0.", default=None)
    best_probability: int | None = described(
        "Bandit: how probable it is that it earns more than all others, in percent.", default=None
    )
    inconclusive_since: datetime | None = described(
        "Since when it is held because the test came to no verdict in time.", default=None
    )
    reason: str = described("What the comparison waits for, as one word.", default="", max_length=128)
    message: Text = described("What the comparison waits for, with figures.", default="")

    @property
    def stays(self) -> bool:
        """Whether it is still to be compared."""
        return self.phase != "Leaving"


class Shares(SpecModel):
    """How the requests were shared out from a moment on: the propensities of the predictions made since."""

    at: datetime = described("From when on.")
    percent: dict[str, Percent] = described("Share of each version, in percent.", max_length=MOST_ARMS)
    stretches: int | None = described(
        "On the rewards of how many stretches of time it was decided; absent where a version came or went.",
        default=None,
    )


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
        "Value of the last leeboard.dev/promote annotation that was acted on.", default="", max_length=MOST_CHARACTERS
    )
    abort: str = described(
        "Value of the last leeboard.dev/abort annotation that was acted on.", default="", max_length=MOST_CHARACTERS
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
    challengers: tuple[Challenger, ...] = described(
        "The versions that are compared with the champion for long.",
        default=(),
        max_length=5,
        json_schema_extra=list_map("name"),
    )
    shares: tuple[Shares, ...] = described(
        "Bandit: how the requests were shared out, the newest last.",
        default=(),
        max_length=MOST_SHARES,
        json_schema_extra=ATOMIC,
    )
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
    replicas: int = described("Pods of the champion that there are, a count; for the scale subresource.", default=0)
    selector: str = described(
        "Labels of the champion's pods, as a selector; for the scale subresource.", default="", max_length=512
    )
    conditions: tuple[Condition, ...] = described(
        "State of the Model, one entry a type; Ready is always there.",
        default=(),
        max_length=16,
        json_schema_extra=list_map("type"),
    )
