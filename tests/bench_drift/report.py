"""The figures as a list for programs, and as a block in docs/reference/drift-speed.md for people."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.support.bench_page import processor, table, write_block

BEGIN, END = "<!-- begin of what make bench-drift wrote -->", "<!-- end of what make bench-drift wrote -->"
LIBRARIES = ("numpy", "scipy", "pandas")
MONTHS = [
    "", "flights", "late, %", "loss", "by labels", "estimated", "by schedule", "what moved", "weeks, by labels",
    "weeks, by schedule",
]  # fmt: skip
"""Heads of the table of months."""
DELAYS = [
    "", "requests", "median without exporter, µs", "with it", "added", "p99 without exporter, µs", "with it",
]  # fmt: skip
"""Heads of the table of delays."""


@dataclass(frozen=True)
class Entry:
    """A figure of ours, and a peer's beside it where one does the same."""

    case: str
    metric: str
    ours: float
    peer: str = ""
    peer_value: float | None = None
    peer_version: str = ""

    @property
    def ratio(self) -> float | None:
        """The peer's figure as a multiple of ours."""
        return None if self.peer_value is None or not self.ours else self.peer_value / self.ours


@dataclass(frozen=True)
class Alarms:
    """How often drift was told of windows that had none, beside what was declared; `looks` is of how many."""

    case: str
    declared: float
    realised: float
    windows: int


@dataclass(frozen=True)
class Verdict:
    """A case whose right verdict is known."""

    case: str
    right: str
    found: str

    @property
    def is_right(self) -> bool:
        """Whether it was given."""
        return self.right == self.found


@dataclass(frozen=True)
class Month:
    """A month of flights: the percentage that was late, how much larger than on the holdout the loss was, the verdict
    of each check on the whole of it, the inputs that drift, and the weeks of it that two of the checks call drift."""

    month: str
    rows: int
    late: float
    loss: float
    by_labels: str
    by_estimate: str
    by_inputs: str
    moved: str
    weeks: int
    weeks_by_labels: int
    weeks_by_inputs: int


@dataclass(frozen=True)
class Delay:
    """What requests took, in microseconds: the medians without and with an exporter, what it adds to them, with an
    interval of 95 %, and the 99th percentiles."""

    case: str
    requests: int
    without: float
    with_exporter: float
    added: float
    low: float
    high: float
    p99_without: float
    p99_with_exporter: float


@dataclass(frozen=True)
class Memory:
    """What a process had in memory after the first hour of a day, at its end, and at most, in MiB."""

    case: str
    first_hour: float
    end: float
    most: float


@dataclass
class Found:
    """All that a run measured."""

    entries: list[Entry] = field(default_factory=list)
    alarms: list[Alarms] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    months: list[Month] = field(default_factory=list)
    delays: list[Delay] = field(default_factory=list)
    memory: list[Memory] = field(default_factory=list)


def document(found: Found) -> list[dict[str, Any]]:
    """Everything, as build/bench/drift.json has it."""
    figures = [asdict(one) | {"ratio": one.ratio} for one in found.entries]
    others = (found.delays, found.memory, found.alarms, found.verdicts, found.months)
    return [*figures, *(asdict(one) for kind in others for one in kind)]


def save(path: Path, content: Sequence[Mapping[str, Any]]) -> None:
    """Write the list."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def text(found: Found) -> str:
    """Markdown of everything."""
    rows = [
        [
            one.case, one.metric, _figure(one.ours),
            f"{one.peer} {one.peer_version}" if one.peer else "",
            "" if one.peer_value is None else _figure(one.peer_value),
            "" if one.ratio is None else f"{one.ratio:,.1f}",
        ]
        for one in found.entries
    ]  # fmt: skip
    alarms = [[one.case, f"{one.declared:.4g}", f"{one.realised:.4g}", f"{one.windows:,}"] for one in found.alarms]
    known = [[one.case, one.right, one.found, "" if one.is_right else "**wrong**"] for one in found.verdicts]
    parts = {
        "### How fast": (["", "", "ours", "peer", "its figure", "its figure / ours"], rows),
        "### What a request waits for": (DELAYS, [_delay(one) for one in found.delays]),
        "### A day in memory": (
            ["MiB in memory", "after the first hour", "at the end of the day", "at most"],
            [[one.case, f"{one.first_hour:.1f}", f"{one.end:.1f}", f"{one.most:.1f}"] for one in found.memory],
        ),
        "### False alarms": (["windows that are not to alarm", "declared", "realised", "windows"], alarms),
        "### Known answers": (["", "right", "found", ""], known),
        "### A year of flights": (MONTHS, [_month(one) for one in found.months]),
    }
    return "\n\n".join(f"{title}\n\n{table(heads, rows)}" for title, (heads, rows) in parts.items() if rows)


def _delay(one: Delay) -> list[str]:
    interval = f"{one.added:+.1f} [{one.low:+.1f}, {one.high:+.1f}]"
    return [
        one.case, f"{one.requests:,}", f"{one.without:.0f}", f"{one.with_exporter:.0f}", interval,
        f"{one.p99_without:.0f}", f"{one.p99_with_exporter:.0f}",
    ]  # fmt: skip


def _month(one: Month) -> list[str]:
    by_labels, by_inputs = (f"{weeks} of {one.weeks}" for weeks in (one.weeks_by_labels, one.weeks_by_inputs))
    return [
        one.month, f"{one.rows:,}", f"{one.late:.1f}", f"{one.loss:+.3f}", one.by_labels, one.by_estimate,
        one.by_inputs, one.moved, by_labels, by_inputs,
    ]  # fmt: skip


def machine() -> str:
    """What it ran on, and with what."""
    own = ", ".join(f"{library} {version(library)}" for library in LIBRARIES)
    return (
        f"{os.cpu_count()} cores ({processor()}), load average {os.getloadavg()[0]:.1f} before it began."
        f" Python {sys.version.split()[0]}, {own}."
    )


def write(page: Path, content: str) -> None:
    """Replace the block of the page. Raises ValueError where the page has none."""
    write_block(page, BEGIN, END, content)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
