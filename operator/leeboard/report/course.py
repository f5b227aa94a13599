"""How a figure and its interval went from look to look, beside what is allowed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from leeboard.report.markup import Markup, element, join, line, picture, words
from leeboard.report.scales import Linear, bare, ticks, width_of

WIDTH, HEIGHT = 1000.0, 190.0
LEFT, RIGHT = 58.0, 996.0
TOP, BOTTOM = 16.0, 156.0
LABEL = 11.5
ROOM = 3.0
"""Where the first looks' intervals are very wide, so many times the newest one's width is drawn."""


@dataclass(frozen=True)
class Point:
    """A figure at one look; an end that is not known is infinite."""

    at: datetime
    value: float
    low: float
    high: float


def course(name: str, points: Sequence[Point], limit: float, tone: str) -> Markup:
    """The drawing; `tone` is drift, stable or unsure. Raises ValueError without points."""
    if not points:
        raise ValueError("a course without points")
    begin, end = points[0].at, points[-1].at
    x = Linear(0.0, max((end - begin) / timedelta(seconds=1), 1.0), LEFT, RIGHT)
    low, high = _range(points, limit)
    y = Linear(low, high, BOTTOM, TOP)
    places = [x((one.at - begin) / timedelta(seconds=1)) for one in points]
    parts = [_level(mark, y) for mark in ticks(low, high, 4)]
    parts += [_band(points, places, y, tone), _line(points, places, y), _limit(limit, y)]
    parts += [
        line(LEFT, BOTTOM, RIGHT, BOTTOM, "baseline"),
        words(LEFT, HEIGHT - 14, _clock(begin), "axis"),
        words(RIGHT, HEIGHT - 14, _clock(end), "axis", "end"),
    ]
    return picture(WIDTH, HEIGHT, f"{name}: how much worse, with its interval, look by look", *parts)


def _range(points: Sequence[Point], limit: float) -> tuple[float, float]:
    """About the newest interval and the limit: the first looks know nearly nothing."""
    newest = points[-1]
    ends = [end for end in (newest.low, newest.high, newest.value) if math.isfinite(end)] or [limit]
    width = max(max(ends) - min(ends), abs(limit - ends[0]), 1e-9)
    low = min(*ends, limit, 0.0) - width / 8
    return max(low, min(*ends, limit) - ROOM * width), max(*ends, limit) + width * (ROOM - 2)


def _level(mark: float, y: Linear) -> Markup:
    return join(line(LEFT, y(mark), RIGHT, y(mark), "grid"), words(LEFT - 6, y(mark) + 4, bare(mark), "axis", "end"))


def _band(points: Sequence[Point], places: Sequence[float], y: Linear, tone: str) -> Markup:
    upper = [(place, _within(y, one.high)) for place, one in zip(places, points, strict=True)]
    lower = [(place, _within(y, one.low)) for place, one in zip(places, points, strict=True)]
    if len(points) == 1:
        upper.append((RIGHT, upper[0][1]))
        lower.append((RIGHT, lower[0][1]))
    outline = " ".join(f"{place:.1f},{at:.1f}" for place, at in (*upper, *reversed(lower)))
    return element("polygon", points=outline, class_=f"interval {tone}")


def _line(points: Sequence[Point], places: Sequence[float], y: Linear) -> Markup:
    known = [
        f"{place:.1f} {_within(y, one.value):.1f}"
        for place, one in zip(places, points, strict=True)
        if math.isfinite(one.value)
    ]
    if len(points) == 1 and known:
        known.append(f"{RIGHT:.1f} {_within(y, points[0].value):.1f}")
    return element("path", d="M" + "L".join(known), class_="course") if known else Markup("")


def _within(y: Linear, value: float) -> float:
    """What lies beyond the picture ends at its border."""
    return min(max(y(value) if math.isfinite(value) else (TOP if value > 0 else BOTTOM), TOP), BOTTOM)


def _limit(limit: float, y: Linear) -> Markup:
    text = f"allowed {bare(limit)}"
    return join(
        line(LEFT, y(limit), RIGHT, y(limit), "expected"),
        words(RIGHT - width_of(text, LABEL) / 8, y(limit) - 5, text, "axis halo", "end"),
    )


def _clock(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%d %b %H:%M")
