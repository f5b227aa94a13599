"""Since when an input left its season, and how it went, beside what every hour of the reference has."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from leeboard.evaluator.comparison import Basis
from leeboard.evaluator.drift_figures import ALWAYS, drift_figures, observe
from leeboard.evaluator.onsets import began, gain, name_onsets
from leeboard.evaluator.windows import Window
from leeboard.stats.distributions import count_values, to_window
from tests.unit.evaluator.test_seasonal_drift import DAY, HOUR, MONDAY, REFERENCE_DAYS, drawn, profile

__all__ = ["profile"]
FIRST = MONDAY + REFERENCE_DAYS * DAY
SLICE, ROWS = HOUR // 2, 150


def windows(known, hours, shift_from=None, shift=0.8, seed=5):
    """Of half an hour each; from an hour on the first input is shifted by so many of its standard deviations."""
    generator, made = np.random.default_rng(seed), []
    for number in range(hours * HOUR // SLICE):
        start = FIRST + number * SLICE
        moved = shift if shift_from is not None and number * SLICE >= shift_from * HOUR else 0.0
        values = drawn(np.full(ROWS, start), generator, moved)
        features = tuple(
            to_window(count_values(one.distribution.name, one.distribution.bins, values[one.distribution.name]))
            for one in known.features
        )
        begin = datetime.fromtimestamp(start, UTC)
        made.append(
            Window(
                start=begin, end=begin + timedelta(seconds=SLICE), requests=ROWS, errors=0, rows=ROWS, dropped=0,
                latency_edges=(), latency_counts=np.array([ROWS]), features=features, prediction=None, pod="p",
            )
        )  # fmt: skip
    return made


def evaluated(known, seen, season="HourOfDay"):
    observed = observe(known, seen)
    figures = drift_figures(known, observed, (), {ALWAYS}, 0.01, season=season)
    basis = Basis.of(season, observed.rows_by_hour)
    name_onsets(figures["features"], known, seen, basis)
    return {row["name"]: row for row in figures["features"]}, basis


@pytest.mark.parametrize("hour", [6, 17, 30])
def test_it_is_told_when_an_input_left_its_season(profile, hour):
    rows, _ = evaluated(profile, windows(profile, 36, hour))
    began_at = datetime.fromisoformat(rows["load"]["since"])
    assert abs(began_at - datetime.fromtimestamp(FIRST + hour * HOUR, UTC)) <= timedelta(hours=1)
    assert rows["load"]["shift"].endswith(f"since {rows['load']['since']}")
    assert "since" not in rows["light"]


def test_drift_that_is_older_than_the_window_has_no_beginning_however_it_swings(profile):
    for seed in range(5):
        rows, _ = evaluated(profile, windows(profile, 36, 0, seed=seed))
        assert "since" not in rows["load"]


def test_the_season_alone_is_no_beginning(profile):
    seen = windows(profile, 36)
    _, basis = evaluated(profile, seen)
    for one in profile.features:
        assert began(one, seen, basis) is None
    # by the whole of the reference every input seems to begin somewhere
    assert any(began(one, seen) is not None for one in profile.features)


def test_what_is_expected_goes_with_the_hours(profile):
    seen = windows(profile, 48, 24)
    _, basis = evaluated(profile, seen)
    told = gain(profile.features[0], seen, basis)
    calm, shifted = slice(0, 48), slice(48, 96)
    shares = told.hits / told.rows
    assert told.expected.max() - told.expected.min() > 0.2
    assert np.corrcoef(shares[calm], told.expected[calm])[0, 1] > 0.8
    assert abs((shares - told.expected)[calm].mean()) < 0.02
    assert (shares - told.expected)[shifted].mean() > 0.05


def test_slices_in_seasons_that_the_reference_does_not_hold_are_left_out(profile):
    seen = windows(profile, 4)
    whole = profile.features[0]
    awake = (np.arange(168) % 24 != 2).astype(np.int64)  # nobody was there at two in the night
    counts = whole.seasons.counts
    counts = replace(counts, counts=counts.counts * awake[:, None], missing=counts.missing * awake)
    few = replace(whole, seasons=replace(whole.seasons, counts=counts))
    basis = Basis.of("HourOfDay", np.eye(168)[0] * 100)
    told = gain(few, seen, basis)
    assert [one.hour for one in told.starts] == [0, 0, 1, 1, 3, 3]


def test_without_seasons_nothing_is_told(profile):
    seen = windows(profile, 4)
    bare = type(profile.features[0])(profile.features[0].distribution, profile.features[0].noise)
    assert gain(bare, seen, Basis.of("HourOfDay", np.ones(168))) is None
