"""The figures for people."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.report import BEGIN, END, grown, table, write
from tests.unit.bench.test_figures import SIZES, figures


def test_a_column_for_each_size_and_a_row_for_each_figure() -> None:
    lines = table([figures(n, 2 + 0.02 * n, 90 + 0.05 * n) for n in SIZES]).splitlines()
    assert lines[0] == "| Models | 100 | 500 | 2000 |"
    assert "| restart: until all is looked at, s | 4 | 12 | 42 |" in lines


def test_the_exponents_are_told_where_there_are_three_sizes() -> None:
    all_sizes = [figures(n, 2 + 0.02 * n, 90 + 0.05 * n) for n in SIZES]
    assert "from 500 to 2000 Models: time of a restart 1.0, memory 1.0, CPU of a restart none" in grown(all_sizes)
    assert grown(all_sizes[:2]) == ""


def test_only_what_is_between_the_marks_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    write(page, "new\n")
    assert page.read_text(encoding="utf-8") == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
    page.write_text("no marks", encoding="utf-8")
    with pytest.raises(ValueError, match="lacks the marks"):
        write(page, "new")
