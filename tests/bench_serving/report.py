"""The figures as a list for programs, and as a block in docs/reference/serving-speed.md for people."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.bench_serving.load import Result
from tests.support.bench_page import processor, write_block

BEGIN, END = "<!-- begin of what make bench-serving wrote -->", "<!-- end of what make bench-serving wrote -->"
LIBRARIES = ("numpy", "scikit-learn", "onnxruntime", "uvloop", "httptools", "msgspec", "uvicorn")
Results = Mapping[str, Mapping[int, Result]]
"""By server and number of connections."""


@dataclass(frozen=True)
class Measured:
    """One case: what every server did, which of them are ours, and the versions of the others."""

    case: str
    results: Results


def entries(measured: Sequence[Measured], ours: Sequence[str], versions: Mapping[str, str]) -> list[dict[str, Any]]:
    """A comparison of the first of ours that took part with every peer, for rate and latency at every load."""
    found: list[dict[str, Any]] = []
    for one in measured:
        own = next((name for name in ours if name in one.results), None)
        if own is None:
            continue
        for peer, results in one.results.items():
            if peer in ours:
                continue
            for connections, result in results.items():
                mine = one.results[own][connections]
                for metric, value, other in (("rate", mine.rate, result.rate), ("p99_ms", mine.p99, result.p99)):
                    entry = {"case": one.case, "metric": f"{metric} at {connections} connections", "ours": value}
                    entry |= {"peer": peer, "peer_version": versions.get(peer, ""), "peer_value": other}
                    found.append(entry | {"ratio": round(value / other, 3) if other else None})
    return found


def tables(measured: Sequence[Measured], ours: Sequence[str]) -> str:
    """Markdown: for each case a row for every server and columns for every load."""
    parts = []
    for one in measured:
        loads = sorted(next(iter(one.results.values())))
        own = next((name for name in ours if name in one.results), None)
        head = ["", *(f"{load} conn., /s" for load in loads), *(f"× at {load}" for load in loads)]
        head += [f"p99 at {load}, ms" for load in loads]
        lines = [_row(head), _row(["---", *["---:"] * (3 * len(loads))])]
        for name, results in one.results.items():
            rates = [f"{results[load].rate:,.0f}" for load in loads]
            ratios = [_ratio(one.results, own, name, load) for load in loads]
            lines.append(_row([name, *rates, *ratios, *(f"{results[load].p99:.2f}" for load in loads)]))
        parts.append("\n".join([f"**{one.case}**", "", *lines]))
    return "\n\n".join(parts)


def machine(versions: Mapping[str, str]) -> str:
    """What it ran on, and with what."""
    own = ", ".join(f"{library} {version(library)}" for library in LIBRARIES)
    others = ", ".join(sorted(f"{peer} {number}" for peer, number in versions.items() if number))
    return (
        f"{os.cpu_count()} cores ({processor()}), the server on one and wrk on the other; load average"
        f" {os.getloadavg()[0]:.1f} before it began. Python {sys.version.split()[0]}, {own}. Peers: {others}."
    )


def write(page: Path, text: str) -> None:
    """Replace the block of the page. Raises ValueError where the page has none."""
    write_block(page, BEGIN, END, text)


def save(path: Path, found: Sequence[Mapping[str, Any]]) -> None:
    """As JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(list(found), indent=2) + "\n", encoding="utf-8")


def _ratio(results: Results, own: str | None, name: str, load: int) -> str:
    if own is None or name == own or not results[name][load].rate:
        return ""
    return f"{results[own][load].rate / results[name][load].rate:.1f}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
