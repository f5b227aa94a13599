"""Windows over rows in the order of time, judged by the checks of a monitor as the service and the operator judge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leeboard.api.drift_check import Check
from leeboard.api.drift_monitor import DriftMonitorSpec
from leeboard.evaluator.columns import Input, values_of
from leeboard.evaluator.drift_figures import Observed, Profile, Reference, drift_figures, wanted_distances
from leeboard.evaluator.event_times import Seconds
from leeboard.evaluator.false_alarms import drift_alpha
from leeboard.evaluator.segment_figures import looks_in_segments, segment_figures
from leeboard.evaluator.selftest.within import Within
from leeboard.planning.drift.checks import run_checks
from leeboard.planning.drift.figures import read_figures
from leeboard.planning.drift.results import Result
from leeboard.stats.distributions import Distribution, count_values, empty
from leeboard.stats.seasons import HOURS, hours_of_week

OF_INPUTS = frozenset({"DataDrift", "DataQuality", "OutOfRange", "NewCategories", "UnitChange", "MeanShift"})
"""Checks that need neither a model nor labels."""
MOMENT = "2000-01-01T00:00:00+00:00"
"""Figures have to say when they were taken, and here nothing depends on it."""


@dataclass(frozen=True, eq=False)
class Replay:
    """The reference of a monitor's inputs, and the columns of rows that were held out, in the order of time.

    A window has `rows`, and moves on by `step` from one evaluation to the next. `alpha` is how sure drift has to be:
    all checks of the monitor share it, those too that cannot be tried. `within` are the segments that checks look by;
    `hours` are those of the week, of each row; none where the reference is taken as a whole.
    """

    spec: DriftMonitorSpec
    profile: Profile
    columns: Mapping[str, NDArray[Any]]
    rows: int
    step: int
    alpha: float
    within: Sequence[Within]
    hours: NDArray[np.int64]

    @classmethod
    def of(
        cls, spec: DriftMonitorSpec, profile: Profile, held_out: pd.DataFrame, inputs: tuple[Input, ...],
        *, rows: int, step: int, times: Seconds | None = None,
    ) -> "Replay":  # fmt: skip
        """Of a table as it is served. Only the inputs that the monitor watches, and the checks of inputs, are kept."""
        watched = [one for one in inputs if one.name not in spec.features.exclude]
        known = {one.distribution.name: one for one in profile.features}
        features = tuple(known[one.name] for one in watched)
        checks = tuple(check for check in spec.checks if check.type in OF_INPUTS)
        columns = {one.name: values_of(held_out, one) for one in watched}
        return cls(
            spec.model_copy(update={"checks": checks}),
            Profile(features, profile.prediction),
            columns,
            rows,
            step,
            drift_alpha(spec, len(features), looks_in_segments(profile, spec.features.exclude)),
            _within(checks, profile, held_out, inputs),
            np.empty(0, dtype=np.int64) if times is None else hours_of_week(times),
        )

    @property
    def looks(self) -> int:
        """Windows that fit into the rows that were held out."""
        length = len(next(iter(self.columns.values()), ()))
        return max(0, (length - self.rows) // self.step + 1)

    def window(self, look: int) -> dict[str, NDArray[Any]]:
        """The values of a window, by input."""
        start = look * self.step
        return {name: column[start : start + self.rows] for name, column in self.columns.items()}

    def rows_by_hour(self, look: int) -> NDArray[np.float64]:
        """The rows of a window by hour of the week."""
        hours = self.hours[look * self.step :][: self.rows]
        return np.bincount(hours, minlength=HOURS).astype(np.float64)

    def is_compared(self, look: int) -> bool:
        """Whether what was learned from holds the seasons of a window, where they are asked for."""
        season, seasons = self.spec.reference.season, self.profile.features[0].seasons
        return season is None or (seasons is not None and not seasons.counts.lacking(season, self.rows_by_hour(look)))

    def drifted(self, window: Mapping[str, NDArray[Any]], look: int) -> Sequence[Result]:
        """The findings of drift in the values of some inputs, as a whole and within segments: of the rows of that look,
        changed or not."""
        features = tuple(one for one in self.profile.features if one.distribution.name in window)
        profile = Profile(features, self.profile.prediction)
        nothing, by_hour = empty(self.profile.prediction.distribution), self.rows_by_hour(look)
        counted = {one.distribution.name: _counted(one, window[one.distribution.name]) for one in features}
        observed = Observed(0, 0, self.rows, 0, counted, nothing, by_hour)
        raw = drift_figures(
            profile, observed, (), wanted_distances(self.spec.checks), self.alpha, season=self.spec.reference.season
        )
        segmented = [one.counted(window, look * self.step) for one in self.within]
        raw |= segment_figures(profile, segmented, (), self.spec.checks, self.alpha)
        figures = read_figures({"observedAt": MOMENT, **raw})
        if figures is None:
            raise ValueError("figures without a time")
        return [one for one in run_checks(self.spec, figures) if one.finding.verdict == "Drift"]


def _counted(reference: Reference, values: NDArray[Any]) -> Distribution:
    """A column on the bins of its reference."""
    known = reference.distribution
    return count_values(known.name, known.bins, values)


def _within(
    checks: Sequence[Check], profile: Profile, held_out: pd.DataFrame, inputs: Sequence[Input]
) -> tuple[Within, ...]:
    """The segments that are there and that a check looks by."""
    asked, by_name = {check.by for check in checks}, {one.name: one for one in inputs}
    known = [one for one in profile.segments if one.feature in asked and one.values]
    return tuple(Within.of(one, values_of(held_out, by_name[one.feature])) for one in known)
