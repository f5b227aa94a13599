"""Who answered how many requests: areas one upon the other, one for each version."""

from collections.abc import Iterator
from dataclasses import dataclass

from e2e.demo.picture.frame import LEFT, RIGHT, WIDTH, Frame
from e2e.demo.picture.keys import Key, Keys, only_served
from e2e.demo.picture.rates import Bin, rates
from e2e.demo.picture.report import Report
from e2e.demo.traffic.state import TrafficState
from leeboard.report.markup import Markup, box, element, join, line, words
from leeboard.report.scales import Linear, bare, count, ticks, width_of

LABEL_SIZE = 15.0


@dataclass(frozen=True)
class Slab:
    """One version's part of one bin, on the page."""

    left: float
    right: float
    top: float
    bottom: float

    @property
    def height(self) -> float:
        """In the units of the page."""
        return self.bottom - self.top


def traffic_chart(report: Report, frame: Frame, keys: Keys, top: float, height: float) -> Markup:
    """Areas, their labels, and the axis of requests a second."""
    bins = rates(report.traffic.seconds, frame)
    highest = max((one.total for one in bins), default=0.0) or 1.0
    marks = ticks(0.0, highest * 1.08, 5)
    y = Linear(0.0, max(marks[-1], highest * 1.08), top + height, top)
    served = only_served(keys, {name for one in bins for name in one.versions})
    slabs = _stacked(bins, served, frame, y)
    parts = [line(LEFT, y(mark), WIDTH - RIGHT, y(mark), "grid") for mark in marks]
    parts += [words(LEFT - 8, y(mark) + 4, bare(mark), "axis", "end") for mark in marks]
    parts.append(words(LEFT - 8, top - 6, "requests per second", "axis strong"))
    parts += [_area(key, slabs[key.name]) for key in served]
    parts.append(_failures(bins, frame, y))
    parts += [_label(key, slabs[key.name]) for key in served]
    parts.append(line(LEFT, y(0), WIDTH - RIGHT, y(0), "baseline"))
    return element("g", *parts)


def hatches(keys: Keys) -> Markup:
    """The patterns of versions that were rolled back."""
    return element("defs", *(_hatch(key) for key in keys.values() if key.rolled_back))


def legend(traffic: TrafficState, keys: Keys) -> Markup:
    """What each colour is, and how many requests it had, as HTML."""
    items = []
    for key in only_served(keys, traffic.totals.versions):
        version = traffic.totals.versions[key.name]
        swatch = element("svg", _swatch(key), width=14.0, height=14.0, class_="swatch", aria_hidden="true")
        answered = f"{count(version.requests - version.failed)} requests"
        latency = f", p99 {version.p99_milliseconds:.0f} ms" if version.p99_milliseconds is not None else ""
        texts = [element("b", key.label), " ", element("code", key.name), " ", answered + latency]
        if key.label == key.name:
            texts = [element("b", key.name), " ", f"{count(version.failed)} failed"]
        items.append(element("li", swatch, *texts))
    return element("ul", *items, class_="legend") if items else Markup("")


def _swatch(key: Key) -> Markup:
    return element("rect", x=0.5, y=0.5, width=13.0, height=13.0, rx=3.0, **_paint(key))


def _paint(key: Key) -> dict[str, str]:
    """Hatched where the version was rolled back: told apart without seeing colours, too."""
    if key.rolled_back:
        return {"fill": f"url(#hatch-{key.colour})", "class_": key.stroke}
    return {"class_": key.fill}


def _stacked(bins: list[Bin], served: list[Key], frame: Frame, y: Linear) -> dict[str, list[Slab | None]]:
    slabs: dict[str, list[Slab | None]] = {key.name: [] for key in served}
    for one in bins:
        below = 0.0
        for key in served:
            rate = one.versions.get(key.name, 0.0)
            slab = Slab(frame.x(one.start), frame.x(one.end), y(below + rate), y(below)) if rate else None
            slabs[key.name].append(slab)
            below += rate
    return slabs


def _runs(slabs: list[Slab | None], least: float = 0.0) -> Iterator[list[Slab]]:
    """Stretches without a gap, of slabs that are at least that high."""
    run: list[Slab] = []
    for slab in [*slabs, None]:
        if slab is not None and slab.height >= least:
            run.append(slab)
        elif run:
            yield run
            run = []


def _area(key: Key, slabs: list[Slab | None]) -> Markup:
    paths = []
    for run in _runs(slabs):
        over = " ".join(f"L{s.left:.1f} {s.top:.1f}L{s.right:.1f} {s.top:.1f}" for s in run)
        under = " ".join(f"L{s.right:.1f} {s.bottom:.1f}L{s.left:.1f} {s.bottom:.1f}" for s in reversed(run))
        paths.append(f"M{over[1:]} {under}Z")
    return element("path", element("title", f"{key.label} {key.name}"), d=" ".join(paths), **_paint(key))


def _label(key: Key, slabs: list[Slab | None]) -> Markup:
    """The version's name where its area is widest, if there is room for it."""
    run = max(_runs(slabs, LABEL_SIZE + 3), key=lambda r: r[-1].right - r[0].left, default=[])
    if not run or run[-1].right - run[0].left < width_of(key.label, LABEL_SIZE) + 6:
        return Markup("")
    middle = run[len(run) // 2]
    x = (run[0].left + run[-1].right) / 2
    class_ = "area-label halo" if key.rolled_back else "area-label"
    return words(x, (middle.top + middle.bottom) / 2 + LABEL_SIZE / 3, key.label, class_, "middle")


def _failures(bins: list[Bin], frame: Frame, y: Linear) -> Markup:
    """Failed requests on top, never thinner than can be seen."""
    parts = []
    for one in bins:
        if one.failed:
            top, bottom = y(one.total), y(one.total - one.failed)
            parts.append(
                box(
                    frame.x(one.start),
                    min(top, bottom - 3),
                    frame.x(one.end) - frame.x(one.start),
                    max(bottom - top, 3),
                    "fill-bad",
                )
            )
    return join(*parts)


def _hatch(key: Key) -> Markup:
    return element(
        "pattern",
        box(0, 0, 7, 7, f"{key.fill} faint"),
        element("line", x1=0.0, y1=0.0, x2=0.0, y2=7.0, class_=f"{key.stroke} hatch"),
        id=f"hatch-{key.colour}",
        width=7.0,
        height=7.0,
        patternUnits="userSpaceOnUse",
        patternTransform="rotate(45)",
    )
