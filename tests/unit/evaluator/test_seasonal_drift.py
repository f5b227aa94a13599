"""Traffic with a strong daily cycle: without a season what is new is lost in it, with one it is found."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from leeboard.api.drift_monitor import DriftMonitorSpec
from leeboard.evaluator.columns import Input
from leeboard.evaluator.drift_figures import Observed, Profile, drift_figures, wanted_distances
from leeboard.evaluator.event_times import EventTimes
from leeboard.evaluator.false_alarms import drift_alpha
from leeboard.evaluator.profile import make_profile
from leeboard.planning.drift.checks import run_checks
from leeboard.planning.drift.figures import read_figures
from leeboard.stats.distributions import count_values, empty
from leeboard.stats.seasons import rows_by_hour

MONDAY = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp())
HOUR, DAY = 3600, 86_400
REFERENCE_DAYS, PER_HOUR = 28, 800
INPUTS = (Input("load", "FP64"), Input("light", "FP64"), Input("price", "FP64"))
PHASES = {"load": 0.0, "light": np.pi / 2, "price": np.pi}
SHIFT = 0.5


def moments(first, hours, generator):
    """The seconds of rows, in order, of as many hours."""
    return np.sort(MONDAY + first * HOUR + generator.integers(0, hours * HOUR, hours * PER_HOUR))


def drawn(times, generator, shift=0.0):
    """Inputs whose mean swings by two of their standard deviations in a day; `shift` is of the first."""
    angle = 2 * np.pi * (times % DAY) / DAY
    table = {name: np.sin(angle + phase) + generator.standard_normal(len(times)) for name, phase in PHASES.items()}
    table["load"] += shift
    return table


def spec(season):
    check = {"type": "DataDrift", "distance": "JensenShannon", "threshold": "0.1"}
    window = {"length": "1h", "every": "1h"}
    reference = {"season": season} if season else {}
    document = {"modelRef": {"name": "m"}, "window": window, "checks": [check], "reference": reference}
    return DriftMonitorSpec.model_validate(document)


@pytest.fixture(scope="module")
def profile():
    generator = np.random.default_rng(1)
    times = moments(0, REFERENCE_DAYS * 24, generator)
    served = pd.DataFrame(drawn(times, generator))
    return Profile.of(make_profile(served, INPUTS, np.zeros(len(times)), "score", times=EventTimes(times, times)))


def verdicts(profile, season, hours, shift=0.0):
    """By hour, what each input is found to be."""
    monitor, generator = spec(season), np.random.default_rng(2)
    alpha, found = drift_alpha(monitor, len(INPUTS)), []
    for hour in hours:
        times = moments(REFERENCE_DAYS * 24 + hour, 1, generator)
        values = drawn(times, generator, shift)
        start = float(MONDAY + (REFERENCE_DAYS * 24 + hour) * HOUR)
        counted = {
            one.distribution.name: count_values(
                one.distribution.name, one.distribution.bins, values[one.distribution.name]
            )
            for one in profile.features
        }
        by_hour = rows_by_hour(np.array([start]), np.array([start + HOUR]), np.array([PER_HOUR]))
        observed = Observed(1, 0, PER_HOUR, 0, counted, empty(profile.prediction.distribution), by_hour)
        raw = drift_figures(profile, observed, (), wanted_distances(monitor.checks), alpha, season=season)
        results = run_checks(monitor, read_figures({"observedAt": "2026-02-02T00:00:00Z", **raw}))
        found.append({one.finding.subject: one.finding.verdict for one in results})
    return found


def test_without_a_season_a_day_varies_by_so_much_that_a_shift_is_lost_at_most_hours(profile):
    calm, shifted = (verdicts(profile, None, range(48), shift) for shift in (0.0, SHIFT))
    assert not any("Drift" in one.values() for one in calm)
    assert not any("Drift" in (one["light"], one["price"]) for one in shifted)
    assert sum(one["load"] == "Drift" for one in shifted) < 12


@pytest.mark.parametrize(("season", "windows"), [("HourOfDay", 504), ("HourOfWeek", 168)])
def test_with_a_season_three_weeks_are_within_the_budget_of_one_in_90_days(profile, season, windows):
    found = verdicts(profile, season, range(windows))
    assert not any("Drift" in one.values() for one in found)
    each = [verdict for one in found for verdict in one.values()]
    assert each.count("Stable") > 0.8 * len(each)


@pytest.mark.parametrize("season", ["HourOfDay", "HourOfWeek"])
def test_with_a_season_a_shift_of_one_input_is_found_at_any_hour(profile, season):
    found = verdicts(profile, season, range(48), SHIFT)
    assert all(one["load"] == "Drift" for one in found)
    assert not any("Drift" in (one["light"], one["price"]) for one in found)
