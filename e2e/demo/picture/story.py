"""What happened, on one clock: moments, traffic, what the traffic was made of, and the steps."""

from collections.abc import Sequence

from e2e.demo.picture.frame import RIGHT, WIDTH, Frame
from e2e.demo.picture.keys import Keys
from e2e.demo.picture.report import Moment, Report, Step
from e2e.demo.picture.traffic_chart import hatches, traffic_chart
from leeboard.report.markup import Markup, box, element, join, line, picture, shortened, words
from leeboard.report.scales import duration, width_of

LANE, TRAFFIC, STRIP, ROW = 20.0, 190.0, 24.0, 25.0
TEXT = 12.5


def story(report: Report, keys: Keys) -> Markup:
    """The whole figure, as wide as the page."""
    frame = Frame.of(report)
    lanes = _lanes(report.moments, frame)
    top = LANE * (max(lanes, default=-1) + 1) + 24
    strip = top + TRAFFIC + 8
    axis = strip + (STRIP if report.traffic.segments else 0) + 14
    rows = axis + 12
    bottom = rows + ROW * len(report.steps)
    parts = [
        hatches(keys),
        frame.grid(top, bottom),
        traffic_chart(report, frame, keys, top, TRAFFIC),
        _segments(report, frame, strip),
        frame.axis(axis),
        *(_moment(one, lane, frame, top + TRAFFIC) for one, lane in zip(report.moments, lanes, strict=True)),
        *(_step(one, frame, rows + ROW * number) for number, one in enumerate(report.steps)),
    ]
    return picture(WIDTH, bottom + 4, "Requests per second by version, and the steps, over time", *parts)


def _lanes(moments: Sequence[Moment], frame: Frame) -> list[int]:
    """For each moment the lowest line of text on which its words touch no others."""
    ends: list[float] = []
    lanes = []
    for moment in moments:
        left, right = _extent(moment, frame)
        lane = next((number for number, end in enumerate(ends) if end < left), len(ends))
        ends[lane : lane + 1] = [right + 10]
        lanes.append(lane)
    return lanes


def _extent(moment: Moment, frame: Frame) -> tuple[float, float]:
    """Left and right end of a moment's words: right of its line, or left of it where the page ends."""
    x, width = frame.at(moment.time), width_of(moment.text, TEXT) + 12
    return (x, x + width) if x + width <= WIDTH - RIGHT + 10 else (x - width, x)


def _moment(moment: Moment, lane: int, frame: Frame, bottom: float) -> Markup:
    x, y = frame.at(moment.time), LANE * lane + 8
    left, _ = _extent(moment, frame)
    place = (x + 9, "start") if left >= x else (x - 9, "end")
    kind = moment.kind.lower()
    return join(
        line(x, y, x, bottom, "under"),
        line(x, y, x, bottom, f"moment {kind}"),
        element("circle", cx=x, cy=y, r=4.5, class_=f"dot {kind}"),
        words(place[0], y + 4, moment.text, f"moment-text {kind}", place[1]),
    )


def _segments(report: Report, frame: Frame, y: float) -> Markup:
    parts = []
    for number, segment in enumerate(report.traffic.segments):
        left, right = frame.at(segment.start), frame.at(segment.end or report.end)
        room = int((right - left - 12) / (TEXT * 0.55))
        parts.append(
            box(left, y, right - left - 1, STRIP - 6, f"segment s{number % 2}", element("title", segment.name))
        )
        if room > 3:
            parts.append(words(left + 7, y + 13, shortened(segment.name, room), "segment-text"))
    return join(*parts)


def _step(step: Step, frame: Frame, y: float) -> Markup:
    """A bar with its words on the side where there is more room, shortened where there is not enough."""
    left, right = frame.at(step.start), frame.at(step.end)
    took = duration((step.end - step.start).total_seconds())
    text = step.title if step.succeeded else f"✗ {step.title}"
    width = width_of(f"{text}  {took}", TEXT)
    before, after = left - 8, WIDTH - right - 8
    at, anchor, room = (right + 8, "start", after) if width <= after or after >= before else (left - 8, "end", before)
    if width > room:
        text = shortened(text, max(int(len(text) * room / width) - 2, 8))
    return join(
        box(left, y + 5, max(right - left, 3), ROW - 12, "step" if step.succeeded else "step failed", radius=3.5),
        element(
            "text",
            text,
            " ",
            element("tspan", took, class_="muted"),
            element("title", step.title),
            x=at,
            y=y + 16,
            class_="step-text",
            text_anchor=anchor,
        ),
    )
