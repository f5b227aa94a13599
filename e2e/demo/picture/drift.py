"""What the monitor said, and the inputs that made it say so."""

from e2e.demo.picture.keys import Keys, key_for
from e2e.demo.picture.report import Drift, Report
from leeboard.report.markup import Markup, paragraph
from leeboard.report.scales import clock, count


def verdict(report: Report, drift: Drift, keys: Keys) -> Markup:
    """The verdict in the monitor's own words."""
    moment = clock((drift.time - report.start).total_seconds())
    about = f"{key_for(keys, drift.version).label}, {count(drift.rows)} rows"
    against = f"against {count(drift.reference_rows)} of its reference, at {moment}"
    words = [paragraph("p", "clause", part) for part in _clauses(drift.words)]
    tone = {"Drift": "drift", "Stable": "stable", "Inconclusive": "unsure"}[drift.verdict]
    return paragraph(
        "blockquote",
        f"verdict {tone}",
        paragraph("p", "badge", drift.verdict),
        paragraph("div", "words", *words, paragraph("p", "source", f"DriftMonitor about {about} {against}")),
    )


def _clauses(text: str) -> list[str]:
    """The verdict's findings, one a line: the monitor sets them apart with semicolons."""
    return [part.strip() for part in text.split("; ") if part.strip()]
