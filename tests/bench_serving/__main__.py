"""`python -m tests.bench_serving`: the server beside its peers, in rounds that take turns; medians and ratios."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from e2e.cluster import packages
from e2e.support.narrator import Narrator
from tests.bench_serving import report
from tests.bench_serving.cases import BY_GRPC, CASES, FIXED_RATE, OVERLOADED, Case
from tests.bench_serving.load import Result
from tests.bench_serving.measuring import CLIENT_CORE, Bench, Server, started
from tests.bench_serving.peers import BEST, PEERS, MLServer, Module
from tests.bench_serving.report import Found, Measured, Overloaded
from tests.bench_serving.servers import Floor, Ours, Running
from tests.bench_serving.telling import CONNECTIONS as TELLING_CONNECTIONS
from tests.bench_serving.telling import telling
from tests.support.peer_environments import version

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "serving-speed.md"
RESULT = ROOT / "build" / "bench" / "serving.json"
CONNECTIONS = (1, 16, 64)
SECONDS, ROUNDS = 1, 3
OURS = (
    Ours("onnx", name="Leeboard, as ONNX"),
    Ours("onnx", name="Leeboard, as ONNX, with exporter", exporter=True),
    Ours("sklearn-skops", name="Leeboard, scikit-learn"),
)
FLOORS = (Floor(), Floor("uvicorn"), Floor("granian"), Floor(format="onnx"))
SERVERS: tuple[Server, ...] = (*OURS, *FLOORS, *PEERS)
ONE_ROW = frozenset({"bare handler on uvicorn", "bare handler on granian", "MLServer as shipped, on both cores"})
PACKAGES = {"wrk": "wrk", "h2load": "nghttp2-client"}
"""Debian's, of the programs that make the load."""
AT_RATE, TOO_MANY = 16, 2000
"""Connections of the run at a fixed rate, and of that beyond what a server can do."""


def main() -> int:
    """Measure; the documentation is written where everything was measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench_serving", description=__doc__)
    parser.add_argument("--cases", nargs="+", help="parts of the names of cases; all by default")
    parser.add_argument("--servers", nargs="+", help="parts of the names of servers; all by default")
    parser.add_argument("--connections", type=int, nargs="+", default=list(CONNECTIONS))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=int, default=SECONDS, help="of one measurement")
    chosen = parser.parse_args()
    try:
        _load_generators()
    except (packages.NotInstalled, OSError) as error:
        parser.error(f"wrk and h2load are needed (apt-get install {' '.join(PACKAGES.values())}): {error}")
    cases = [one for one in CASES if _wanted(one.name, chosen.cases)]
    servers = [one for one in SERVERS if _wanted(one.name, chosen.servers)]
    versions = {one.name: version(one.peer) for one in servers if isinstance(one, MLServer | Module)}
    told = report.machine(versions)
    ours, found = [one.name for one in OURS], Found()
    for _ in _each(cases, servers, chosen, found):
        report.save(RESULT, report.entries(found, ours, versions))
    text = f"{told}\n\n{report.text(found, ours)}"
    print(f"\n{text}\n")
    if not chosen.cases and not chosen.servers:
        report.write(PAGE, text)
    return 0


def _load_generators() -> None:
    """Install those that are not there. Raises NotInstalled, and OSError on a machine without apt."""
    packages.install([package for program, package in PACKAGES.items() if shutil.which(program) is None])


def _wanted(name: str, parts: Sequence[str] | None) -> bool:
    return parts is None or any(part in name for part in parts)


def _each(cases: Sequence[Case], servers: Sequence[Server], chosen: argparse.Namespace, found: Found) -> Iterator[None]:
    """Measure one case after the other, and add what was found."""
    narrator = Narrator()
    with tempfile.TemporaryDirectory(prefix="leeboard-serving-") as folder:
        bench = Bench(Path(folder), chosen.connections, chosen.rounds, chosen.seconds, narrator.detail)
        for number, case in enumerate(cases, 1):
            with (
                narrator.step(case.name, f"{case.name} ({number} of {len(cases)})"),
                started(case, _able(servers, case), bench.folder) as running,
            ):
                _measure(bench, case, running, found)
            yield


def _able(servers: Sequence[Server], case: Case) -> list[Server]:
    """Those that are asked: with requests of many rows the stack no longer matters, nor a second core."""
    return [one for one in servers if case.rows == 1 or one.name not in ONE_ROW]


def _measure(bench: Bench, case: Case, running: Sequence[Running], found: Found) -> None:
    for one in running:
        found.starts.setdefault(one.name, []).append(one.ready_s)
    closed = bench.rest(running, case)
    found.closed.append(Measured(case.name, closed))
    if case in BY_GRPC:
        found.closed.append(Measured(f"{case.name[:-4]}gRPC", bench.grpc(running, case)))
    if case in FIXED_RATE and (rate := _half_of_the_best(closed)):
        found.at_rate.append(Measured(case.name, bench.at_rate(running, case, rate, AT_RATE)))
    beside = {one.name: one for one in running}
    silent, with_exporter = (beside.get(server.name) for server in OURS[:2])
    if case in FIXED_RATE and silent and with_exporter:
        for connections in TELLING_CONNECTIONS:
            found.told.append(
                telling(
                    silent, with_exporter, case, bench.folder,
                    connections=connections, core=CLIENT_CORE, told=bench.told,
                )
            )  # fmt: skip
    if case in OVERLOADED:
        own = {server.name for server in (*OURS, *FLOORS)}
        for one in [one for one in running if one.name in own]:
            peak = max(result.rate for result in closed[one.name].values())
            overload = bench.overload(one, case, 2 * peak, TOO_MANY)
            found.overloaded.append(Overloaded(case.name, one.name, peak, overload))


def _half_of_the_best(closed: Mapping[str, Mapping[int, Result]]) -> float:
    """Half of what MLServer in its best configuration answers: a rate at which every server but the slowest rests."""
    best = next(one.name for one in PEERS if isinstance(one, MLServer) and one.settings == BEST)
    return max((result.rate for result in closed.get(best, {}).values()), default=0) / 2


if __name__ == "__main__":
    sys.exit(main())
