"""The page from symptoms to reasons names every reason that asks for something, and none that there is not."""

import re
from pathlib import Path

from leeboard.api.reason_reference import reasons_page
from leeboard.api.reasons import Reason, hint

DOCS = Path(__file__).resolve().parents[3] / "docs"
WORD = re.compile(r"`([A-Z][A-Za-z]+)`")
NO_REASONS = {"Ready", "Stalled", "Reconciling", "False"}
"""Conditions, and what one may be, that the page speaks of in the same letters."""


def test_every_symptom_leads_to_a_reason_and_every_failure_has_its_symptom() -> None:
    page = (DOCS / "how-to" / "troubleshooting.md").read_text(encoding="utf-8")
    named = set(WORD.findall(page)) - NO_REASONS
    assert named <= {str(reason) for reason in Reason}
    assert {str(reason) for reason in Reason if hint(reason)} <= named


def test_the_reference_of_reasons_is_current() -> None:
    assert (DOCS / "reference" / "reasons.md").read_text(encoding="utf-8") == reasons_page()


def test_no_cell_of_the_reference_is_empty() -> None:
    rows = [line for line in reasons_page().splitlines() if line.startswith("| `")]
    assert len(rows) == len(Reason)
    assert all(cell.strip() for row in rows for cell in row.strip("|").split("|"))
