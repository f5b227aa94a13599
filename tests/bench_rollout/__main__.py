"""`python -m tests.bench_rollout`: rollouts of many objects at once, by Leeboard and by Argo Rollouts."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from dataclasses import asdict
from pathlib import Path

from e2e.cluster.binaries import binary
from e2e.support.narrator import Narrator
from leeboard import __version__
from tests.bench.cluster import Cluster
from tests.bench.report import machine
from tests.bench_rollout import report
from tests.bench_rollout.argo import ArgoRollouts
from tests.bench_rollout.contestant import Contestant
from tests.bench_rollout.measuring import Figures, measure
from tests.bench_rollout.own import Leeboard

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "rollout-speed.md"
RESULT = ROOT / "build" / "bench" / "rollout.json"
SIZES = (100, 500, 2000)
IDLE_S = 120
LIMIT_MINUTES = 120


def main() -> int:
    """Run the sizes asked for, both controllers one after the other on a new cluster each."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench_rollout", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="numbers of objects, in this order")
    parser.add_argument("--idle", type=int, default=IDLE_S, help="seconds in which nothing happens")
    parser.add_argument("--limit", type=int, default=LIMIT_MINUTES, help="minutes after which it gives up")
    chosen = parser.parse_args()
    # what ends it from outside leaves no server behind either
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    binary("rollouts-controller")
    before = machine()
    pairs = asyncio.run(_all(chosen.sizes, chosen.idle, chosen.limit, Narrator()))
    words = report.text(pairs, before)
    print(f"\n{words}\n")
    if sorted(chosen.sizes) == list(SIZES):
        report.write(PAGE, words)
    return 0


async def _all(sizes: list[int], idle: int, limit: int, narrator: Narrator) -> list[tuple[Figures, Figures]]:
    """Pairs of ours and theirs; what is there already is written down after each size."""
    pairs: list[tuple[Figures, Figures]] = []
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    async with asyncio.timeout(60 * limit):
        for size in sizes:
            ours, theirs = [await _one(one, size, idle, narrator) for one in (Leeboard(__version__), ArgoRollouts())]
            pairs.append((ours, theirs))
            RESULT.write_text(json.dumps(report.documents(pairs), indent=2) + "\n", encoding="utf-8")
    return pairs


async def _one(contestant: Contestant, size: int, idle: int, narrator: Narrator) -> Figures:
    with Cluster() as cluster:
        figures = await measure(contestant, size, idle, cluster, narrator)
    narrator.say(json.dumps(asdict(figures)))
    return figures


if __name__ == "__main__":
    sys.exit(main())
