"""The state file: what was sent and what came back, as numbers that add up.

`requests == answered + failed + inFlight`, in the totals and in every segment, and each is the sum over the kinds of
connection. `late` counts moments of the schedule at which every connection of the kind was busy: nothing was sent then.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import Field

from leeboard.api.base import SpecModel

UNKNOWN = "unknown"
"""Stands for the version where no answer named one."""


class VersionState(SpecModel):
    """Requests whose answer named this version; percentiles are of those that succeeded."""

    requests: int = 0
    rows: int = 0
    failed: int = 0
    p50_milliseconds: float | None = None
    p99_milliseconds: float | None = None


class ConnectionState(SpecModel):
    """Requests on one kind of connection."""

    requests: int = 0
    answered: int = 0
    failed: int = 0
    late: int = 0
    failures: Mapping[str, int] = Field(default_factory=dict)


class CountsState(SpecModel):
    """What was sent and what came back; `rows` is of all that was sent, `failures` is by kind."""

    requests: int = 0
    answered: int = 0
    failed: int = 0
    in_flight: int = 0
    late: int = 0
    rows: int = 0
    failures: Mapping[str, int] = Field(default_factory=dict)
    versions: Mapping[str, VersionState] = Field(default_factory=dict)
    connections: Mapping[str, ConnectionState] = Field(default_factory=dict)


class SegmentState(CountsState):
    """The same of one segment; it ends when the next one begins, or its rows do."""

    name: str
    start: datetime
    end: datetime | None = None


class LabelsState(SpecModel):
    """Labels that the feedback service took, that it did not take (never sent again), and that are not sent yet."""

    accepted: int = 0
    failed: int = 0
    pending: int = 0
    posts: int = 0
    failures: Mapping[str, int] = Field(default_factory=dict)


class Second(SpecModel):
    """Answers that came within one second: `time` is in seconds since 1970, `versions` counts those that succeeded."""

    time: int
    versions: Mapping[str, int] = Field(default_factory=dict)
    failed: int = 0


class FailureState(SpecModel):
    """One failed request."""

    time: datetime
    kind: str
    connection: str
    segment: str
    id: str
    version: str = UNKNOWN
    text: str = ""


class TrafficState(SpecModel):
    """The whole file. `run` begins every request id. `seconds` are the last two hours, without empty ones."""

    contract: Literal[1] = 1
    run: str
    phase: Literal["Sending", "Idle", "Stopped"]
    started: datetime
    written: datetime
    totals: CountsState
    segments: tuple[SegmentState, ...] = ()
    labels: LabelsState = LabelsState()
    seconds: tuple[Second, ...] = ()
    first_failures: tuple[FailureState, ...] = ()

    def segment(self, name: str) -> SegmentState:
        """The newest segment of that name. Raises KeyError."""
        for one in reversed(self.segments):
            if one.name == name:
                return one
        raise KeyError(name)


def read_state(path: Path) -> TrafficState:
    """Read the file. Raises OSError, and pydantic.ValidationError where it is not one."""
    return TrafficState.model_validate_json(path.read_bytes())


def write_state(path: Path, state: TrafficState) -> None:
    """Write the file as a whole or not at all, so that a reader never sees a part of it."""
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(state.model_dump_json(by_alias=True, exclude_none=True), encoding="utf-8")
    temporary.replace(path)
