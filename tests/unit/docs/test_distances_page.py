"""The page about distances names what is there, and its example runs."""

import contextlib
import io
import re
from pathlib import Path

from leeboard.stats import distances, ordered
from leeboard.stats.dialects import DIALECTS

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "reference" / "distances.md").read_text(encoding="utf-8")


def test_every_dialect_has_a_row_and_no_other():
    assert re.findall(r"^\| `(\w+\.\w+)` \|", PAGE, re.MULTILINE) == list(DIALECTS)


def test_the_functions_on_counts_are_there():
    named = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert len(named) == 9
    assert [name for name in named if not hasattr(distances, name) and not hasattr(ordered, name)] == []


def test_the_example_runs():
    (example,) = re.findall(r"```python\n(.+?)```", PAGE, re.DOTALL)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(example, {})  # noqa: S102 - the page is ours
    assert float(printed.getvalue()) > 1  # a value that the current sample has not: 10⁻⁴ against a quarter
