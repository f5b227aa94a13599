"""How often drift is told of windows that have none, beside how often it was allowed to be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import compress

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.stats import norm

from e2e.demo import flights
from leeboard.api.drift_monitor import DriftMonitorSpec
from leeboard.api.durations import parse_duration
from leeboard.evaluator.columns import as_served, inputs_of
from leeboard.evaluator.drift_figures import Profile
from leeboard.evaluator.profile import make_profile
from leeboard.evaluator.selftest.replay import Replay
from leeboard.stats.budget import look_alpha
from leeboard.stats.distances import Name
from leeboard.stats.distributions import Bins, Distribution
from leeboard.stats.intervals import distance_interval
from leeboard.stats.measures import Measure, measure
from tests.bench_drift.report import Alarms

ROWS = (50, 500, 5000, 50_000, 1_000_000)
REFERENCE_ROWS = 50_000
WINDOWS = 2000
ALPHA = 0.1
"""Of a two-sided interval: one look in twenty may be wrong. So many are seen that a fifth of it can be told."""
THRESHOLD = 0.1
BINS = 120
SEED = 5
LENGTHS, LOOKS_A_LENGTH, BUDGET = 400, 6, 20.0
SPLITS = 3
DAILY = {
    "modelRef": {"name": "m"},
    "window": {"length": "1d", "every": "1d", "minSamples": 500},
    "checks": [{"type": "DataDrift", "distance": "JensenShannon", "threshold": str(THRESHOLD)}],
}
"""A day at a time, with the budget that a monitor has where nothing is said: one false alarm in 90 days."""


HELD_OUT = {
    "days of flights held out, the schedule, a budget of 1 in 90 days": ("weekday", *flights.WEATHER),
    "days of flights held out, the schedule and the weather, a budget of 1 in 90 days": ("weekday",),
}
"""Cases, and the inputs that are not watched in each."""


def at_and_below_the_threshold(name: Name, tell: Callable[[str], None]) -> list[Alarms]:
    """Windows that are exactly as far from the reference as the threshold, and windows of the same distribution."""
    generator, known = np.random.default_rng(SEED), _reference()
    shifted = _shares(brentq(lambda shift: _distance(name, known, _shares(shift)) - THRESHOLD, 0.0, 3.0))
    found = []
    for rows in ROWS:
        for what, shares in (("at the threshold", shifted), ("of the reference", known)):
            tell(f"{name}: {rows} rows, {what}")
            wrong = sum(_is_drift(name, generator, known, shares, rows) for _ in range(WINDOWS))
            case = f"{name} {THRESHOLD}, {rows:,} rows, {what}"
            found.append(Alarms(case, ALPHA / 2, wrong / WINDOWS, WINDOWS))
    return found


def over_time(tell: Callable[[str], None]) -> Alarms:
    """A window that slides over a stream at the threshold, looked at again and again: alarms in all that time."""
    generator, known = np.random.default_rng(SEED), _reference()
    shifted = _shares(brentq(lambda shift: _distance("JensenShannon", known, _shares(shift)) - THRESHOLD, 0.0, 3.0))
    alpha = look_alpha(BUDGET, LENGTHS, 1 / LOOKS_A_LENGTH)
    # so many rows that the reference adds nothing of its own, which would be the same in every look
    reference = _counted(generator, known, 100 * REFERENCE_ROWS)
    one = _measure("JensenShannon", reference)
    steps = generator.multinomial(500, shifted, size=(LENGTHS + 1) * LOOKS_A_LENGTH)
    alarms, before = 0, False
    for look in range(LENGTHS * LOOKS_A_LENGTH):
        if look % 600 == 0:
            tell(f"over time: look {look + 1} of {LENGTHS * LOOKS_A_LENGTH}")
        window = steps[look : look + LOOKS_A_LENGTH].sum(axis=0)
        interval = distance_interval(one, reference, window, alpha=0.05, seed=look, drift_alpha=alpha)
        drift = interval.low > THRESHOLD
        alarms += drift and not before
        before = drift
    case = f"a budget of {BUDGET:g} in {LENGTHS} lengths of a window, {LOOKS_A_LENGTH} looks a length, at the threshold"
    return Alarms(case, BUDGET, float(alarms), LENGTHS * LOOKS_A_LENGTH)


def of_held_out_days(left_out: tuple[str, ...], case: str, tell: Callable[[str], None]) -> Alarms:
    """Days of a year of flights against a reference of other days of that year, drawn at random again and again.

    Flights of a day are late together and fly in one weather, so that their rows say far less than their number.
    """
    generator, frame = np.random.default_rng(SEED), flights.load()
    spec = DriftMonitorSpec.model_validate(DAILY | {"features": {"exclude": list(left_out)}})
    of_days = [rows for _, rows in frame.groupby("day")]
    alarms = windows = 0
    for split in range(SPLITS):
        tell(f"{case}: {split + 1} of {SPLITS}")
        is_held_out = np.isin(np.arange(len(of_days)), generator.permutation(len(of_days))[: len(of_days) // 2])
        held_out = list(compress(of_days, is_held_out))
        reference = pd.concat(compress(of_days, ~is_held_out))[list(flights.INPUTS)]
        inputs = inputs_of(reference)
        served = as_served(reference, inputs)
        profile = Profile.of(make_profile(served, inputs, np.zeros(len(served)), "score"))
        for rows in held_out:
            day = as_served(rows, inputs)
            one = Replay.of(spec, profile, day, inputs, rows=len(day), step=len(day))
            alarms += bool(one.drifted(one.window(0), 0))
        windows += len(held_out)
    declared = spec.false_alarms.budget * windows * (timedelta(days=1) / parse_duration(spec.false_alarms.per))
    return Alarms(case, declared, float(alarms), windows)


def _is_drift(name: Name, generator: np.random.Generator, known: np.ndarray, shares: np.ndarray, rows: int) -> bool:
    reference, window = _counted(generator, known, REFERENCE_ROWS), _counted(generator, shares, rows)
    one = _measure(name, reference)
    interval = distance_interval(one, reference, window, alpha=0.05, seed=0, drift_alpha=ALPHA)
    return interval.low > THRESHOLD


def _counted(generator: np.random.Generator, shares: np.ndarray, rows: int) -> np.ndarray:
    return generator.multinomial(rows, shares)


def _reference() -> np.ndarray:
    return np.full(BINS, 1 / BINS)


def _edges() -> np.ndarray:
    return norm.ppf(np.arange(1, BINS) / BINS)


def _shares(shift: float) -> np.ndarray:
    """Of a normal distribution that was moved, on the quantiles of the one that was not."""
    return np.diff(np.concatenate([[0.0], norm.cdf(_edges() - shift), [1.0]]))


def _measure(name: Name, counts: np.ndarray) -> Measure:
    found = measure(name, Distribution("x", Bins("Numeric", edges=tuple(_edges().tolist())), counts))
    if found is None:
        raise ValueError(name)
    return found


def _distance(name: Name, known: np.ndarray, shares: np.ndarray) -> float:
    whole = (known * 1e9).astype(np.int64)
    return float(_measure(name, whole)(whole, (shares * 1e9).astype(np.int64)))
