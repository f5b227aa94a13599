"""What a margin needs, told before the start: near what simulated rollouts need."""

import math
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leeboard.stats.sample_size import MOST, margin_reachable, requests_needed
from leeboard.stats.sequential_blocks import evidence_path, swapped
from tests.support.block_streams import blocks, constant

ALPHA = 0.05 / 4


@pytest.mark.parametrize(
    ("rate", "margin", "share"), [(0.01, 0.01, 0.1), (0.0, 0.01, 0.1), (0.05, 0.05, 0.1), (0.05, 0.02, 0.3)]
)
def test_half_of_the_simulated_rollouts_of_an_equal_candidate_need_as_many(rate, margin, share):
    told = requests_needed(rate, margin, ALPHA, share)
    generator, needed = np.random.default_rng(1), []
    for _ in range(200):
        stream = blocks(
            generator, 80, max(20, told.both // 25), share=constant(share), rate_a=constant(rate), rate_b=constant(rate)
        )
        path = evidence_path([swapped(one) for one in stream], -margin)
        end = next((place for place, evidence in enumerate(path) if evidence >= 2 / ALPHA), None)
        needed.append(math.inf if end is None else sum(one.trials_a + one.trials_b for one in stream[: end + 1]))
    assert statistics.median(needed) == pytest.approx(told.both, rel=0.3)


RATE, PART = st.floats(0, 0.99), st.floats(0.001, 0.999)


@given(RATE, PART, PART, PART)
@settings(derandomize=True, max_examples=100, deadline=None)
def test_it_is_finite_and_grows_with_what_is_asked(rate, margin, alpha, share):
    needed = requests_needed(rate, margin, alpha, share)
    assert 1 <= needed.candidate <= needed.both <= MOST
    assert requests_needed(rate, margin, alpha / 2, share).both >= needed.both
    assert requests_needed(rate, margin, alpha, share, power=0.9).both >= needed.both


def test_a_smaller_margin_needs_about_the_inverse_square():
    ratio = requests_needed(0.1, 0.005, ALPHA, 0.1).both / requests_needed(0.1, 0.01, ALPHA, 0.1).both
    assert ratio == pytest.approx(4, rel=0.1)


def test_the_margin_that_traffic_reaches_needs_that_traffic():
    margin = margin_reachable(0.01, 50_000, ALPHA, 0.1)
    assert requests_needed(0.01, margin, ALPHA, 0.1).both <= 50_000
    assert requests_needed(0.01, margin * 0.99, ALPHA, 0.1).both > 50_000
    assert margin_reachable(0.01, 0, ALPHA, 0.1) == 1


def test_time_follows_from_traffic():
    needed = requests_needed(0.01, 0.01, ALPHA, 0.1)
    assert needed.seconds(10) == needed.both / 10
    assert needed.seconds(0) == math.inf


@pytest.mark.parametrize(
    "arguments",
    [(1.0, 0.1, 0.05, 0.1), (-0.1, 0.1, 0.05, 0.1), (0.1, 0.0, 0.05, 0.1), (0.1, 0.1, 1.0, 0.1), (0.1, 0.1, 0.05, 1.0)],
)
def test_impossible_arguments_are_refused(arguments):
    with pytest.raises(ValueError):
        requests_needed(*arguments)
