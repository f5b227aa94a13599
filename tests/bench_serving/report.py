"""The figures as a list for programs, and as a block in docs/reference/serving-speed.md for people."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench_serving.h2load import Overload
from tests.bench_serving.load import Result
from tests.bench_serving.paired import Paired
from tests.bench_serving.telling import Telling
from tests.support.bench_page import processor, table, write_block

BEGIN, END = "<!-- begin of what make bench-serving wrote -->", "<!-- end of what make bench-serving wrote -->"
LIBRARIES = ("numpy", "scikit-learn", "onnxruntime", "uvloop", "httptools", "msgspec", "grpcio", "uvicorn", "granian")
Results = Mapping[str, Mapping[int, Result]]
"""By server and number of connections, or by server and rate."""


@dataclass(frozen=True)
class Measured:
    """One case: what every server did."""

    case: str
    results: Results

    def own(self, ours: Sequence[str]) -> str | None:
        """The first of ours that took part: what the others are compared with."""
        return next((name for name in ours if name in self.results), None)


@dataclass(frozen=True)
class Overloaded:
    """A server that was asked twice as much as its `peak`, answers a second."""

    case: str
    server: str
    peak: float
    result: Overload


@dataclass(frozen=True)
class Found:
    """Everything that a run measured."""

    closed: list[Measured] = field(default_factory=list)
    at_rate: list[Measured] = field(default_factory=list)
    overloaded: list[Overloaded] = field(default_factory=list)
    starts: dict[str, list[float]] = field(default_factory=dict)
    """Seconds until it was ready, by server: one for each case."""
    told: list[Telling] = field(default_factory=list)
    """What telling the exporter costs."""


def entries(found: Found, ours: Sequence[str], versions: Mapping[str, str]) -> list[dict[str, Any]]:
    """A comparison of the first of ours that took part with every peer, for rate and latency at every load."""
    compared = list(_compared(found.closed, ours, ("rate", "p99_ms"), "connections"))
    compared += _compared(found.at_rate, ours, ("p50_ms", "p99_ms"), "requests/s")
    for one in found.overloaded:
        compared.append(
            (one.case, "goodput at twice the peak", one.result.goodput, f"{one.server}: its peak", one.peak)
        )
    for cost in found.told:
        at, rate, processor = f"at {cost.connections} connections", cost.rate, cost.processor
        compared.append((cost.case, f"rate {at}, telling", rate.second, "telling nobody", rate.first))
        compared.append((cost.case, f"processor µs {at}, telling", processor.second, "telling nobody", processor.first))
        compared.append((cost.case, f"exporter's processor µs {at}", cost.exporter, "the server's", processor.second))
    return [
        {
            "case": case, "metric": metric, "ours": mine, "peer": peer, "peer_version": versions.get(peer, ""),
            "peer_value": other, "ratio": round(mine / other, 3) if other else None,
        }
        for case, metric, mine, peer, other in compared
    ]  # fmt: skip


def _compared(
    measured: Sequence[Measured], ours: Sequence[str], metrics: Sequence[str], load_in: str
) -> Iterator[tuple[str, str, float, str, float]]:
    for one in measured:
        if (own := one.own(ours)) is None:
            continue
        for peer in one.results.keys() - {own}:
            for load, result in one.results[peer].items():
                mine = one.results[own][load]
                for metric in metrics:
                    name = metric.removesuffix("_ms")
                    values = getattr(mine, name), getattr(result, name)
                    yield one.case, f"{metric} at {load} {load_in}", values[0], peer, values[1]


def text(found: Found, ours: Sequence[str]) -> str:
    """Markdown of everything that was measured."""
    parts = ["### As fast as answers come", *(_closed(one, ours) for one in found.closed)]
    if found.at_rate:
        parts += ["### At a fixed rate", *(_at_rate(one) for one in found.at_rate)]
    if found.overloaded:
        parts += ["### At twice what a server can do", _overloaded(found.overloaded)]
    if found.told:
        parts += ["### What telling the exporter costs", _told(found.told)]
    if found.starts:
        rows = [
            [name, f"{median(many):.1f}", f"{max(many):.1f}", str(len(many))] for name, many in found.starts.items()
        ]
        parts += ["### From its start to Ready", _table("models of all cases", ["", "s", "slowest", "starts"], rows)]
    return "\n\n".join(parts)


def _told(told: Sequence[Telling]) -> str:
    rows = [
        [
            f"{one.case}, {one.connections}", f"{one.rate.first:,.0f}", f"{one.rate.second:,.0f}", _changed(one.rate),
            f"{one.processor.first:.1f}", f"{one.processor.second:.1f}", _changed(one.processor),
            f"{one.exporter:.1f}",
        ]
        for one in told
    ]  # fmt: skip
    head = ["connections", "telling nobody, /s", "telling, /s", "change [95 %]"]
    head += ["telling nobody, µs", "telling, µs", "change [95 %]", "the exporter itself, µs"]
    return _table("answers a second, and the processor's microseconds of the server for one", head, rows)


def _changed(pair: Paired) -> str:
    return f"{_change(pair.ratio)} [{_change(pair.low)}, {_change(pair.high)}]"


def _change(ratio: float) -> str:
    return f"{100 * (ratio - 1):+.1f} %"


def _closed(measured: Measured, ours: Sequence[str]) -> str:
    results, own = measured.results, measured.own(ours)
    loads = sorted(next(iter(results.values()), ()))
    head = ["", *(f"{load} conn., /s" for load in loads), *(f"× at {load}" for load in loads)]
    rows = []
    for name, of in results.items():
        rates = [_rate(of[load]) for load in loads]
        ratios = [_ratio(results, own, name, load) for load in loads]
        rows.append([name, *rates, *ratios, *(f"{of[load].p99:.2f}" for load in loads)])
    return _table(measured.case, [*head, *(f"p99 at {load}, ms" for load in loads)], rows)


def _at_rate(measured: Measured) -> str:
    head = ["", "asked /s", "answered /s", "p50, ms", "p99, ms"]
    rows = [
        [name, f"{rate:,}", _rate(result), f"{result.p50:.2f}", f"{result.p99:.2f}"]
        for name, of in measured.results.items()
        for rate, result in of.items()
    ]
    return _table(measured.case, head, rows)


def _overloaded(overloaded: Sequence[Overloaded]) -> str:
    head = [
        "",
        "peak /s",
        "asked /s",
        "answered /s",
        "of the peak",
        "refused",
        "failed",
        "p99, ms",
        "p99 of refusals, ms",
    ]
    parts = []
    for case in dict.fromkeys(one.case for one in overloaded):
        rows = [
            [
                one.server, f"{one.peak:,.0f}", f"{one.result.asked:,.0f}", f"{one.result.goodput:,.0f}",
                f"{one.result.goodput / one.peak:.0%}", f"{one.result.refused:.0%}", f"{one.result.failed:,}",
                f"{one.result.p99:,.0f}", f"{one.result.refused_p99:,.0f}" if one.result.refused else "",
            ]
            for one in overloaded
            if one.case == case
        ]  # fmt: skip
        parts.append(_table(case, head, rows))
    return "\n\n".join(parts)


def machine(versions: Mapping[str, str]) -> str:
    """What it ran on, and with what."""
    own = ", ".join(f"{library} {version(library)}" for library in LIBRARIES)
    others = ", ".join(sorted({f"{peer} {number}" for peer, number in versions.items() if number}))
    return (
        f"{os.cpu_count()} cores ({processor()}), the server on one, wrk or h2load on the other; load average"
        f" {os.getloadavg()[0]:.1f} before it began. Python {sys.version.split()[0]}, {own}. Peers: {others}."
    )


def write(page: Path, text: str) -> None:
    """Replace the block of the page. Raises ValueError where the page has none."""
    write_block(page, BEGIN, END, text)


def save(path: Path, found: Sequence[Mapping[str, Any]]) -> None:
    """As JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(list(found), indent=2) + "\n", encoding="utf-8")


def _rate(result: Result) -> str:
    return f"{result.rate:,.0f}" + (f" ({result.failed:,} failed)" if result.failed else "")


def _ratio(results: Results, own: str | None, name: str, load: int) -> str:
    if own is None or name == own or not results[name][load].rate:
        return ""
    return f"{results[own][load].rate / results[name][load].rate:.1f}"


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return f"**{title}**\n\n{table(head, rows)}"
