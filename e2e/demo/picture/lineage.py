"""The versions as a history: those that served on one line, those that did not beside it."""

from e2e.demo.picture.keys import Key, Keys, key_for
from e2e.demo.picture.report import Outcome, Report, Version
from leeboard.report.markup import Markup, element, join, paragraph
from leeboard.report.scales import clock, interval

OUTCOMES: dict[Outcome, tuple[str, str]] = {
    "Champion": ("serves now", "good"),
    "Replaced": ("served, then replaced", "plain"),
    "RolledBack": ("rolled back", "bad"),
    "Rejected": ("stopped at the gate", "bad"),
    "Registered": ("registered", "plain"),
}
ASIDE = ("RolledBack", "Rejected")
COMMIT_LENGTH = 10


def lineage(report: Report, keys: Keys) -> Markup:
    """One entry for each version, the oldest first."""
    entries = [_entry(one, report, keys) for one in report.versions]
    return element("ol", *entries, class_="lineage")


def _entry(version: Version, report: Report, keys: Keys) -> Markup:
    key, (outcome, tone) = key_for(keys, version.name), OUTCOMES[version.outcome]
    head = paragraph(
        "p",
        "head",
        element("b", key.label),
        element("code", version.name),
        paragraph("span", f"outcome {tone}", outcome),
        paragraph("span", "when", f"made at {clock(max((version.created - report.start).total_seconds(), 0))}"),
    )
    aside = version.outcome in ASIDE
    body = [_node(key, aside=aside), head, _origin(version), _facts(version, keys)]
    if version.reason:
        body.append(paragraph("p", f"reason {tone}", version.reason))
    return element("li", *body, class_="aside" if aside else "main")


def _node(key: Key, *, aside: bool) -> Markup:
    """The circle on the line; beside it, with a cross, for a version that never became champion."""
    x, y = (46.0 if aside else 17.0), 20.0
    parts = [element("path", d=f"M17 -6C17 12 26 {y:g} 36 {y:g}", class_="branch")] if aside else []
    parts.append(element("circle", cx=x, cy=y, r=9.0, class_=f"node {key.fill}"))
    if aside:
        parts.append(element("path", d=f"M{x - 3.5:g} {y - 3.5:g}l7 7m0 -7l-7 7", class_="cross"))
    return element("svg", *parts, width=60.0, height=40.0, class_="rail", aria_hidden="true")


def _origin(version: Version) -> Markup:
    if not version.cause and not version.cause_reason:
        return Markup("")
    cause = [element("b", version.cause), " "] if version.cause else []
    return paragraph("p", "origin", "because of ", *cause, version.cause_reason)


def _facts(version: Version, keys: Keys) -> Markup:
    facts: list[tuple[str, str]] = []
    if version.commit:
        facts.append(("code", version.commit[:COMMIT_LENGTH]))
    if version.data:
        facts.append(("data", version.data))
    if version.parent:
        facts.append(("after", key_for(keys, version.parent).label))
    facts += [(m.name, interval(m.value, m.low, m.high)) for m in version.metrics]
    cells = [join(element("dt", name), paragraph("dd", "", value)) for name, value in facts]
    return element("dl", *(element("div", cell) for cell in cells)) if cells else Markup("")
