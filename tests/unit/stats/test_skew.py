"""Which values were served otherwise than they are computed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from leeboard.stats.skew import typical_ratio, unequal_numbers, unequal_texts

INF, NAN = np.inf, np.nan


@pytest.mark.parametrize(
    ("served", "computed", "unequal"),
    [
        (1.0, 1.0, False),
        (1.0, 1.00005, False),
        (1.0, 1.0002, True),
        (1e-12, 1.2e-12, True),
        (0.0, 0.0, False),
        (0.0, 1e-300, True),
        (NAN, NAN, False),
        (NAN, 1.0, True),
        (1.0, NAN, True),
        (INF, INF, False),
        (INF, -INF, True),
        (INF, 1e308, True),
        (1e308, -1e308, True),
    ],
)
def test_numbers(served, computed, unequal):
    assert unequal_numbers(np.array([served]), np.array([computed])).tolist() == [unequal]


@given(arrays(np.float64, 20, elements=st.floats()))
def test_whatever_is_equal_is_equal_and_what_is_kept_in_32_bits_too(values):
    assert not unequal_numbers(values, values.copy()).any()
    with np.errstate(over="ignore"):
        short = values.astype(np.float32).astype(np.float64)
    normal = (np.abs(values) < 1e38) & ((np.abs(values) > 1e-37) | (values == 0)) | ~np.isfinite(values)
    assert not unequal_numbers(values, short)[normal].any()


@given(arrays(np.float64, 20, elements=st.floats()), arrays(np.float64, 20, elements=st.floats()))
def test_it_does_not_matter_which_side_is_which(a, b):
    assert unequal_numbers(a, b).tolist() == unequal_numbers(b, a).tolist()


def test_texts():
    served, computed = (
        np.array(values, dtype=object) for values in (["UA", None, "AA", None], ["UA", None, "B6", "x"])
    )
    assert unequal_texts(served, computed).tolist() == [False, False, True, True]


def test_the_ratio_is_that_of_most():
    computed = np.array([0.0, 1.0, 2.0, NAN, 4.0])
    assert typical_ratio(1.2 * computed, computed) == pytest.approx(1.2)
    assert typical_ratio(np.zeros(1), np.zeros(1)) is None


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match="beside"):
        unequal_numbers(np.zeros(2), np.zeros(3))
