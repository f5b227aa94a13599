"""Detectors of concept drift: against river's on streams of known change, and how often they alarm for nothing.

The places were taken from river 0.26.1: ADWIN and PageHinkley with their defaults, on the same streams.
"""

import math

import numpy as np
import pytest

from leeboard.stats.concept_drift import AdaptiveWindow, PageHinkley, changes

CHANGE = 3000
BY_RIVER = {
    0: ([3327], 0.350674, [3339]),
    1: ([3231], 0.341402, [3104]),
    2: ([3135], 0.352654, [3238]),
    3: ([3327], 0.346183, [3376]),
    4: ([3167], 0.355932, [3215]),
}


def errors(seed, rates=((CHANGE, 0.2), (CHANGE, 0.35))):
    generator = np.random.default_rng(seed)
    odds = np.concatenate([np.full(count, rate) for count, rate in rates])
    return (generator.random(len(odds)) < odds).astype(float)


@pytest.mark.parametrize("seed", BY_RIVER)
def test_changes_are_found_where_river_finds_them(seed):
    by_window, mean, by_sum = BY_RIVER[seed]
    window = AdaptiveWindow()
    assert changes(window, errors(seed)) == by_window
    assert window.mean == pytest.approx(mean, abs=1e-6)
    assert window.width == 2 * CHANGE - 1 - by_window[-1]
    assert changes(PageHinkley(), errors(seed)) == by_sum


def test_numbers_of_any_size_as_river():
    generator = np.random.default_rng(9)
    numbers = np.concatenate([generator.normal(mean, 1 + (mean < 0), 2000) for mean in (0, 0.4, -1)])
    window = AdaptiveWindow()
    assert changes(window, numbers) == [2143, 4063]
    assert window.mean == pytest.approx(-1.041776, abs=1e-6)
    by_sum = [2079, 3171, 3964, 4075, 4284, 4835, 5174, 5318, 5644, 5885]
    assert changes(PageHinkley(), numbers) == by_sum


def test_the_window_is_what_it_holds():
    """Mean and spread of the buckets against those of the numbers, after thousands were merged and some dropped."""
    numbers = errors(6, ((1000, 0.1), (2000, 0.6)))
    window = AdaptiveWindow()
    begun = 0
    for place, value in enumerate(numbers):
        if window.update(value):
            held = numbers[place + 1 - window.width : place + 1]
            assert window.mean == pytest.approx(held.mean())
            begun = place + 1
    assert begun > 1000
    held = numbers[begun:]
    assert (window.width, window.mean) == (len(held), pytest.approx(held.mean()))
    assert sum(len(row.totals) for row in window._rows) < 70


def test_it_seldom_alarms_for_nothing_and_finds_a_rise_by_half():
    false, delays, missed = [0, 0], [[], []], [0, 0]
    for seed in range(20):
        still = errors(100 + seed, ((8000, 0.2),))
        rising = errors(200 + seed, ((4000, 0.2), (4000, 0.3)))
        for which, made in enumerate((AdaptiveWindow, PageHinkley)):
            false[which] += len(changes(made(), still))
            after = [place for place in changes(made(), rising) if place >= 4000]
            delays[which].append(after[0] - 4000 if after else math.nan)
            missed[which] += not after
    assert false[0] <= 1
    assert false[1] <= 14
    assert missed == [0, 0]
    assert np.mean(delays[0]) < 700
    assert np.mean(delays[1]) < 700


@pytest.mark.parametrize("made", [AdaptiveWindow, PageHinkley])
def test_a_number_that_is_none(made):
    with pytest.raises(ValueError, match="nan is no error"):
        made().update(math.nan)


@pytest.mark.parametrize(
    "made", [lambda: AdaptiveWindow(0), lambda: AdaptiveWindow(1), lambda: PageHinkley(0), lambda: PageHinkley(1, 0, 2)]
)
def test_settings_that_are_none(made):
    with pytest.raises(ValueError, match=r"delta|threshold"):
        made()
