"""Everything the picture is drawn from, as one JSON document: `Report`.

Field names are camelCase in JSON, times are RFC 3339, figures are numbers. `e2e.demo.picture.collecting` makes the
parts from what the cluster holds: versions, drift, comparisons and steps.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import Field

from e2e.demo.traffic.state import TrafficState
from leeboard.api.base import SpecModel
from leeboard.report.feature import Feature, Figure

Outcome = Literal["Champion", "Replaced", "RolledBack", "Rejected", "Registered"]


class Step(SpecModel):
    """One named part of the story."""

    title: str
    start: datetime
    end: datetime
    succeeded: bool = True


class Moment(SpecModel):
    """Something that happened at once, drawn as a line through the traffic."""

    time: datetime
    text: str
    kind: Literal["Promotion", "Rollback", "Drift", "Other"] = "Other"


class Version(SpecModel):
    """A ModelVersion with its lineage; `parent` is another one's name, `reason` says why it is what it is."""

    name: str
    outcome: Outcome
    created: datetime
    commit: str = ""
    parent: str = ""
    cause: str = ""
    cause_reason: str = ""
    reason: str = ""
    data: str = ""
    metrics: tuple[Figure, ...] = ()


class Drift(SpecModel):
    """A verdict in the monitor's own words, and the inputs that moved, the strongest first."""

    verdict: Literal["Drift", "Stable", "Inconclusive"]
    words: str
    version: str
    time: datetime
    rows: int
    reference_rows: int
    features: tuple[Feature, ...] = ()


class Measurement(SpecModel):
    """A version measured on some rows; `low` and `high` are the ends of the 95 % interval."""

    label: str
    version: str
    value: float
    low: float
    high: float
    note: str = ""


class Comparison(SpecModel):
    """One metric of several versions, or on several stretches of data. Beyond `threshold` it is drift."""

    metric: str
    higher_is_better: bool
    measurements: tuple[Measurement, ...] = Field(min_length=1)
    threshold: float | None = None


class Report(SpecModel):
    """The whole story. `versions` stand in the order in which they were made; there are names for as many as served."""

    title: str
    subtitle: str = ""
    steps: tuple[Step, ...] = Field(min_length=1)
    moments: tuple[Moment, ...] = ()
    traffic: TrafficState
    versions: tuple[Version, ...] = ()
    drift: Drift | None = None
    performance: tuple[Comparison, ...] = ()
    facts: Mapping[str, str] = Field(default_factory=dict)
    """Further figures for the head of the page, such as {"drift found after": "43 s"}."""

    @property
    def start(self) -> datetime:
        """When the first step began: the zero of the picture's clock."""
        return min(step.start for step in self.steps)

    @property
    def end(self) -> datetime:
        """When the last step ended."""
        return max(step.end for step in self.steps)
