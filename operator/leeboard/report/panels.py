"""Inputs side by side: bars of reference and window, what moved, and the distance on one scale."""

from collections.abc import Sequence

from leeboard.report.bars import bars
from leeboard.report.feature import Feature
from leeboard.report.gauge import gauge, tone_of
from leeboard.report.markup import Markup, element, join, paragraph
from leeboard.report.scales import interval

TONES = {"drift": "drifted", "stable": "stable", "unsure": "cannot tell yet"}


def panels(features: Sequence[Feature]) -> Markup:
    """One panel for each input, on one scale of distance."""
    highest = 1.12 * max(max(one.distance.high, one.threshold) for one in features)
    if all(one.distance.name == "JensenShannon" for one in features):
        # it is never more than 1
        highest = min(highest, 1.0)
    panels = [_panel(one, highest) for one in features]
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
        *([paragraph("p", "reach", feature.reach)] if feature.reach else []),
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
