"""A window without drift, judged as every other one: how often a monitor alarms where there is nothing.

It is drawn from the reference itself, with as many rows as the real window has, and has in each of its segments, each
independent of all others; those of segments and of the whole are not the same ones. So it
holds intervals, checks and the way alpha is shared out against what was declared, on the monitor's own inputs. It does
not say how often rows of a real stream, which depend on each other, make an alarm.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np

from leeboard.api.drift_monitor import DriftMonitorSpec
from leeboard.api.model_version import ModelVersion
from leeboard.evaluator.drift_figures import Observed, Profile, watched
from leeboard.evaluator.false_alarms import drift_alpha
from leeboard.evaluator.labels import labelled_at_once
from leeboard.evaluator.monitor_figures import monitor_figures
from leeboard.evaluator.placebo_segments import drawn_segments
from leeboard.evaluator.segment_figures import PREDICTION, Segmented, looks_in_segments
from leeboard.evaluator.windows import Window
from leeboard.planning.drift.checks import run_checks
from leeboard.planning.drift.figures import Figures, read_figures
from leeboard.stats.distributions import Distribution, to_window

MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
"""Figures have to say when they were taken, and here nothing depends on it."""
NO_LABELS = labelled_at_once(np.empty(0), np.empty(0))


class Placebo(NamedTuple):
    """Subjects that were found to drift, and how many of them were to be expected at most."""

    drifted: tuple[str, ...]
    expected: float


class Real(NamedTuple):
    """What was counted of the window whose rows a placebo has: as a whole, and within segments."""

    observed: Observed
    segmented: Sequence[Segmented] = ()


def seed_of(uid: str, observed_at: str) -> int:
    """The same for the same evaluation of the same monitor."""
    return int.from_bytes(hashlib.sha256(f"{uid} {observed_at}".encode()).digest()[:8])


def placebo(
    spec: DriftMonitorSpec, task: str, version: ModelVersion, profile: Profile, real: Real, *, seed: int
) -> Placebo | None:
    """What the checks of a monitor find in a window of the reference; None where the real one has too few rows for a
    verdict. Only checks that compare an interval count: alpha is of them."""
    if real.observed.rows < spec.window.min_samples:
        return None
    window = _drawn(profile, real, np.random.default_rng(seed))
    raw = monitor_figures(spec, task, version, profile, [window], labelled=NO_LABELS).raw
    figures = read_figures({"observedAt": MOMENT.isoformat(), **raw})
    if figures is None:
        raise ValueError("figures without a time")
    found = [one.finding for one in run_checks(spec, figures) if one.finding.low]
    looks = sum(bool(one.finding.low) for one in run_checks(_of_the_whole(spec), figures)) + _looks_within(
        spec, figures
    )
    excluded = spec.features.exclude
    alpha = drift_alpha(spec, len(watched(profile, excluded)), looks_in_segments(profile, excluded))
    drifted = tuple(f"{one.check} {one.subject}" for one in found if one.verdict == "Drift")
    return Placebo(drifted, looks * alpha / 2)


def _of_the_whole(spec: DriftMonitorSpec) -> DriftMonitorSpec:
    """Without what checks say within segments, where only drift has a finding."""
    return spec.model_copy(update={"checks": tuple(one.model_copy(update={"by": None}) for one in spec.checks)})


def _looks_within(spec: DriftMonitorSpec, figures: Figures) -> int:
    """How many intervals checks compare within segments, at most: some pairs have no distance."""
    inputs = {one.feature: one.pairs for one in figures.segment_inputs}
    predictions = {one.feature: one.pairs for one in figures.segment_predictions}
    return sum(
        (predictions if check.type == PREDICTION else inputs).get(check.by, 0)
        for check in spec.checks
        if check.by is not None and check.distance is not None
    )


def _drawn(profile: Profile, real: Real, generator: np.random.Generator) -> Window:
    """A window of one pod, all of whose inputs and predictions are drawn from the reference."""
    observed = real.observed
    references = [one.distribution for one in profile.features]
    return Window(
        start=MOMENT,
        end=MOMENT,
        requests=observed.rows,
        errors=0,
        rows=observed.rows,
        dropped=0,
        latency_edges=(),
        latency_counts=np.zeros(1, dtype=np.int64),
        features=tuple(_values(one, observed.features[one.name].rows, generator) for one in references),
        prediction=_values(profile.prediction.distribution, observed.prediction.rows, generator),
        segments=tuple(drawn_segments(one, generator) for one in real.segmented if one.reference.values),
    )


def _values(reference: Distribution, rows: int, generator: np.random.Generator) -> dict[str, Any]:
    """Counts of so many values, missing and infinite ones among them, as a window has them."""
    known = np.array([*reference.counts, reference.missing, reference.infinite], dtype=np.float64)
    counts = generator.multinomial(rows, known / known.sum()) if known.sum() else np.zeros(len(known), dtype=np.int64)
    drawn = replace(reference, counts=counts[:-2], missing=int(counts[-2]), infinite=int(counts[-1]), extent=None)
    # what is compared as it is, such as a mean, is no matter of chance here: it stays as it was
    mean, square = (sums / max(reference.count, 1) for sums in (reference.total, reference.total_of_squares))
    return to_window(replace(drawn, total=mean * drawn.count, total_of_squares=square * drawn.count))
