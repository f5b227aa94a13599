"""What it costs the server to tell an exporter: throughput and processor time with and without one, in pairs.

On two cores an exporter has no core of its own. It has the client's, in what the client leaves of it (SCHED_IDLE): it
never keeps the load from coming, and where it had too little the server would say that it dropped something.
"""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.bench_serving.cases import Case
from tests.bench_serving.load import wrk
from tests.bench_serving.paired import Paired, paired
from tests.bench_serving.servers import Running

CONNECTIONS = (16, 64)
ROUNDS, SECONDS, REST = 40, 1, 0.2
DROPPED = "leeboard_server_observations_dropped_total"


@dataclass(frozen=True)
class Telling:
    """Of a server that tells nobody and then of one that tells an exporter: answers a second, and microseconds of its
    processor for one. `exporter` are microseconds of the exporter's process for a request."""

    case: str
    connections: int
    rate: Paired
    processor: Paired
    exporter: float


@dataclass(frozen=True)
class _Slice:
    rate: float
    processor: float
    exporter: float


def telling(
    silent: Running,
    telling: Running,
    case: Case,
    folder: Path,
    *,
    connections: int,
    core: int,
    told: Callable[[str], None],
) -> Telling:
    """Which of the two comes first changes from round to round; the load comes from `core`.

    Raises RuntimeError where the exporter was not told of everything.
    """
    found: dict[str, list[_Slice]] = {silent.name: [], telling.name: []}
    for round_ in range(ROUNDS):
        told(f"with and without an exporter, round {round_ + 1} of {ROUNDS}, {connections} connections")
        for one in (silent, telling) if round_ % 2 else (telling, silent):
            found[one.name].append(_slice(one, case, folder, connections, core))
    if lost := _dropped(telling):
        raise RuntimeError(f"{telling.name} did not tell of {lost:g} requests: the exporter had too little time")
    first, second = found[silent.name], found[telling.name]
    return Telling(
        case.name,
        connections,
        paired([one.rate for one in first], [one.rate for one in second]),
        paired([one.processor for one in first], [one.processor for one in second]),
        sum(one.exporter for one in second) / len(second),
    )


def _slice(one: Running, case: Case, folder: Path, connections: int, core: int) -> _Slice:
    before = one.cpu_seconds(), one.companion_cpu_seconds()
    result = wrk(one.url, case, folder, connections=connections, seconds=SECONDS, core=core)
    # what was collected is told, and counted, within it
    time.sleep(REST)
    after = one.cpu_seconds(), one.companion_cpu_seconds()
    server, exporter = (
        1e6 * (end - begin) / max(1.0, result.rate * SECONDS) for begin, end in zip(before, after, strict=True)
    )
    return _Slice(result.rate, server, exporter)


def _dropped(one: Running) -> float:
    address = one.url.partition("/v2/")[0]
    with urllib.request.urlopen(f"{address}/metrics", timeout=10) as answer:  # noqa: S310 - loopback
        families = text_string_to_metric_families(answer.read().decode())
        return sum(sample.value for family in families for sample in family.samples if sample.name == DROPPED)
