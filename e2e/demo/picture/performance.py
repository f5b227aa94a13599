"""Whether retraining helped: the same metric of the versions, each figure with its interval."""

from e2e.demo.picture.frame import WIDTH
from e2e.demo.picture.keys import Keys, key_for
from e2e.demo.picture.report import Comparison, Measurement
from leeboard.report.markup import Markup, box, element, join, line, picture, shortened, words
from leeboard.report.scales import Linear, bare, interval, padded, ticks, width_of

LEFT, RIGHT = 330.0, 176.0
ROW, HEAD, FOOT = 46.0, 30.0, 26.0


def comparison(one: Comparison, keys: Keys) -> Markup:
    """One metric, one row for each measurement."""
    ends = [value for m in one.measurements for value in (m.low, m.high)]
    low, high = padded([*ends, *([one.threshold] if one.threshold is not None else [])], 0.12)
    x = Linear(low, high, LEFT, WIDTH - RIGHT)
    bottom = HEAD + ROW * len(one.measurements)
    parts = [
        _head(one),
        *(
            join(
                line(x(mark), HEAD, x(mark), bottom, "grid"), words(x(mark), bottom + 18, bare(mark), "axis", "middle")
            )
            for mark in ticks(low, high, 8)
        ),
        _threshold(one, x, bottom),
        *(_row(m, keys, x, HEAD + ROW * number) for number, m in enumerate(one.measurements)),
    ]
    return picture(WIDTH, bottom + FOOT, f"{one.metric} of the versions", *parts)


def _head(one: Comparison) -> Markup:
    better = "more is better →" if one.higher_is_better else "← less is better"
    return join(
        words(0, 16, one.metric, "metric"),
        words(
            WIDTH - RIGHT if one.higher_is_better else LEFT,
            16,
            better,
            "muted small",
            "end" if one.higher_is_better else "start",
        ),
    )


def _threshold(one: Comparison, x: Linear, bottom: float) -> Markup:
    """The side of drift, shaded."""
    if one.threshold is None:
        return Markup("")
    at = x(one.threshold)
    left, right = (LEFT, at) if one.higher_is_better else (at, WIDTH - RIGHT)
    text, outside = "drift from here", width_of("drift from here", 12)
    anchor = "end" if one.higher_is_better else "start"
    if (at - LEFT if one.higher_is_better else WIDTH - RIGHT - at) < outside:
        anchor = "start" if anchor == "end" else "end"
    return join(
        box(left, HEAD, right - left, bottom - HEAD, "worse"),
        line(at, HEAD - 6, at, bottom, "threshold"),
        words(at + (6 if anchor == "start" else -6), HEAD - 8, text, "small drift-text", anchor),
    )


def _row(m: Measurement, keys: Keys, x: Linear, top: float) -> Markup:
    key, middle = key_for(keys, m.version), top + ROW / 2
    title = element("title", f"{m.version}: {interval(m.value, m.low, m.high)}")
    return join(
        words(0, middle - 3, shortened(m.label, 46), "row-label", title=m.label),
        words(0, middle + 13, shortened(f"{key.label} · {m.note}" if m.note else key.label, 58), "muted small"),
        line(x(m.low), middle, x(m.high), middle, f"whisker {key.stroke}"),
        line(x(m.low), middle - 6, x(m.low), middle + 6, f"cap {key.stroke}"),
        line(x(m.high), middle - 6, x(m.high), middle + 6, f"cap {key.stroke}"),
        element("circle", title, cx=x(m.value), cy=middle, r=7.0, class_=f"point {key.fill}"),
        words(WIDTH, middle + 4, interval(m.value, m.low, m.high), "row-value", "end"),
    )
