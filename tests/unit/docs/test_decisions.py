"""The decision records keep their form, and the index of the documentation names each."""

import re
from pathlib import Path

import pytest

from tests.support.markdown import links

DOCS = Path(__file__).resolve().parents[3] / "docs"
RECORDS = sorted((DOCS / "decisions").glob("*.md"))
PARTS = ["Context", "Decision", "Consequences", "Alternatives rejected"]
LONGEST = 60
"""Lines."""


def test_they_are_numbered_without_a_gap() -> None:
    assert [path.name[:5] for path in RECORDS] == [f"{number:04}-" for number in range(1, len(RECORDS) + 1)]
    assert len(RECORDS) >= 9


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_record_is_short_and_has_its_parts(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# {int(path.name[:4])}. ")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == PARTS
    assert len(text.splitlines()) <= LONGEST


def test_the_index_names_every_page_of_the_documentation() -> None:
    index = DOCS / "README.md"
    named = {(DOCS / link.partition("#")[0]).resolve() for link in links(index.read_text(encoding="utf-8"))}
    pages = {path.resolve() for path in DOCS.rglob("*.md")} - {index.resolve()}
    assert pages <= named
