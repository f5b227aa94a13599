"""A distribution in reference and window: the share of each bin, side by side."""

import itertools
import math
from dataclasses import dataclass

from leeboard.report.feature import Feature
from leeboard.report.markup import Markup, box, element, join, line, picture, shortened, words
from leeboard.report.scales import Linear, bare, ticks, width_of

WIDTH, HEIGHT = 328.0, 172.0
LEFT, RIGHT = 34.0, 300.0
TOP, BOTTOM = 10.0, 148.0
MOST_CATEGORIES = 7
UNSEEN = "not in the reference"
LABEL = 11.5
UNEVEN = 2.0
"""A bin with more than so many equal shares: one number that many rows have in common."""
PEAK = 3.0
"""So many times its share of the reference, and an equal share, is worth words."""


@dataclass(frozen=True)
class Bar:
    """One bin: shares from 0 to 1, and the ends of the bin or the name of the category, or of several together."""

    reference: float
    window: float
    low: float = -math.inf
    high: float = math.inf
    name: str = ""
    several: bool = False

    @property
    def point(self) -> bool:
        """Whether the bin holds a single number, as one that many rows have in common does."""
        return self.high == math.nextafter(self.low, math.inf)


def bars(feature: Feature) -> Markup:
    """The drawing of one input, numbers upright and categories lying."""
    if feature.edges is not None:
        return _numeric(feature, numeric_bars(feature))
    return _categorical(feature, categorical_bars(feature))


def numeric_bars(feature: Feature) -> list[Bar]:
    """The bins in their order, without those that are empty on both sides."""
    edges = (-math.inf, *(feature.edges or ()), math.inf)
    shares = zip(_shares(feature.reference), _shares(feature.window), strict=True)
    found = [Bar(before, after, edges[i], edges[i + 1]) for i, (before, after) in enumerate(shares)]
    return [bar for bar in found if bar.reference or bar.window]


def categorical_bars(feature: Feature) -> list[Bar]:
    """The categories that moved most, the more frequent first; then all others together, and what is new."""
    before, after = _shares(feature.reference), _shares(feature.window)
    known = [Bar(before[i], after[i], name=name) for i, name in enumerate(feature.categories or ())]
    moved = sorted(known, key=lambda bar: -abs(bar.window - bar.reference))
    shown, others = moved[:MOST_CATEGORIES], moved[MOST_CATEGORIES:]
    shown.sort(key=lambda bar: -bar.reference)
    if others:
        total = (sum(bar.reference for bar in others), sum(bar.window for bar in others))
        shown.append(Bar(*total, name=f"{len(others)} others", several=True))
    if after[-1] or before[-1]:
        shown.append(Bar(before[-1], after[-1], name=UNSEEN))
    return shown


def _shares(counts: tuple[int, ...]) -> list[float]:
    total = sum(counts)
    return [value / total if total else 0.0 for value in counts]


def _numeric(feature: Feature, found: list[Bar]) -> Markup:
    highest = max((max(bar.reference, bar.window) for bar in found), default=0.1)
    y = Linear(0.0, highest * 1.08, BOTTOM, TOP)
    x = Linear(0.0, float(len(found)), LEFT, RIGHT)
    width = (x(1) - x(0)) * 0.42
    parts = []
    for mark in ticks(0.0, highest * 1.08, 3):
        parts.append(line(LEFT, y(mark), RIGHT, y(mark), "grid"))
        parts.append(words(LEFT - 6, y(mark) + 4, f"{bare(100 * mark)} %", "axis", "end"))
    for number, bar in enumerate(found):
        middle = (x(number) + x(number + 1)) / 2
        title = element("title", f"{_range(bar)}: {100 * bar.reference:.1f} % → {100 * bar.window:.1f} %")
        parts.append(box(middle - width, y(bar.reference), width, BOTTOM - y(bar.reference), "reference", title))
        parts.append(box(middle, y(bar.window), width, BOTTOM - y(bar.window), "window", title))
    parts += [_equal(found, y), _peak(found, x, y), line(LEFT, BOTTOM, RIGHT, BOTTOM, "baseline")]
    parts.append(_edges(feature, found, x))
    return picture(WIDTH, HEIGHT, f"{feature.name}: share of each bin in reference and window", *parts)


def _equal(found: list[Bar], y: Linear) -> Markup:
    """Where the bins hold about equal shares of the reference, every departure from this line is a change."""
    filled = [bar.reference for bar in found if bar.reference]
    if not filled or max(filled) > UNEVEN / len(filled):
        return Markup("")
    at = y(1 / len(filled))
    return join(line(LEFT, at, RIGHT, at, "equal"), words(RIGHT + 5, at + 4, f"1/{len(filled)}", "axis"))


def _peak(found: list[Bar], x: Linear, y: Linear) -> Markup:
    """In words what one bin says alone, where it holds several times its share."""
    number, bar = max(enumerate(found), key=lambda item: item[1].window, default=(0, Bar(0.0, 0.0)))
    if not bar.window or bar.window < PEAK * max(bar.reference, 1 / len(found)):
        return Markup("")
    text, middle = f"{100 * bar.window:.0f} %: {_range(bar)}", (x(number) + x(number + 1)) / 2
    left = middle > (LEFT + RIGHT) / 2
    edge = middle - 6 if left else x(number + 1) + 4
    return words(edge, y(bar.window) + 14, text, "peak halo", "end" if left else "start")


def _edges(feature: Feature, found: list[Bar], x: Linear) -> Markup:
    """As many of the bins' ends as there is room for: under a bin's border, or its middle where it is one number."""
    whole = bool(feature.reference) and feature.reference[0] == 0 and not any(bar.point for bar in found)
    marks = [
        (x(number + 0.5) if whole or bar.point else x(number), bare(bar.low, 3))
        for number, bar in enumerate(found)
        # the bin after a single number begins at the same number
        if math.isfinite(bar.low) and (bar.point or not (number and found[number - 1].point))
    ]
    for stride in range(1, len(marks) + 1):
        shown = marks[::stride]
        ends = [(at - width_of(text, LABEL) / 2, at + width_of(text, LABEL) / 2) for at, text in shown]
        if all(left[1] + 5 < right[0] for left, right in itertools.pairwise(ends)):
            break
    else:
        shown = []
    return join(
        *(words(at, BOTTOM + 16, text, "axis", "middle") for at, text in shown),
        *(line(at, BOTTOM, at, BOTTOM + 4, "tick") for at, _ in shown),
    )


def _range(bar: Bar) -> str:
    if bar.point:
        return bare(bar.low, 3)
    if not math.isfinite(bar.low):
        return f"below {bare(bar.high, 3)}"
    return (
        f"{bare(bar.low, 3)} and more" if not math.isfinite(bar.high) else f"{bare(bar.low, 3)} to {bare(bar.high, 3)}"
    )


def _categorical(feature: Feature, found: list[Bar]) -> Markup:
    names = [shortened(bar.name, 20) for bar in found]
    left = min(max((width_of(name, LABEL) for name in names), default=0.0) + 10, 130.0)
    highest = max((max(bar.reference, bar.window) for bar in found if not bar.several), default=0.0) or 1.0
    x = Linear(0.0, highest, left, WIDTH - 70)
    row = min((HEIGHT - 10) / max(len(found), 1), 26.0)
    rows = [_category(bar, name, x, 4 + row * n, row) for n, (bar, name) in enumerate(zip(found, names, strict=True))]
    rows.append(line(left, 2, left, 4 + row * len(found), "baseline"))
    return picture(WIDTH, HEIGHT, f"{feature.name}: share of each category in reference and window", *rows)


def _category(bar: Bar, name: str, x: Linear, top: float, row: float) -> Markup:
    """One row; what several categories have together is not drawn beside those that have it alone."""
    left, thick, text = x(0), row * 0.38, f"{100 * bar.reference:.0f} → {100 * bar.window:.0f} %"
    end = left if bar.several else x(max(bar.reference, bar.window))
    parts = [
        words(left - 8, top + row / 2 + 4, name, "category", "end", title=bar.name),
        words(end + 6, top + row / 2 + 4, text, "axis"),
    ]
    if not bar.several:
        parts.append(box(left, top + row * 0.12, x(bar.reference) - left, thick, "reference"))
        parts.append(box(left, top + row * 0.12 + thick, x(bar.window) - left, thick, "window"))
    return join(*parts)
