"""How a share went over the window: slice by slice, beside what the reference has, and the rows of each slice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from leeboard.report.markup import Markup, box, element, join, line, picture, words
from leeboard.report.scales import Linear, bare, count, ticks, width_of

WIDTH, HEIGHT = 1000.0, 150.0
LEFT, RIGHT = 42.0, 996.0
TOP, BOTTOM, FLOOR = 14.0, 96.0, 128.0
LABEL = 11.5
MOST_SLICES = 180


@dataclass(frozen=True)
class Slice:
    """Rows that were counted from `start` on, how many of them are of what is drawn, and the share of it in the
    reference, 0 to 1."""

    start: datetime
    hits: int
    rows: int
    expected: float

    @property
    def share(self) -> float:
        """0 to 1."""
        return self.hits / self.rows if self.rows else 0.0


@dataclass(frozen=True)
class Timeline:
    """Of one input; `since` is when a change began, where one did."""

    name: str
    slices: Sequence[Slice]
    end: datetime
    since: datetime | None = None


def coarse(slices: Sequence[Slice], most: int = MOST_SLICES) -> list[Slice]:
    """Neighbours put together, so that there are no more than `most`."""
    size = -(-len(slices) // most)
    return [_together(part) for part in (slices[at : at + size] for at in range(0, len(slices), size))]


def _together(part: Sequence[Slice]) -> Slice:
    rows = sum(one.rows for one in part)
    weights = [one.rows if rows else 1 for one in part]
    expected = sum(one.expected * weight for one, weight in zip(part, weights, strict=True)) / sum(weights)
    return Slice(part[0].start, sum(one.hits for one in part), rows, expected)


def timeline(told: Timeline) -> Markup:
    """The drawing. Raises ValueError without slices."""
    slices = coarse(told.slices)
    if not slices:
        raise ValueError("a timeline without slices")
    begin = slices[0].start
    x = Linear(0.0, max((told.end - begin) / timedelta(seconds=1), 1.0), LEFT, RIGHT)
    highest = max(max(one.share, one.expected) for one in slices) * 1.15 or 1.0
    y = Linear(0.0, highest, BOTTOM, TOP)
    places = [x((one.start - begin) / timedelta(seconds=1)) for one in slices] + [RIGHT]
    parts = [_level(mark, y) for mark in ticks(0.0, highest, 3)]
    parts.append(_expected(slices, places, y))
    parts += [_rows(slices, places), _course(slices, places, y), line(LEFT, FLOOR, RIGHT, FLOOR, "baseline")]
    if told.since is not None:
        parts.append(_mark(told.since, x((told.since - begin) / timedelta(seconds=1))))
    parts += [
        words(LEFT, HEIGHT - 6, _clock(begin), "axis"),
        words(RIGHT, HEIGHT - 6, _clock(told.end), "axis", "end"),
    ]
    return picture(WIDTH, HEIGHT, f"{told.name}: share of what gained, over the window", *parts)


def _level(mark: float, y: Linear) -> Markup:
    return join(
        line(LEFT, y(mark), RIGHT, y(mark), "grid"),
        words(LEFT - 6, y(mark) + 4, f"{bare(100 * mark)} %", "axis", "end"),
    )


def _expected(slices: Sequence[Slice], places: Sequence[float], y: Linear) -> Markup:
    """A line of steps; one level where the same is expected of all slices."""
    path = f"M{places[0]:.1f} {y(slices[0].expected):.1f}"
    for number, one in enumerate(slices):
        path += f"V{y(one.expected):.1f}H{places[number + 1]:.1f}"
    return element("path", d=path, class_="expected")


def _course(slices: Sequence[Slice], places: Sequence[float], y: Linear) -> Markup:
    """A line of steps; slices without rows leave a gap."""
    path, drawing = [], False
    for number, one in enumerate(slices):
        if one.rows:
            path.append(f"{'L' if drawing else 'M'}{places[number]:.1f} {y(one.share):.1f}H{places[number + 1]:.1f}")
        drawing = bool(one.rows)
    return element("path", d="".join(path), class_="course")


def _rows(slices: Sequence[Slice], places: Sequence[float]) -> Markup:
    most = max(one.rows for one in slices) or 1
    height = Linear(0.0, float(most), 0.0, FLOOR - BOTTOM - 10)
    return join(
        *(
            box(
                places[number],
                FLOOR - height(one.rows),
                places[number + 1] - places[number] - 0.6,
                height(one.rows),
                "reference",
                element("title", f"{_clock(one.start)}: {count(one.rows)} rows, {100 * one.share:.1f} %"),
            )
            for number, one in enumerate(slices)
        )
    )


def _mark(since: datetime, at: float) -> Markup:
    text = f"since {_clock(since)}"
    left = at + 5 + width_of(text, LABEL) > RIGHT
    return join(
        line(at, TOP - 8, at, FLOOR, "since"),
        words(at - 5 if left else at + 5, TOP - 2, text, "peak halo", "end" if left else "start"),
    )


def _clock(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%d %b %H:%M")
