"""What counts as growing too fast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.bench.figures import Figures, exponent, growth, percentile, superlinear

SIZES = (100, 500, 2000)


def figures(n: int, settled_s: float, memory_mib: float) -> Figures:
    return Figures(
        n=n,
        namespaces=5,
        objects=10 * n,
        first_s=1.0,
        first_cpu_s=1.0,
        first_requests=400,
        settled_s=settled_s,
        cpu_s=1.0,
        memory_mib=memory_mib,
        memory_peak_mib=memory_mib,
        start_requests=10,
        requests_per_change=5.0,
        requests_per_model=20.0,
        p50_first_child_s=0.2,
        p99_first_child_s=0.4,
        idle_s=60.0,
        idle_requests_per_minute=0.0,
        idle_cpu_percent=0.1,
        relists=2,
        requests_per_relist=8.0,
    )


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        (lambda n: 90 + 0.1 * n, 1.0),
        (lambda n: 0.1 * n, 1.0),
        (lambda n: 0.001 * n**2, 2.0),
        (lambda n: 10 * n**0.5, 0.5),
        (lambda n: 4.2, None),
    ],
)
def test_the_exponent_is_that_of_what_lies_above_the_fixed_cost(
    cost: Callable[[int], float], expected: float | None
) -> None:
    found = exponent(SIZES, [cost(n) for n in SIZES], noise=1.0)
    assert found == (None if expected is None else pytest.approx(expected, abs=0.16))


def test_a_fixed_cost_does_not_hide_that_the_rest_is_quadratic() -> None:
    costs = [90 + 0.0001 * n**2 for n in SIZES]
    power = exponent(SIZES, costs, noise=1.0)
    assert power is not None
    assert power > 1.5


def test_only_what_grows_faster_than_the_models_is_told() -> None:
    linear = [figures(n, settled_s=2 + 0.02 * n, memory_mib=90 + 0.05 * n) for n in SIZES]
    assert superlinear(growth(linear)) == []
    quadratic = [replace(one, settled_s=0.0001 * one.n**2) for one in linear]
    assert superlinear(growth(quadratic)) == ["settled_s"]
    assert growth(linear[:2]) == {}


def test_a_percentile_is_a_value_that_was_seen() -> None:
    values = [float(number) for number in range(1, 101)]
    assert percentile(values, 50) == 50
    assert percentile(values, 99) == 99
    assert percentile([7.0], 99) == 7
