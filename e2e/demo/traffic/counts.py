"""Counts of requests, of one segment or of all."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from e2e.demo.traffic.answer import Outcome
from e2e.demo.traffic.histogram import Histogram
from e2e.demo.traffic.state import UNKNOWN, ConnectionState, CountsState, VersionState


@dataclass
class Tally:
    """Requests of one kind of connection."""

    requests: int = 0
    answered: int = 0
    late: int = 0
    failures: Counter[str] = field(default_factory=Counter)

    def state(self) -> ConnectionState:
        """As the state file has it."""
        return ConnectionState(
            requests=self.requests,
            answered=self.answered,
            failed=self.failures.total(),
            late=self.late,
            failures=dict(self.failures),
        )


@dataclass
class Version:
    """Requests that one version answered."""

    requests: int = 0
    rows: int = 0
    failed: int = 0
    latencies: Histogram = field(default_factory=Histogram)

    def state(self) -> VersionState:
        """As the state file has it."""
        return VersionState(
            requests=self.requests,
            rows=self.rows,
            failed=self.failed,
            p50_milliseconds=_milliseconds(self.latencies.quantile(0.5)),
            p99_milliseconds=_milliseconds(self.latencies.quantile(0.99)),
        )


@dataclass
class Counts:
    """What was sent and what came back."""

    rows: int = 0
    connections: dict[str, Tally] = field(default_factory=dict)
    versions: dict[str, Version] = field(default_factory=dict)

    def sent(self, connection: str, rows: int) -> None:
        """A request goes out."""
        self._tally(connection).requests += 1
        self.rows += rows

    def late(self, connection: str) -> None:
        """A request could not go out at its time."""
        self._tally(connection).late += 1

    def ended(self, connection: str, rows: int, outcome: Outcome) -> None:
        """A request was answered, or failed."""
        tally = self._tally(connection)
        version = self.versions.setdefault(outcome.version or UNKNOWN, Version())
        version.requests += 1
        version.rows += rows
        if outcome.failure is None:
            tally.answered += 1
            version.latencies.add(outcome.seconds)
        else:
            tally.failures[outcome.failure] += 1
            version.failed += 1

    def fields(self) -> dict[str, Any]:
        """The fields of CountsState."""
        tallies = self.connections.values()
        failures: Counter[str] = sum((one.failures for one in tallies), Counter())
        requests, answered = sum(one.requests for one in tallies), sum(one.answered for one in tallies)
        return {
            "requests": requests,
            "answered": answered,
            "failed": failures.total(),
            "in_flight": requests - answered - failures.total(),
            "late": sum(one.late for one in tallies),
            "rows": self.rows,
            "failures": dict(failures),
            "versions": {name: one.state() for name, one in self.versions.items()},
            "connections": {name: one.state() for name, one in self.connections.items()},
        }

    def state(self) -> CountsState:
        """As the state file has it."""
        return CountsState(**self.fields())

    def _tally(self, connection: str) -> Tally:
        return self.connections.setdefault(connection, Tally())


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(1000 * seconds, 3)
