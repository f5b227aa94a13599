"""Words for what moved, whatever the column was stored as."""

import numpy as np
import pandas as pd
import pytest

from leeboard.stats.distributions import categorical_bins, count_values, numeric_bins
from leeboard.stats.shifts import describe_shift, ranked

TEMPERATURES = np.linspace(0, 24.2, 500)
CARRIERS = ["UA"] * 60 + ["AA"] * 37 + ["B6"] * 3
STORED = {
    "list": list,
    "object": lambda values: np.array(values, dtype=object),
    "category": lambda values: pd.Series(values, dtype="category"),
    "string": lambda values: pd.Series(values).astype(object),
}


def numeric(values):
    return count_values("temp", numeric_bins(TEMPERATURES), values)


def carriers(values):
    return count_values("carrier", categorical_bins(CARRIERS), values)


@pytest.mark.parametrize(
    ("reference", "window", "words"),
    [
        (numeric(TEMPERATURES), numeric(TEMPERATURES + 5.8), "mean 12.1 → 17.9"),
        (numeric(TEMPERATURES), numeric(TEMPERATURES + 0.1), ""),
        (numeric(TEMPERATURES), numeric(12.1 + 3 * (TEMPERATURES - 12.1)), "standard deviation 7 → 21"),
        (numeric(TEMPERATURES), numeric([*TEMPERATURES[:460], *[np.nan] * 40]), "mean 12.1 → 11.13, missing 0 % → 8 %"),
        (numeric(TEMPERATURES), numeric([np.nan] * 10), "missing 0 % → 100 %"),
        (numeric(TEMPERATURES), numeric([]), ""),
        (carriers(CARRIERS), carriers(["UA"] * 52 + ["AA"] * 37 + ["B6"] * 11), "B6 3 % → 11 %"),
        (carriers(CARRIERS), carriers(["WN"] * 10), "categories not seen in the reference 0 % → 100 %"),
    ],
)
def test_words(reference, window, words):
    assert describe_shift(reference, window) == words


@pytest.mark.parametrize("stored", STORED.values(), ids=STORED.keys())
def test_the_kind_is_given_not_guessed(stored):
    window = carriers(stored(["UA"] * 20 + ["AA"] * 80))
    assert describe_shift(carriers(stored(CARRIERS)), window) == "AA 37 % → 80 %"


def test_the_strongest_comes_first_and_equal_ones_keep_their_order():
    assert ranked([("a", 0.1), ("b", 0.3), ("c", 0.1)], lambda item: (item[1],)) == [("b", 0.3), ("a", 0.1), ("c", 0.1)]
