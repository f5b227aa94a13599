"""A figure, its interval and the threshold on one line: beyond it as a whole, short of it, or neither."""

from leeboard.report.feature import Feature
from leeboard.report.markup import Markup, box, element, line, picture, words
from leeboard.report.scales import Linear, bare, ticks, width_of

WIDTH, HEIGHT = 328.0, 50.0
MIDDLE = 24.0


def gauge(feature: Feature, highest: float) -> Markup:
    """The distance of one input, on a scale from 0 to `highest` that all inputs share."""
    x = Linear(0.0, highest, 4.0, WIDTH - 4)
    distance, threshold = feature.distance, feature.threshold
    tone = tone_of(feature)
    text = f"threshold {bare(threshold)}"
    room = x(threshold) + width_of(text, 11) / 2 < WIDTH
    parts = [
        box(x(0), MIDDLE - 3, x(highest) - x(0), 6, "track", radius=3),
        box(x(threshold), MIDDLE - 3, x(highest) - x(threshold), 6, "track beyond", radius=3),
        line(x(threshold), MIDDLE - 10, x(threshold), MIDDLE + 10, "threshold"),
        words(x(threshold) if room else WIDTH, MIDDLE - 14, text, "axis", "middle" if room else "end"),
        box(
            x(distance.low),
            MIDDLE - 5.5,
            max(x(distance.high) - x(distance.low), 2.0),
            9,
            f"interval {tone}",
            radius=3,
        ),
        element("circle", cx=x(distance.value), cy=MIDDLE, r=4, class_=f"value {tone}"),
        *(words(x(mark), HEIGHT - 4, bare(mark), "axis", _anchor(mark, highest)) for mark in ticks(0.0, highest, 5)),
    ]
    return picture(WIDTH, HEIGHT, f"{distance.name} {bare(distance.value)}, {text}", *parts)


def tone_of(feature: Feature) -> str:
    """The class that says what the interval says."""
    if feature.drifted:
        return "drift"
    return "stable" if feature.distance.high <= feature.threshold else "unsure"


def _anchor(mark: float, highest: float) -> str:
    if mark == 0:
        return "start"
    return "end" if mark > 0.97 * highest else "middle"
