"""False alarms of sliding windows against the budget, by playing years of looks at nothing."""

import numpy as np
import pytest
from scipy.stats import norm

from leeboard.stats.budget import LEAST_Z, MOST_Z, critical_value, excursions, look_alpha


def alarms(z, step, windows, seed, subjects=1):
    """Excursions of sums over sliding windows of noise; those less than a window apart are one."""
    looks = round(1 / step)
    generator = np.random.default_rng(seed)
    found = 0
    for _ in range(subjects):
        parts = np.concatenate([[0.0], np.cumsum(generator.normal(size=windows * looks))])
        figures = (parts[looks:] - parts[:-looks]) / np.sqrt(looks)
        beyond = np.flatnonzero(figures > z)
        found += len(beyond) and 1 + int((np.diff(beyond) >= looks).sum())
    return found


@pytest.mark.parametrize("step", [1, 1 / 2, 1 / 6, 1 / 24, 1 / 144])
@pytest.mark.parametrize("allowed", [1 / 30, 1 / 300])
def test_windows_of_nothing_alarm_as_often_as_allowed(step, allowed):
    windows = 60_000 if step > 1 / 100 else 20_000
    z = critical_value(allowed * windows, windows, step)
    found = alarms(z, step, windows, seed=round(1 / step))
    expected = allowed * windows
    # within a fifth, and what chance makes of so many
    assert found == pytest.approx(expected, abs=0.2 * expected + 3 * np.sqrt(expected))


def test_subjects_share_the_budget():
    z = critical_value(200, 10_000, 1 / 6, subjects=20)
    assert alarms(z, 1 / 6, 10_000, seed=1, subjects=20) == pytest.approx(200, abs=0.2 * 200 + 3 * np.sqrt(200))


def test_looks_that_do_not_overlap_are_tests_of_their_own():
    for allowed in (0.05, 0.001, 1e-6):
        assert critical_value(allowed, 1, 1) == pytest.approx(norm.isf(allowed), abs=0.08)
        assert look_alpha(allowed, 1, 1) == pytest.approx(2 * allowed, rel=0.25)


def test_looking_more_often_costs_little():
    """Ten times as many looks at the same windows are not ten times as many chances."""
    hourly, often = (critical_value(1, 90, step) for step in (1 / 24, 1 / 240))
    assert hourly < often < hourly + 0.15
    union = norm.isf(1 / (90 * 240))
    assert often < union


@pytest.mark.parametrize("step", [1, 0.5, 0.1, 0.01, 0.001])
def test_further_away_is_rarer(step):
    rates = [excursions(z, step) for z in np.linspace(LEAST_Z, MOST_Z, 60)]
    assert rates == sorted(rates, reverse=True)
    assert critical_value(1e9, 1, step) == LEAST_Z
    assert critical_value(1e-40, 1, step) == MOST_Z


@pytest.mark.parametrize(
    ("budget", "windows", "step", "subjects"), [(0, 1, 1, 1), (1, 0, 1, 1), (1, 1, 1, 0), (1, 1, 2, 1)]
)
def test_budgets_that_are_none(budget, windows, step, subjects):
    with pytest.raises(ValueError, match=r"budget|apart"):
        critical_value(budget, windows, step, subjects)
