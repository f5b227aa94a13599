"""Everything that is counted while traffic runs, and the state file made of it."""

import time
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from e2e.demo.traffic.answer import Outcome
from e2e.demo.traffic.counts import Counts
from e2e.demo.traffic.state import (
    UNKNOWN,
    FailureState,
    LabelsState,
    Second,
    SegmentState,
    TrafficState,
)

KEPT_FAILURES = 20
KEPT_SECONDS = 2 * 3600


@dataclass
class SegmentRecord:
    """One segment as it is sent."""

    name: str
    start: datetime
    end: datetime | None = None
    counts: Counts = field(default_factory=Counts)


@dataclass
class LabelCounts:
    """What became of the labels."""

    accepted: int = 0
    pending: int = 0
    posts: int = 0
    failures: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Sent:
    """A request on its way."""

    id: str
    rows: int
    connection: str
    segment: SegmentRecord


class Recorder:
    """Counts every request once in the totals and once in its segment."""

    def __init__(self, run: str) -> None:
        self.run = run
        self.labels = LabelCounts()
        self._started = _now()
        self._totals = Counts()
        self._segments: list[SegmentRecord] = []
        self._seconds: deque[tuple[int, Counter[str], list[int]]] = deque(maxlen=KEPT_SECONDS)
        self._failures: list[FailureState] = []

    def begin_segment(self, name: str) -> SegmentRecord:
        """A segment whose first request goes out now; the one before ends at the same moment."""
        now = _now()
        self._end_segment(now)
        record = SegmentRecord(name, now)
        self._segments.append(record)
        return record

    def end_segment(self) -> None:
        """The rows of the segment are at their end."""
        self._end_segment(_now())

    def sent(self, request: Sent) -> None:
        """A request goes out."""
        for counts in (self._totals, request.segment.counts):
            counts.sent(request.connection, request.rows)

    def late(self, segment: SegmentRecord, connection: str) -> None:
        """A request could not go out at its time, because all connections of its kind were busy."""
        for counts in (self._totals, segment.counts):
            counts.late(connection)

    def ended(self, request: Sent, outcome: Outcome) -> None:
        """A request was answered, or failed."""
        for counts in (self._totals, request.segment.counts):
            counts.ended(request.connection, request.rows, outcome)
        answered, failed = self._second()
        if outcome.failure is None:
            answered[outcome.version or UNKNOWN] += 1
            return
        failed[0] += 1
        if len(self._failures) < KEPT_FAILURES:
            self._failures.append(_failure(request, outcome))

    def state(self, phase: Literal["Sending", "Idle", "Stopped"]) -> TrafficState:
        """The state file as of now."""
        labels = self.labels
        return TrafficState(
            run=self.run,
            phase=phase,
            started=self._started,
            written=_now(),
            totals=self._totals.state(),
            segments=tuple(
                SegmentState(name=one.name, start=one.start, end=one.end, **one.counts.fields())
                for one in self._segments
            ),
            labels=LabelsState(
                accepted=labels.accepted,
                failed=labels.failures.total(),
                pending=labels.pending,
                posts=labels.posts,
                failures=dict(labels.failures),
            ),
            seconds=tuple(
                Second(time=second, versions=dict(versions), failed=failed[0])
                for second, versions, failed in self._seconds
            ),
            first_failures=tuple(self._failures),
        )

    def _end_segment(self, now: datetime) -> None:
        if self._segments and self._segments[-1].end is None:
            self._segments[-1].end = now

    def _second(self) -> tuple[Counter[str], list[int]]:
        second = int(time.time())
        if not self._seconds or self._seconds[-1][0] != second:
            self._seconds.append((second, Counter(), [0]))
        return self._seconds[-1][1:]


def _failure(request: Sent, outcome: Outcome) -> FailureState:
    return FailureState(
        time=_now(),
        kind=outcome.failure or "",
        connection=request.connection,
        segment=request.segment.name,
        id=request.id,
        version=outcome.version or UNKNOWN,
        text=outcome.text,
    )


def _now() -> datetime:
    return datetime.now(UTC)
