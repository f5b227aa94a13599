"""`python -m tests.bench`: thousands of Models on one API server; ends with 1 where something grows too fast."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path

from e2e.support.narrator import Narrator
from tests.bench import report
from tests.bench.cluster import Cluster
from tests.bench.figures import Figures, growth, superlinear
from tests.bench.scenario import PER_NAMESPACE, Size, measure

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "scale.md"
RESULT = ROOT / "build" / "bench" / "scale.json"
SIZES = (100, 500, 2000)
CROWDED = 500
"""So many Models are measured once more in a single namespace."""
IDLE_S, LONG_IDLE_S = 40, 300
LIMIT_MINUTES = 45


def main() -> int:
    """Run the sizes asked for; the figures of all of them go into the documentation."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="numbers of Models, in this order")
    parser.add_argument("--crowded", type=int, default=CROWDED, help="Models in one namespace; 0 leaves it out")
    parser.add_argument("--idle", type=int, default=LONG_IDLE_S, help="seconds of the greatest size's idle stretch")
    parser.add_argument("--limit", type=int, default=LIMIT_MINUTES, help="minutes after which it gives up")
    chosen = parser.parse_args()
    # what ends it from outside leaves no server behind either
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    largest = max(chosen.sizes)
    sizes = [_size(models, chosen.idle if models == largest else IDLE_S) for models in chosen.sizes]
    if chosen.crowded:
        sizes.append(Size(chosen.crowded, 1, IDLE_S, IDLE_S // 2))
    machine = report.machine()
    figures = asyncio.run(_all(sizes, chosen.limit, Narrator()))
    figures.sort(key=lambda one: (one.n, -one.namespaces))
    spread = [one for one in figures if one.namespaces == _size(one.n, 0).namespaces]
    text = _text(machine, figures, spread)
    print(f"\n{text}\n")
    if sorted(chosen.sizes) == list(SIZES):
        report.write(PAGE, text)
    return _verdict(spread)


def _size(models: int, idle_s: int) -> Size:
    return Size(models, max(1, models // PER_NAMESPACE), idle_s, max(30, idle_s // 2))


async def _all(sizes: list[Size], limit: int, narrator: Narrator) -> list[Figures]:
    """The figures of every size; what is there already is written down after each."""
    figures: list[Figures] = []
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    async with asyncio.timeout(60 * limit):
        for size in sizes:
            with Cluster() as cluster:
                figures.append(await measure(size, cluster, narrator))
            narrator.block(report.table(figures[-1:]))
            documents = [one.document() for one in sorted(figures, key=lambda one: one.n)]
            RESULT.write_text(json.dumps(documents, indent=2) + "\n", encoding="utf-8")
    return figures


def _text(machine: str, figures: list[Figures], spread: list[Figures]) -> str:
    parts = [machine, report.table(figures), report.grown(spread), report.requests(figures[-1])]
    return "\n\n".join(part for part in parts if part)


def _verdict(spread: list[Figures]) -> int:
    busy = [one for one in spread if one.idle_requests_per_minute > 0]
    for one in busy:
        print(f"{one.n} Models send requests although nothing happens: {one.idle}", file=sys.stderr)
    for name in (fast := superlinear(growth(spread))):
        print(f"{report.GROWN[name]} grows faster than the number of Models", file=sys.stderr)
    return 1 if fast or busy else 0


if __name__ == "__main__":
    sys.exit(main())
