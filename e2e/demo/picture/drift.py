"""What the monitor said, and the inputs that made it say so."""

from e2e.demo.picture.bars import bars
from e2e.demo.picture.gauge import gauge, tone_of
from e2e.demo.picture.keys import Keys, key_for
from e2e.demo.picture.markup import Markup, element, join, paragraph
from e2e.demo.picture.report import Drift, Feature, Report
from e2e.demo.picture.scales import clock, count, interval

TONES = {"drift": "drifted", "stable": "stable", "unsure": "cannot tell yet"}


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


def inputs(drift: Drift) -> Markup:
    """One panel for each input, on one scale of distance."""
    highest = 1.12 * max(max(one.distance.high, one.threshold) for one in drift.features)
    if all(one.distance.name == "JensenShannon" for one in drift.features):
        # it is never more than 1
        highest = min(highest, 1.0)
    panels = [_panel(one, highest) for one in drift.features]
    return join(_legend(), paragraph("div", "panels", *panels))


def _panel(feature: Feature, highest: float) -> Markup:
    tone, distance = tone_of(feature), feature.distance
    figures = interval(distance.value, distance.low, distance.high)
    return paragraph(
        "figure",
        "panel",
        paragraph("h3", "input", feature.name, paragraph("span", f"tone {tone}", TONES[tone])),
        paragraph("p", "shift", feature.shift or "no shift worth a word"),
        bars(feature),
        paragraph("p", "distance", f"{distance.name} ", element("b", figures)),
        gauge(feature, highest),
    )


def _legend() -> Markup:
    items = (("reference", "what the version was trained on"), ("window", "what it was asked in the window"))
    swatches = (
        element(
            "li",
            element(
                "svg",
                element("rect", width=14.0, height=14.0, rx=3.0, class_=name),
                width=14.0,
                height=14.0,
                class_="swatch",
                aria_hidden="true",
            ),
            text,
        )
        for name, text in items
    )
    note = "share of the rows in each bin; the dashed line is an equal share"
    return element("ul", *swatches, element("li", note, class_="muted"), class_="legend")


def _clauses(text: str) -> list[str]:
    """The verdict's findings, one a line: the monitor sets them apart with semicolons."""
    return [part.strip() for part in text.split("; ") if part.strip()]
