"""Where the rows went, in words."""

import numpy as np
import pytest

from leeboard.stats.distributions import Bins, Distribution, categorical_bins, count_values, numeric_bins
from leeboard.stats.moves import describe_move

WIND = np.random.default_rng(1).gamma(4, 3, 20_000)
REFERENCE = count_values("wind", numeric_bins(WIND), WIND)


def moved(values, reference=REFERENCE):
    return describe_move(reference, count_values(reference.name, reference.bins, values))


def test_the_range_that_gained_most_is_named_with_its_shares():
    calm, gusts = np.random.default_rng(2).gamma(4, 3, 8000), np.random.default_rng(3).uniform(20, 25, 2000)
    words = moved(np.concatenate([calm, gusts]))
    low, _, high = words.split(":")[0].partition(" to ")
    assert float(low) == pytest.approx(20, abs=0.6)
    assert float(high) == pytest.approx(25, abs=1.5)
    before, _, after = words.split(": ")[1].partition(" → ")
    truth = ((float(low) <= WIND) & (float(high) > WIND)).mean()
    assert float(before.removesuffix(" %")) == pytest.approx(100 * truth, abs=0.3)
    assert float(after.removesuffix(" %")) > 20


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.random.default_rng(4).gamma(4, 3, 20_000), ""),
        (WIND + 1000, "beyond the reference (above"),
        (WIND - 1000, "beyond the reference (below"),
        ([], ""),
    ],
    ids=["the same", "above", "below", "empty"],
)
def test_what_lies_beyond_is_called_so(values, words):
    assert moved(values).startswith(words) if words else moved(values) == ""


def test_a_number_that_stands_alone_is_named_by_itself():
    rain = np.concatenate([np.zeros(700), np.linspace(0.1, 3, 300)])
    reference = count_values("rain", numeric_bins(rain), rain)
    assert moved(np.concatenate([np.zeros(950), np.linspace(0.1, 3, 50)]), reference) == "0: 70 % → 95 %"


def test_open_ends_of_a_profile_without_ends():
    reference = Distribution("x", Bins("Numeric", edges=(0.0, 10.0)), np.array([40, 30, 30]))
    after = Distribution("x", reference.bins, np.array([0, 30, 70]))
    assert describe_move(reference, after) == "10 and more: 30 % → 70 %"
    assert describe_move(after, reference) == "below 0: 0 % → 40 %"


def test_categories_have_no_ranges():
    words = count_values("w", categorical_bins(["a", "b"]), ["a", "b"])
    assert describe_move(words, count_values("w", words.bins, ["a", "a"])) == ""
