"""The figures as a list for programs, and as a block in docs/reference/rollout-speed.md for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.bench_rollout.measuring import Figures
from tests.support.bench_page import table, write_block

BEGIN, END = "<!-- begin of what make bench-rollout wrote -->", "<!-- end of what make bench-rollout wrote -->"
METRICS: tuple[tuple[str, str], ...] = (
    ("all rolled out at once: until the last is, s", "rollout_s"),
    ("… one of them, median, s", "rollout_p50_s"),
    ("… 99th percentile, s", "rollout_p99_s"),
    ("… CPU, s", "rollout_cpu_s"),
    ("… requests for each", "requests_per_rollout"),
    ("nothing happens: requests a minute", "idle_requests_per_minute"),
    ("… CPU, % of one core", "idle_cpu_percent"),
    ("first start: until all have their pods, s", "first_s"),
    ("restart: until all is looked at, s", "restart_s"),
    ("… requests", "restart_requests"),
    ("… CPU, s", "restart_cpu_s"),
    ("resident memory after the rollouts, MiB", "memory_mib"),
    ("… at most, MiB", "memory_peak_mib"),
)


def documents(pairs: Sequence[tuple[Figures, Figures]]) -> list[dict[str, Any]]:
    """A list of {case, metric, ours, peer, peer_version, peer_value, ratio}; the ratio is theirs by ours."""
    return [_entry(ours, theirs, metric) for ours, theirs in pairs for _, metric in METRICS]


def _entry(ours: Figures, theirs: Figures, metric: str) -> dict[str, Any]:
    own, other = (float(getattr(one, metric)) for one in (ours, theirs))
    return {
        "case": f"{ours.n} rollouts",
        "metric": metric,
        "ours": own,
        "peer": theirs.contestant,
        "peer_version": theirs.version,
        "peer_value": other,
        "ratio": round(other / own, 2) if own else None,
    }


def text(pairs: Sequence[tuple[Figures, Figures]], before: str) -> str:
    """Markdown: what it ran on, two columns for each size, and what the requests were."""
    sides = [one for pair in pairs for one in pair]
    head = ["", *(f"{one.n}, {one.contestant} {one.version}" for one in sides)]
    rows = [[title, *(f"{getattr(one, metric):g}" for one in sides)] for title, metric in METRICS]
    return "\n\n".join([before, table(head, rows), *_requests(pairs[-1])])


def _requests(pair: Iterable[Figures]) -> list[str]:
    return [
        f"{one.contestant}, {one.n} rollouts: {', '.join(f'{count} × {name}' for name, count in one.requests.items())}."
        for one in pair
    ]


def write(page: Path, words: str) -> None:
    """Put the text between the two marks of the page. Raises ValueError where they are missing."""
    write_block(page, BEGIN, END, words)
