"""The distances of Evidently and NannyML on a table of NannyML's, against what their packages answered to it; deciles
against a table made by hand.

The figures were taken from evidently 0.7.23 and nannyml 0.13.1.
"""

import math

import numpy as np
import pytest
from scipy import stats

from leeboard.stats.dialects import DIALECTS, dialect
from tests.support.tables import nannyml_table

CHUNK = 5000
EVIDENTLY = {
    "car_value, shifted": {
        "PSI": 1.505972,
        "JensenShannon": 0.383018,
        "Wasserstein": 0.939167,
        "KullbackLeibler": 0.981434,
        "Hellinger": 0.402504,
        "KolmogorovSmirnovPValue": 0.0,
    },
    "debt_to_income_ratio, as before": {
        "PSI": 0.001492,
        "JensenShannon": 0.013655,
        "Wasserstein": 0.008201,
        "KullbackLeibler": 0.000747,
        "Hellinger": 0.013656,
        "KolmogorovSmirnovPValue": 0.468075,
    },
    "salary_range, shifted": {
        "PSI": 0.219771,
        "JensenShannon": 0.151052,
        "KullbackLeibler": 0.147273,
        "Hellinger": 0.157722,
        "ChiSquarePValue": 0.0,
    },
}
NANNYML = {
    ("car_value", 0): {
        "KolmogorovSmirnov": 0.01308,
        "JensenShannon": 0.026193,
        "Wasserstein": 348.3694,
        "Hellinger": 0.021812,
    },
    ("car_value", 5): {
        "KolmogorovSmirnov": 0.43530,
        "JensenShannon": 0.464759,
        "Wasserstein": 18733.6454,
        "Hellinger": 0.411648,
    },
    ("salary_range", 0): {
        "ChiSquare": 1.033683,
        "JensenShannon": 0.006397,
        "LInfinity": 0.00616,
        "Hellinger": 0.005326,
    },
    ("salary_range", 5): {
        "ChiSquare": 455.622094,
        "JensenShannon": 0.183143,
        "LInfinity": 0.09156,
        "Hellinger": 0.159388,
    },
}


@pytest.mark.parametrize(("case", "name"), [(case, name) for case, of in EVIDENTLY.items() for name in of])
def test_evidently(case, name):
    column, _, shifted = case.partition(", ")
    reference, analysis = (nannyml_table(f"synthetic_car_loan_{part}")[column] for part in ("reference", "analysis"))
    current = analysis[25_000:] if shifted == "shifted" else analysis[:25_000]
    found = dialect(f"{name}.evidently")(reference.to_numpy(), current.to_numpy())
    assert found == pytest.approx(EVIDENTLY[case][name], abs=1e-6)


@pytest.mark.parametrize(("case", "name"), [(case, name) for case, of in NANNYML.items() for name in of])
def test_nannyml(case, name):
    column, chunk = case
    reference, analysis = (nannyml_table(f"synthetic_car_loan_{part}")[column] for part in ("reference", "analysis"))
    current = analysis[chunk * CHUNK : (chunk + 1) * CHUNK]
    found = dialect(f"{name}.nannyml")(reference.to_numpy(), current.to_numpy())
    assert found == pytest.approx(NANNYML[case][name], abs=1e-5, rel=1e-8)


def deciles_by_hand(reference, current):
    """Siddiqi's table, a row a band, with Python's own numbers: bands end at the reference's deciles."""
    rising = sorted(reference)
    ends = []
    for tenth in range(1, 10):
        place = (len(rising) - 1) * tenth / 10
        below = int(place)
        ends.append(rising[below] + (place - below) * (rising[min(below + 1, len(rising) - 1)] - rising[below]))
    total, lowest = 0.0, -math.inf
    for end in [*sorted(set(ends)), math.inf]:
        expected, actual = (sum(lowest < one <= end for one in sample) / len(sample) for sample in (reference, current))
        expected, actual = expected or 0.0001, actual or 0.0001
        total += (actual - expected) * math.log(actual / expected)
        lowest = end
    return total


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("moved", [0.0, 1.0, 9.0])
def test_deciles_of_numbers(seed, moved):
    generator = np.random.default_rng(seed)
    reference, current = generator.gamma(2, 3, 501), moved + generator.gamma(2, 3, 120)
    if seed == 4:  # many alike: fewer bands
        reference, current = np.floor(reference / 5), np.floor(current / 5)
    expected = deciles_by_hand(reference.tolist(), current.tolist())
    assert dialect("PSI.deciles")(reference, current) == pytest.approx(expected, abs=1e-12)


def test_deciles_are_as_they_were():
    """One shift of a standard deviation, 100 numbers each: by deciles 1.86, by Evidently's bins 1.62, in truth 1."""
    generator = np.random.RandomState(31)
    reference, current = generator.normal(0, 1, 100), generator.normal(1, 1, 100)
    assert dialect("PSI.deciles")(reference, current) == pytest.approx(1.856219, abs=1e-6)
    assert dialect("PSI.evidently")(reference, current) == pytest.approx(1.619712, abs=1e-6)


def test_an_empty_group_of_deciles_counts_as_a_ten_thousandth():
    reference = np.arange(1.0, 101)
    nothing = math.log(0.1 / 0.0001) * (0.1 - 0.0001)
    # nine groups are empty, and one has all
    assert dialect("PSI.deciles")(reference, [1000.0]) == pytest.approx(9 * nothing + 0.9 * math.log(10))
    categories = dialect("PSI.deciles")(["a", "b"], ["a", "a", "c", "c"])
    assert categories == pytest.approx(2 * (0.5 - 0.0001) * math.log(0.5 / 0.0001))


def test_one_number_far_away_hides_a_shift_from_evidently():
    """Why Leeboard's own bins are quantiles of the reference: a shift of a whole standard deviation scores as none."""
    generator = np.random.default_rng(7)
    reference, current = generator.normal(size=50_000), generator.normal(1, size=50_000)
    psi, wasserstein = dialect("PSI.evidently"), dialect("Wasserstein.evidently")
    assert psi(reference, current) > 0.9
    assert psi(reference, np.append(current, 1e6)) < 0.1
    assert wasserstein(reference, current) == pytest.approx(1, abs=0.02)
    assert wasserstein(np.append(reference, 1e6), current) < 0.1


def test_below_ten_thousand_values_nannyml_is_exact():
    generator = np.random.default_rng(8)
    a, b = generator.lognormal(sigma=3, size=900), generator.lognormal(0.5, 3, size=400)
    exact = stats.ks_2samp(a, b, method="asymp").statistic
    assert dialect("KolmogorovSmirnov.nannyml")(a, b) == pytest.approx(exact, abs=1e-12)
    assert dialect("Wasserstein.nannyml")(a, b) == stats.wasserstein_distance(a, b)
    many = generator.lognormal(sigma=3, size=20_000)
    binned = dialect("KolmogorovSmirnov.nannyml")(many, b)
    assert binned < stats.ks_2samp(many, b, method="asymp").statistic  # heavy tails lie in their first bin together


def test_few_numbers_are_binned_by_value_and_many_by_width():
    few = np.array([0.0, 1.0, 1.0, 5.0] * 50)
    shares = {0.0: 0.25, 1.0: 0.5, 5.0: 0.25}
    moved = np.array([0.0, 0.0, 1.0, 5.0] * 50)
    psi = sum((p - q) * math.log(p / q) for p, q in zip(shares.values(), (0.5, 0.25, 0.25), strict=True))
    assert dialect("PSI.evidently")(few, moved) == pytest.approx(psi)
    assert dialect("ChiSquarePValue.evidently")(few, np.append(moved, 7.0)) == 0  # it was never expected
    assert dialect("ChiSquarePValue.evidently")(few, few) == pytest.approx(1)


@pytest.mark.parametrize("name", DIALECTS)
def test_missing_and_infinite_values_are_left_out(name):
    categories = name.startswith(("LInfinity", "ChiSquare."))
    reference = ["a", "b", "b"] * 30 if categories else list(np.random.default_rng(9).normal(size=90))
    current = reference[:40] + reference[50:]
    with_missing = [*current, None] if categories else [*current, math.nan, math.inf, -math.inf]
    assert dialect(name)(reference, with_missing) == dialect(name)(reference, current)
    with pytest.raises(ValueError, match="sample"):
        dialect(name)(reference, [None] if categories else [math.nan, math.inf])


def test_a_name_that_is_none():
    with pytest.raises(ValueError, match=r"'PSI' is none of PSI\.evidently"):
        dialect("PSI")
