"""Distinct values: known hashes, the error that is stated, and merging as counting together."""

import base64
import math
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leeboard.stats.hyper_log_log import NOTHING, REGISTERS, STANDARD_ERROR, HyperLogLog

NUMBERS = st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=60)
TEXTS = st.lists(st.text(max_size=6), max_size=40)


def split_mix(state):
    """Python's own numbers: Steele, Lea and Flood's figure, with the constants of their Java class."""
    full = (1 << 64) - 1
    mixed = (state + 0x9E3779B97F4A7C15) & full
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & full
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & full
    return mixed ^ (mixed >> 31)


def plainly(numbers):
    """As contracts.md says it, one number after the other."""
    registers = [0] * 256
    for number in numbers:
        hashed = split_mix(number)
        rank = 54 - (hashed >> 11).bit_length()
        registers[hashed & 255] = max(registers[hashed & 255], rank)
    return registers


def bits(value):
    return int(np.float64(value + 0.0).view(np.uint64))


def same(one, other):
    return one.registers.tolist() == other.registers.tolist()


def of(values):
    return HyperLogLog.of_numbers(np.array(values, dtype=np.float64))


def test_the_hash_is_that_of_split_mix():
    """The first numbers that Java's SplittableRandom, and everybody's SplitMix64, gives from these."""
    assert [split_mix(0), split_mix(1234567)] == [0xE220A8397B1DCDAF, 6457827717110365317]


@given(NUMBERS)
@settings(derandomize=True, deadline=None)
def test_numbers_lie_where_the_contract_says(values):
    assert of(values).registers.tolist() == plainly(map(bits, values))


@given(TEXTS)
@settings(derandomize=True, deadline=None)
def test_texts_lie_where_the_contract_says(values):
    assert HyperLogLog.of_texts(values).registers.tolist() == plainly(zlib.crc32(one.encode()) for one in values)


def test_many_at_once_are_as_one_by_one():
    values = np.random.default_rng(1).normal(size=50_000)
    assert of(values).registers.tolist() == plainly(values.view(np.uint64).tolist())


@given(NUMBERS, NUMBERS, NUMBERS)
@settings(derandomize=True, deadline=None)
def test_merging_is_counting_together_in_any_order(first, second, third):
    a, b, c = of(first), of(second), of(third)
    assert same(a.merge(b), of(first + second))
    assert same(a.merge(b), b.merge(a))
    assert same(a.merge(b).merge(c), a.merge(b.merge(c)))
    assert same(a.merge(a), a)
    assert same(a.merge(NOTHING), a)


def test_zero_is_one_number_and_texts_of_lone_surrogates_are_texts():
    assert same(of([0.0, -0.0]), of([-0.0]))
    assert HyperLogLog.of_texts(["\ud800", "\ud800"]).registers.any()


@pytest.mark.parametrize("distinct", [5, 40, 300, 700, 3000, 30_000])
def test_estimates_are_as_wrong_as_is_stated(distinct):
    """Root of the mean square over 200 samples: the standard error, or less where linear counting is used."""
    generator = np.random.default_rng(distinct)
    errors = [of(generator.normal(size=distinct)).estimate / distinct - 1 for _ in range(200)]
    assert math.sqrt(np.mean(np.square(errors))) < 1.15 * STANDARD_ERROR
    assert abs(np.mean(errors)) < 0.02


@pytest.mark.parametrize("distinct", [10, 1000, 100_000])
def test_whole_numbers_and_names_are_no_harder(distinct):
    """Their bits are alike; five standard errors are far, and none is to be further."""
    for found in (of(np.arange(distinct)), HyperLogLog.of_texts(f"UA{number}" for number in range(distinct))):
        assert found.estimate == pytest.approx(distinct, rel=5 * STANDARD_ERROR)


def test_nothing_has_no_distinct_value():
    assert NOTHING.estimate == 0
    assert same(of([]), NOTHING)
    with pytest.raises(ValueError, match="read-only"):
        NOTHING.registers[0] = 1


def test_it_is_read_as_it_was_written():
    found = of(np.arange(1000.0))
    assert len(found.text) == 256
    bits = "".join(f"{rank:06b}" for rank in found.registers.tolist())
    assert base64.b64decode(found.text, validate=True) == int(bits, 2).to_bytes(192)
    assert same(HyperLogLog.parse(found.text), found)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (7, "a text, not int"),
        ("", "0 registers"),
        ("A" * (REGISTERS - 1), "255 registers"),
        ("A" * (REGISTERS + 1), "257 registers"),
        ("3" * REGISTERS, "from 0 to 54"),
        ("A" * (REGISTERS - 1) + "=", "from 0 to 54"),
        ("A" * (REGISTERS - 1) + "é", "from 0 to 54"),
        ("A" * (REGISTERS - 1) + "\ud800", "from 0 to 54"),
    ],
)
def test_what_is_none(text, says):
    with pytest.raises(ValueError, match=says):
        HyperLogLog.parse(text)
