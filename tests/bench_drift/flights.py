"""A year of flights past a model of the winter: what is found of the summer, by labels, by estimate and by inputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from e2e.demo import flights
from e2e.demo.flights.periods import REPLAYED, is_dealt
from e2e.demo.study.versions import Floats, Version, make_version, truth
from leeboard.api.drift_status import Finding
from leeboard.evaluator.profile import Labelled
from leeboard.stats import performance
from tests.bench_drift.report import Month, Verdict
from tests.bench_drift.watch import Watch

METRIC, MOST = "log_loss", "0.05"
LABELS, ESTIMATE, INPUTS = "Performance", "EstimatedPerformance", "DataDrift"
CHECKS = (
    {"type": INPUTS, "distance": "JensenShannon", "threshold": "0.1"},
    {"type": LABELS, "metric": METRIC, "maxDrop": MOST},
    {"type": ESTIMATE, "metric": METRIC, "maxDrop": MOST},
)
SEASONAL = ("weekday", *flights.WEATHER)
"""Inputs that follow the calendar: a month differs from the winter in them whatever the airlines do."""
A_YEAR = {"budget": 1, "per": "365d"}
LIKE_THE_REFERENCE = (*flights.WINTER, "2013-04")
"""The winter's days that nothing was learned from, and the month before the summer's schedule."""
SUMMER = ("2013-06", "2013-07")
"""Months of thunderstorms: one flight in three was late, as in no other month but December."""


@dataclass(frozen=True, eq=False)
class Replay:
    """Flights of the year that the model was not trained on, with its answers."""

    rows: pd.DataFrame
    scores: Floats
    truth: Floats


def year(folder: Path) -> tuple[list[Month], list[Verdict]]:
    """Train on the winter, then look at every month as a whole and at its weeks; and what has to be found in it."""
    frame = flights.load()
    version = make_version("smaller_trees", frame, flights.WINTER, folder)
    by_month, by_week = (_watch(folder, version, frame, length) for length in ("30d", "7d"))
    months, verdicts = [], []
    for name, replay in _months(version, frame):
        whole = _found(by_month, replay, np.arange(len(replay.truth)))
        weeks = [_found(by_week, replay, rows) for rows in _weeks(replay.rows)]
        loss = performance.measure(METRIC, replay.truth, replay.scores).value - _reference(by_month)
        months.append(
            Month(
                name, len(replay.truth), 100 * float(replay.truth.mean()), loss,
                by_labels=whole[LABELS], by_estimate=whole[ESTIMATE], by_inputs=whole[INPUTS],
                moved=whole["moved"], weeks=len(weeks),
                weeks_by_labels=sum(one[LABELS] == "Drift" for one in weeks),
                weeks_by_inputs=sum(one[INPUTS] == "Drift" for one in weeks),
            )
        )  # fmt: skip
        if name in SUMMER:
            verdicts.append(Verdict(f"flights of {name}, {LABELS}", "Drift", whole[LABELS]))
        if name in LIKE_THE_REFERENCE:
            verdicts.append(Verdict(f"flights of {name}, {INPUTS} of the schedule", "Stable", whole[INPUTS]))
    return months, verdicts


def _watch(folder: Path, version: Version, frame: pd.DataFrame, length: str) -> Watch:
    """The reference as the training left it, and the holdout's labels, of which nothing was learned."""
    reference = pd.read_parquet(folder / "output" / "reference.parquet")
    holdout = flights.holdout(frame, "2013-03")
    return Watch.of(
        reference[list(flights.INPUTS)],
        version.scores(reference),
        Labelled(version.scores(holdout), truth(holdout)),
        CHECKS,
        window={"length": length, "every": length, "minSamples": 500},
        features={"exclude": list(SEASONAL)},
        falseAlarms=A_YEAR,
    )


def _months(version: Version, frame: pd.DataFrame) -> Iterator[tuple[str, Replay]]:
    for name in sorted(frame["month"].unique()):
        rows = frame[frame["month"] == name]
        rows = rows[is_dealt(rows, REPLAYED)] if name in flights.WINTER else rows
        yield name, Replay(rows.reset_index(drop=True), version.scores(rows), truth(rows))


def _weeks(rows: pd.DataFrame) -> list[np.ndarray]:
    """Stretches of seven days from the first of the month on; what is left of it is none."""
    day = rows["day"].dt.day.to_numpy()
    return [np.flatnonzero((day > start) & (day <= start + 7)) for start in range(0, 28, 7)]


def _found(watch: Watch, replay: Replay, rows: np.ndarray) -> dict[str, str]:
    """The verdict of each check, and under `moved` the inputs that drift."""
    verdict, _ = watch.judged(replay.rows.iloc[rows], replay.scores[rows], replay.truth[rows])
    by_check = {name: _together(verdict.findings, name) for name in (LABELS, ESTIMATE, INPUTS)}
    moved = (one.subject for one in verdict.drifted if one.check == INPUTS)
    return by_check | {"moved": ", ".join(sorted(moved))}


def _together(findings: Sequence[Finding], check: str) -> str:
    said = {one.verdict for one in findings if one.check == check}
    return "Drift" if "Drift" in said else "Stable" if said == {"Stable"} else "Inconclusive"


def _reference(watch: Watch) -> float:
    return next(float(one.value) for one in watch.version.spec.metrics if one.name == METRIC)
