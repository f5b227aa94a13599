"""The demo's own traffic, one segment after the other, and what the DriftMonitor says of it as it passes by."""

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd

from e2e.demo.flights import ROWS_A_SECOND
from e2e.demo.study.versions import Version
from e2e.demo.study.windows import Scored, evaluate, monitor_spec, verdict_on
from leeboard.api.durations import parse_duration
from leeboard.api.model_version import ModelVersion


@dataclass(frozen=True)
class Look:
    """One evaluation: seconds since the first row, what was being sent, rows in the window, and the verdict."""

    second: int
    segment: str
    rows: int
    verdict: str
    message: str
    drifted: tuple[str, ...]


def looks(champion: ModelVersion, version: Version, segments: dict[str, pd.DataFrame]) -> list[Look]:
    """A look every `window.every`, at the rows of the last `window.length`, at the demo's pace.

    All rows go to this version and their labels come at once: in the cluster they come some seconds later.
    """
    window = monitor_spec()["window"]
    length, every = (int(parse_duration(window[name]).total_seconds()) for name in ("length", "every"))
    scored = Scored(version, pd.concat(segments.values(), ignore_index=True))
    ends = np.cumsum([len(rows) for rows in segments.values()])
    names = list(segments)
    found = []
    for second in range(every, len(scored.rows) // ROWS_A_SECOND + 1, every):
        stop = second * ROWS_A_SECOND
        rows = np.arange(max(0, stop - length * ROWS_A_SECOND), stop)
        verdict = verdict_on(evaluate(champion, scored, rows))
        segment = names[int(np.searchsorted(ends, stop))]
        drifted = tuple(sorted(f"{one.check} {one.subject}" for one in verdict.drifted))
        found.append(Look(second, segment, len(rows), verdict.verdict, verdict.message, drifted))
    return found


def told(found: list[Look]) -> list[str]:
    """A line for each stretch of looks within a segment that say the same; the message is that of its last look."""
    lines = []
    for _, stretch in itertools.groupby(found, key=lambda look: (look.segment, look.verdict, look.drifted)):
        alike = list(stretch)
        last = alike[-1]
        seconds = f"{alike[0].second:>4} to {last.second:>4} s"
        lines.append(f"{seconds}  {last.segment:<14} {last.rows:>5} rows  {last.verdict:<12} {last.message}")
    return lines
