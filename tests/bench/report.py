"""The figures as a table for people, and as a block in docs/reference/scale.md."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path

from e2e.cluster.binaries import KUBERNETES
from tests.bench.figures import Figures, growth
from tests.support.bench_page import processor, write_block

BEGIN, END = "<!-- begin of what make bench-scale wrote -->", "<!-- end of what make bench-scale wrote -->"

ROWS: tuple[tuple[str, str], ...] = (
    ("namespaces", "namespaces"),
    ("objects that the operator watches, in the end", "objects"),
    ("first start: until every Model has its pod, s", "first_s"),
    ("… CPU, s", "first_cpu_s"),
    ("… requests", "first_requests"),
    ("restart: until all is looked at, s", "settled_s"),
    ("… CPU, s", "cpu_s"),
    ("… requests", "start_requests"),
    ("requests for an edit of one Model", "requests_per_change"),
    ("requests for a new Model with its version, until it is Ready", "requests_per_model"),
    ("new version to its Deployment, median, s", "p50_first_child_s"),
    ("… 99th percentile, s", "p99_first_child_s"),
    ("resident memory in the end, MiB", "memory_mib"),
    ("… at most, MiB", "memory_peak_mib"),
    ("nothing happens: seconds", "idle_s"),
    ("… requests a minute but watches, lists and Lease", "idle_requests_per_minute"),
    ("… CPU, % of one core", "idle_cpu_percent"),
    ("… pages that one relist asks for", "requests_per_relist"),
)
GROWN = {
    "settled_s": "time of a restart",
    "memory_mib": "memory",
    "cpu_s": "CPU of a restart",
    "requests_per_change": "requests for an edit",
    "p99_first_child_s": "time to the first child",
}


def table(figures: Sequence[Figures]) -> str:
    """Markdown: a column for each size."""
    head = ["Models", *(str(one.n) for one in figures)]
    lines = [_row(head), _row(["---", *["---:"] * len(figures)])]
    for title, name in ROWS:
        lines.append(_row([title, *(f"{getattr(one, name):g}" for one in figures)]))
    return "\n".join(lines)


def grown(figures: Sequence[Figures]) -> str:
    """One line about every exponent; empty where there are not three sizes."""
    found = growth(figures)
    told = [f"{GROWN[name]} {'none' if power is None else power}" for name, power in found.items()]
    return f"Exponents of growth, from {figures[-2].n} to {figures[-1].n} Models: {', '.join(told)}." if told else ""


def requests(figures: Figures) -> str:
    """What the requests were; a watch is counted when it begins and when it ends."""
    told = {
        "for the edits": figures.changes,
        "for the new Models": figures.added,
        f"in {figures.idle_s:.0f} s in which nothing happens": figures.idle,
    }
    return "\n\n".join(
        f"{figures.n} Models, {when}: {', '.join(f'{count} × {name}' for name, count in found.items()) or 'none'}."
        for when, found in told.items()
    )


def machine() -> str:
    """What it ran on."""
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores ({processor()}), on which etcd, kube-apiserver {KUBERNETES}, the controllers, "
        f"the scheduler, KWOK, the bench and the operator ran together; Python {platform.python_version()}; "
        f"load average {load:.1f} before it began."
    )


def write(page: Path, text: str) -> None:
    """Put the text between the two marks of a page. Raises ValueError where they are missing."""
    write_block(page, BEGIN, END, text)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
