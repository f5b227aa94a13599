"""Rows as matrices, tables and columns."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from leeboard.models import ModelError, Rows
from tests.unit.models.fitted import table

MATRIX = np.arange(6.0).reshape(3, 2)
TEXTS = np.array(["x", None, "y"], dtype=object)


def test_a_matrix_of_the_right_type_is_not_copied() -> None:
    rows = Rows(("a", "b"), MATRIX)
    assert rows.count == 3
    assert rows.as_matrix() is MATRIX
    assert rows.as_matrix(np.float64) is MATRIX
    assert rows.as_matrix(np.float32).dtype == np.float32
    assert np.shares_memory(rows.as_frame().to_numpy(), MATRIX)
    assert rows.select(("a", "b")) is rows


@pytest.mark.parametrize("as_columns", [False, True])
def test_inputs_are_found_by_name_and_put_in_order(as_columns: bool) -> None:
    rows = Rows(("a", "b"), columns={"a": MATRIX[:, 0], "b": MATRIX[:, 1]}) if as_columns else Rows(("a", "b"), MATRIX)
    chosen = rows.select(("b", "a"))
    assert chosen.names == ("b", "a")
    assert chosen.as_matrix().tolist() == MATRIX[:, ::-1].tolist()
    assert chosen.as_matrix().flags.c_contiguous
    assert chosen.as_frame().columns.tolist() == ["b", "a"]
    assert rows.column("b").tolist() == [1.0, 3.0, 5.0]
    assert rows.select(("b",)).as_matrix().shape == (3, 1)
    for absent in (lambda: rows.select(("a", "z")), lambda: rows.column("z")):
        with pytest.raises(ModelError, match="columns that the data has not: z") as told:
            absent()
        assert told.value.reason == "BadData"


def test_columns_keep_their_types_in_a_table_and_find_a_common_one_in_a_matrix() -> None:
    frame = table(20)
    rows = Rows.of_frame(frame)
    pd.testing.assert_frame_equal(rows.as_frame(), frame)
    assert rows.as_matrix().dtype == object
    numeric = rows.select(("a", "n", "yes"))
    assert numeric.as_matrix().dtype == np.float64
    assert rows.select(("n", "yes")).as_matrix().dtype == np.int64
    np.testing.assert_array_equal(numeric.as_matrix(np.float32)[:, 1], frame["n"].to_numpy(np.float32))


def test_a_text_is_no_number_and_a_missing_one_is_nan() -> None:
    with pytest.raises(ModelError, match="takes numbers, and t holds what is none") as told:
        Rows(("t",), columns={"t": TEXTS}).as_matrix(np.float32)
    assert told.value.reason == "BadData"
    assert "x" not in told.value.message.split("and t")[1].replace("holds what is none", "")
    missing = Rows(("t",), columns={"t": np.array([None, None], dtype=object)})
    assert np.isnan(missing.as_matrix(np.float64)).all()


@pytest.mark.parametrize(
    ("names", "given_as", "error"),
    [
        (("a",), {}, TypeError),
        (("a", "b"), {"matrix": MATRIX, "columns": {}}, TypeError),
        (("a",), {"matrix": MATRIX}, ValueError),
        (("a", "b"), {"matrix": MATRIX[0]}, ValueError),
    ],
)
def test_rows_are_a_matrix_or_columns(names: tuple[str, ...], given_as: dict, error: type[Exception]) -> None:
    with pytest.raises(error):
        Rows(names, **given_as)


@given(
    arrays.arrays(np.float64, st.tuples(st.integers(0, 5), st.integers(1, 4))),
    st.randoms(use_true_random=False),
)
def test_both_forms_hold_the_same(matrix: np.ndarray, random) -> None:
    names = tuple(f"f{number}" for number in range(matrix.shape[1]))
    as_columns = Rows(names, columns={name: matrix[:, place] for place, name in enumerate(names)})
    order = list(names)
    random.shuffle(order)
    one, other = Rows(names, matrix).select(order), as_columns.select(order)
    assert one.count == other.count == len(matrix)
    np.testing.assert_array_equal(one.as_matrix(), other.as_matrix())
    pd.testing.assert_frame_equal(one.as_frame(), other.as_frame())
