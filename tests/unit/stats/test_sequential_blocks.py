"""Differences by blocks: right however traffic changes, and narrow enough to end a rollout."""

import math
import statistics
from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leeboard.stats.betting import from_log
from leeboard.stats.sequential import difference_interval
from leeboard.stats.sequential_blocks import Block, block_evidence, both, difference_sequence, evidence_path, swapped
from tests.support.block_streams import blocks, constant

STREAMS = 200


def rising(places):
    return 0.05 + 0.45 * places


def stepwise(places):
    return np.select([places < 0.3, places < 0.6], [0.05, 0.25], 0.5)


def daily(places):
    return 0.03 + 0.025 * np.sin(12 * places)


def spike(places):
    return np.where((places > 0.6) & (places < 0.8), 0.4, 0.01)


SCHEDULES = {
    "one request after another": (200, 2, constant(0.5)),
    "every 50": (50, 50, constant(0.1)),
    "a growing share": (50, 50, rising),
    "steps of a canary": (50, 50, stepwise),
}


@pytest.mark.parametrize("rate", [constant(0.02), daily, spike], ids=["constant", "daily", "spike"])
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_an_equal_candidate_is_refuted_no_more_often_than_alpha(schedule, rate):
    """Whoever stops at the worst moment of all is stopped at some look, so this bounds every schedule of looks."""
    count, size, share = SCHEDULES[schedule]
    generator, alpha = np.random.default_rng(7), 0.1
    wrong = sum(
        max(evidence_path(blocks(generator, count, size, share=share, rate_a=rate, rate_b=rate), 0.0)) >= 1 / alpha
        for _ in range(STREAMS)
    )
    assert wrong <= alpha * STREAMS + 2 * math.sqrt(STREAMS * alpha * (1 - alpha))


def test_a_candidate_as_bad_as_the_margin_allows_is_refuted_no_more_often_than_alpha():
    generator, alpha = np.random.default_rng(8), 0.1
    worse = lambda places: daily(places) + 0.01  # noqa: E731
    wrong = sum(
        max(evidence_path(blocks(generator, 80, 100, share=stepwise, rate_a=worse, rate_b=daily), 0.01)) >= 1 / alpha
        for _ in range(STREAMS)
    )
    assert wrong <= alpha * STREAMS


def test_sums_mislead_where_share_and_rate_change_and_blocks_do_not():
    """Half of the rollouts of an equal candidate would be aborted on sums: most of its requests came in a bad hour."""
    generator = np.random.default_rng(9)
    bad_evening = lambda places: np.where(places > 0.6, 0.08, 0.01)  # noqa: E731
    on_sums = on_blocks = 0
    for _ in range(STREAMS):
        stream = blocks(generator, 40, 400, share=stepwise, rate_a=bad_evening, rate_b=bad_evening)
        sums = list(accumulate(stream, lambda one, other: Block(*map(sum, zip(one, other, strict=True)))))
        on_sums += any(difference_interval(*one, 0.05)[0] > 0 for one in sums[9::10])
        on_blocks += max(evidence_path(stream, 0.0)) >= 40
    assert on_sums > STREAMS / 2
    assert on_blocks <= 0.025 * STREAMS


@pytest.mark.parametrize(("rate", "margin"), [(0.01, 0.01), (0.05, 0.02), (0.0, 0.01), (0.2, 0.05)])
def test_a_candidate_worse_by_twice_the_margin_is_aborted(rate, margin):
    generator = np.random.default_rng(10)
    worse = constant(rate + 2 * margin)
    aborted = sum(
        max(
            evidence_path(
                blocks(generator, 120, 1000, share=constant(0.1), rate_a=worse, rate_b=constant(rate)), margin
            )
        )
        >= 80
        for _ in range(STREAMS)
    )
    assert aborted >= 0.95 * STREAMS


@pytest.mark.parametrize(
    ("rate", "margin", "at_most"), [(0.01, 0.01, 2700), (0.0, 0.01, 900), (0.05, 0.05, 700), (0.3, 0.02, 12000)]
)
def test_an_equal_candidate_passes_after_as_many_requests_as_told(rate, margin, at_most):
    """The upper end at alpha = 0.05 / 4 falls below the margin: the median of the candidate's requests at 10 %."""
    generator, needed = np.random.default_rng(11), []
    for _ in range(STREAMS):
        stream = blocks(generator, 120, at_most // 6, share=constant(0.1), rate_a=constant(rate), rate_b=constant(rate))
        path = evidence_path([swapped(one) for one in stream], -margin)
        end = next((place for place, evidence in enumerate(path) if evidence >= 160), len(path))
        needed.append(sum(one.trials_a for one in stream[: end + 1]) if end < len(path) else math.inf)
    assert statistics.median(needed) <= at_most


def test_the_interval_agrees_with_the_evidence_at_its_ends():
    stream = blocks(np.random.default_rng(3), 30, 200, share=rising, rate_a=constant(0.06), rate_b=constant(0.04))
    value, low, high = difference_sequence(stream, 0.05)
    assert low < value < high
    assert block_evidence(stream, low) == pytest.approx(40, rel=1e-3)
    assert block_evidence([swapped(one) for one in stream], -high) == pytest.approx(40, rel=1e-3)


def test_wealth_is_what_the_bets_say():
    """One block: the pooled rate before it is 1/2, and one of equal stakes for each number of requests follows."""
    block, delta = Block(3, 10, 5, 30), 0.1
    share, rate_a, total = 0.25, 0.5 + 0.75 * 0.1, 0.0
    for target in (200, 700, 2500, 8000, 25000, 80000):
        stake = math.sqrt(2 * 4.4 / (target * 0.25))
        on_a, on_b = stake * (1 - share), stake * share
        wealth_a = (1 + on_a * (1 - rate_a)) ** 3 * (1 - on_a * rate_a) ** 7
        total += wealth_a * (1 - on_b * (1 - rate_a + delta)) ** 5 * (1 + on_b * (rate_a - delta)) ** 25 / 6
    assert block_evidence([block], delta) == pytest.approx(total)


COUNTS = st.integers(0, 10**9)
ANY = st.builds(lambda fa, sa, fb, sb: Block(fa, fa + sa, fb, fb + sb), COUNTS, COUNTS, COUNTS, COUNTS)
SMALL = st.integers(0, 60)
FEW = st.builds(lambda fa, sa, fb, sb: Block(fa, fa + sa, fb, fb + sb), SMALL, SMALL, SMALL, SMALL)


@given(st.lists(ANY, max_size=4), st.floats(1e-12, 0.999))
@settings(derandomize=True, max_examples=100, deadline=None)
def test_every_stream_of_counts_has_an_interval(stream, alpha):
    value, low, high = difference_sequence(stream, alpha)
    assert -1 <= low <= value <= high <= 1
    assert math.isfinite(block_evidence(stream, 0.02))


@given(st.lists(FEW, max_size=6))
@settings(derandomize=True, max_examples=60, deadline=None)
def test_less_doubt_is_wider_and_exchanged_arms_are_mirrored(stream):
    narrow, wide = difference_sequence(stream, 0.2), difference_sequence(stream, 0.01)
    assert wide.low <= narrow.low + 1e-6
    assert wide.high >= narrow.high - 1e-6
    value, low, high = difference_sequence([swapped(one) for one in both(stream)], 0.2)
    assert (-value, -high, -low) == pytest.approx(tuple(narrow), abs=1e-9)


@given(st.lists(FEW, min_size=1, max_size=6), st.floats(-1, 1), st.floats(-1, 1))
@settings(derandomize=True, max_examples=200, deadline=None)
def test_evidence_falls_with_the_margin(stream, one, other):
    less, more = sorted((one, other))
    assert block_evidence(stream, less) >= block_evidence(stream, more) * (1 - 1e-9)


@given(st.lists(FEW, max_size=8))
@settings(derandomize=True, max_examples=50, deadline=None)
def test_blocks_without_one_arm_wait_for_the_next(stream):
    merged = list(both(stream))
    assert all(one.trials_a and one.trials_b for one in merged)
    assert sum(one.trials_a for one in merged) <= sum(one.trials_a for one in stream)
    assert block_evidence(merged, 0.01) == block_evidence(stream, 0.01)


def test_nothing_is_known_without_both_arms():
    assert difference_sequence([], 0.05) == (0.0, -1.0, 1.0)
    assert difference_sequence([Block(3, 10, 0, 0)], 0.05) == (0.0, -1.0, 1.0)
    assert block_evidence([Block(3, 10, 0, 0)], 0.0) == 1


@pytest.mark.parametrize("block", [Block(2, 1, 0, 1), Block(0, 1, -1, 1)])
def test_impossible_counts_are_refused(block):
    with pytest.raises(ValueError, match="no counts"):
        difference_sequence([block], 0.05)


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.1])
def test_impossible_alphas_are_refused(alpha):
    with pytest.raises(ValueError, match="alpha"):
        difference_sequence([], alpha)


def test_impossible_margins_are_refused():
    with pytest.raises(ValueError, match="between -1 and 1"):
        block_evidence([], 1.5)


def test_an_e_value_is_a_finite_number():
    assert math.isfinite(from_log(1e6))
