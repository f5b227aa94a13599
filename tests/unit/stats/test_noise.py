"""How far a reference varies by itself, over stretches of several lengths, and what that leaves of a distance."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from leeboard.stats.distances import NAMES, UNBOUNDED
from leeboard.stats.distributions import Bins, Distribution
from leeboard.stats.intervals import distance_interval
from leeboard.stats.measures import measure
from leeboard.stats.noise import LEAST_STRETCHES, Noise, Stretches, block_noise, counts_of_lengths
from leeboard.stats.tails import Tail

ALPHA = 1e-4


def in_spells(generator, rows, spell):
    """Numbers with a level that stays for `spell` rows."""
    levels = np.repeat(generator.normal(size=-(-rows // spell)), spell)[:rows]
    return levels + generator.normal(size=rows)


def on_bins(values):
    bins = Bins("Numeric", edges=tuple(np.linspace(-2.5, 2.5, 19).tolist()))
    codes = bins.codes(values)
    return codes, Distribution("x", bins, np.bincount(codes, minlength=bins.size))


def noise_of(values):
    codes, reference = on_bins(values)
    measures = {name: found for name in NAMES if (found := measure(name, reference))}
    return block_noise(codes, reference.bins.size, 20, measures), reference, measures


def before_tails(noise):
    return replace(noise, lengths=())


def test_without_tails_noise_falls_with_the_length_of_the_window():
    noise, _, measures = noise_of(in_spells(np.random.default_rng(8), 10_000, 50))
    old = before_tails(noise)
    assert old.rows == 500
    assert old.scaled("PSI", 2000, ALPHA) == pytest.approx(old.scaled("PSI", 500, ALPHA) / 4)
    assert old.scaled("PSI", 100, ALPHA) == old.scaled("PSI", 500, 0.1) == pytest.approx(old.of("PSI"))
    with pytest.raises(ValueError, match="blocks"):
        block_noise(np.zeros(10, dtype=np.int64), 20, 1, measures)


def test_what_no_profile_says_of_noise_follows_from_what_it_says():
    noise = Noise(500, {"JensenShannon": 0.1, "PSI": 0.2})
    assert (
        noise.of("TotalVariation") == noise.of("KolmogorovSmirnov") == pytest.approx(0.1 * math.sqrt(2 * math.log(2)))
    )
    assert noise.of("Wasserstein") == math.inf
    assert Noise(500, {}).of("Hellinger") == math.inf
    assert Noise(500, {"Hellinger": 0.3}).of("Hellinger") == 0.3


@pytest.mark.parametrize("rows", [0, 7, 399, 400, 5000, 100_000, 3_000_000])
def test_lengths_double_and_are_bounded(rows):
    counts = counts_of_lengths(rows)
    assert all(LEAST_STRETCHES <= count <= 2000 for count in counts)
    assert all(one // 2 - 1 <= after <= one // 2 + 1 for one, after in pairwise(counts))
    assert bool(counts) == (rows >= 400)


@pytest.mark.parametrize("name", NAMES)
def test_rows_that_do_not_depend_on_each_other_leave_little(name):
    """What their number explains is in the interval already."""
    noise, _, _ = noise_of(np.random.default_rng(3).normal(size=40_000))
    found = noise.scaled(name, 5000, ALPHA)
    assert found < 0.01 if name not in UNBOUNDED else found < 0.1


@pytest.mark.parametrize("name", NAMES)
def test_the_surer_drift_has_to_be_the_more_is_left_to_variation(name):
    noise, _, _ = noise_of(in_spells(np.random.default_rng(4), 40_000, 200))
    found = [noise.scaled(name, 1000, alpha) for alpha in (0.1, 1e-2, 1e-4, 1e-8)]
    assert found == sorted(found) and found[0] < found[-1]
    assert name in UNBOUNDED or found[-1] <= 1


def test_longer_windows_vary_less_and_never_less_than_a_whole_reference():
    noise, _, _ = noise_of(in_spells(np.random.default_rng(5), 40_000, 200))
    found = [noise.scaled("JensenShannon", rows, 1e-2) for rows in (200, 1600, 6400, 40_000, 10**9)]
    assert found == sorted(found, reverse=True) and found[-1] < 0.2 * found[0]
    assert noise.scaled("JensenShannon", 3, 1e-2) == noise.scaled("JensenShannon", 50, 1e-2)
    longest = noise.lengths[-1]
    assert noise.scaled("PSI", 10**9, 1e-2) == pytest.approx(
        noise.scaled("PSI", longest.rows, 1e-2) / longest.count, rel=1e-9
    )


def test_windows_of_spells_alarm_no_more_often_than_was_asked():
    """A level for 500 rows, and windows of 500 to 4,000: sampling alone would call nearly all of them drift."""
    generator, alarms, naive, windows, alpha = np.random.default_rng(6), 0, 0, 0, 0.02
    for _ in range(8):
        codes, reference = on_bins(in_spells(generator, 40_000, 500))
        one = measure("JensenShannon", reference)
        noise = block_noise(codes, reference.bins.size, 20, {"JensenShannon": one})
        for rows in (500, 1000, 4000):
            for seed in range(12):
                start = int(generator.integers(500))
                window = np.bincount(on_bins(in_spells(generator, rows + start, 500)[start:])[0], minlength=20)
                about = {"alpha": 0.05, "seed": seed, "drift_alpha": alpha}
                naive += distance_interval(one, reference.counts, window, **about).low > 0.05
                more = noise.scaled("JensenShannon", rows, alpha)
                alarms += distance_interval(one, reference.counts, window, noise=more, **about).low > 0.05
                windows += 1
    assert naive > 0.8 * windows
    assert alarms <= 0.02 * windows


def test_a_reference_of_few_stretches_knows_no_tail_and_says_drift_of_nothing():
    """Eight spells: how far the ninth lies once in ten thousand times nobody knows."""
    generator = np.random.default_rng(7)
    codes, reference = on_bins(in_spells(generator, 8 * 500, 500))
    one = measure("JensenShannon", reference)
    noise = block_noise(codes, 20, 8, {"JensenShannon": one}).scaled("JensenShannon", 500, ALPHA)
    window = np.bincount(on_bins(in_spells(generator, 500, 500) + 1.5)[0], minlength=20)
    interval = distance_interval(one, reference.counts, window, alpha=0.05, seed=0, noise=noise, drift_alpha=ALPHA)
    assert interval.low < 0.1 < interval.value


def test_a_shift_is_found_beside_spells_once_windows_are_long():
    generator = np.random.default_rng(9)
    codes, reference = on_bins(in_spells(generator, 80_000, 100))
    one = measure("JensenShannon", reference)
    noise = block_noise(codes, 20, 50, {"JensenShannon": one}).scaled("JensenShannon", 10_000, ALPHA)
    window = np.bincount(on_bins(in_spells(generator, 10_000, 100) + 1)[0], minlength=20)
    interval = distance_interval(one, reference.counts, window, alpha=0.05, seed=0, noise=noise, drift_alpha=ALPHA)
    assert interval.low > 0.1


def test_a_part_of_all_rows_varies_as_stretches_of_as_much_time_do():
    tail = Tail(0.1, 2.0, 1.0, 1.0, 10.0, 100.0)
    noise = Noise(500, {"PSI": 0.2}, (Stretches(100, 64, {"PSI": tail}), Stretches(200, 32, {"PSI": tail})))
    part = noise.within(0.1)
    assert [one.rows for one in part.lengths] == [10, 20]
    assert part.scaled("PSI", 15, ALPHA) == noise.scaled("PSI", 150, ALPHA)
