"""`python -m tests.bench_serving`: the server beside its peers, in rounds that take turns; medians and ratios."""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from e2e.support.narrator import Narrator
from tests.bench_serving import report
from tests.bench_serving.cases import CASES, Case
from tests.bench_serving.load import Result, wrk
from tests.bench_serving.peers import PEERS, MLServer, Module, version
from tests.bench_serving.servers import Floor, Ours, Running

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "serving-speed.md"
RESULT = ROOT / "build" / "bench" / "serving.json"
SERVER_CORE, CLIENT_CORE = 0, 1
CONNECTIONS = (1, 16, 64)
WARM_SECONDS, SECONDS, ROUNDS = 1.0, 3.0, 3
Server = Ours | Floor | MLServer | Module
OURS = (
    Ours("onnx", name="Leeboard, as ONNX"),
    Ours("onnx", name="Leeboard, as ONNX, with exporter", exporter=True),
    Ours("sklearn-skops", name="Leeboard, scikit-learn"),
)
SERVERS: tuple[Server, ...] = (*OURS, Floor(), Floor("uvicorn"), *PEERS)


def main() -> int:
    """Measure; the documentation is written where everything was measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench_serving", description=__doc__)
    parser.add_argument("--cases", nargs="+", help="parts of the names of cases; all by default")
    parser.add_argument("--servers", nargs="+", help="parts of the names of servers; all by default")
    parser.add_argument("--connections", type=int, nargs="+", default=list(CONNECTIONS))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of one measurement")
    chosen = parser.parse_args()
    if shutil.which("wrk") is None:
        parser.error("wrk is not installed: apt-get install wrk")
    cases = [one for one in CASES if _wanted(one.name, chosen.cases)]
    servers = [one for one in SERVERS if _wanted(one.name, chosen.servers)]
    versions = {one.name: version(one.peer) for one in servers if isinstance(one, MLServer | Module)}
    told = report.machine(versions)
    measured = _all(cases, servers, chosen)
    ours = [one.name for one in OURS]
    report.save(RESULT, report.entries(measured, ours, versions))
    text = f"{told}\n\n{report.tables(measured, ours)}"
    print(f"\n{text}\n")
    if not chosen.cases and not chosen.servers:
        report.write(PAGE, text)
    return 0


def _wanted(name: str, parts: Sequence[str] | None) -> bool:
    return parts is None or any(part in name for part in parts)


def _all(cases: Sequence[Case], servers: Sequence[Server], chosen: argparse.Namespace) -> list[report.Measured]:
    narrator = Narrator()
    measured = []
    with tempfile.TemporaryDirectory(prefix="leeboard-serving-") as folder:
        for number, case in enumerate(cases, 1):
            with narrator.step(case.name, f"{case.name} ({number} of {len(cases)})"):
                measured.append(report.Measured(case.name, _measure(case, servers, Path(folder), chosen)))
    return measured


def _measure(
    case: Case, servers: Sequence[Server], folder: Path, chosen: argparse.Namespace
) -> dict[str, dict[int, Result]]:
    """The medians of every server that understands the case, by connections."""
    results: dict[str, dict[int, list[Result]]] = {}
    running: list[Running] = []
    try:
        _start(case, servers, folder, running)
        for round_ in range(chosen.rounds):
            for one in running:
                for number in chosen.connections:
                    ask = {"connections": number, "core": CLIENT_CORE}
                    if not round_:
                        wrk(one.url, case, folder, seconds=WARM_SECONDS, **ask)
                    found = wrk(one.url, case, folder, seconds=chosen.seconds, **ask)
                    results.setdefault(one.name, {}).setdefault(number, []).append(found)
    finally:
        for one in running:
            one.close()
    return {name: {number: median(many) for number, many in of.items()} for name, of in results.items()}


def _start(case: Case, servers: Sequence[Server], folder: Path, running: list[Running]) -> None:
    """Start those that understand the case and answer it; what they answer has to be as many rows as were asked."""
    for server in servers:
        if case.binary and not isinstance(server, Ours):
            continue  # none of the others understands the extension over REST
        try:
            one = server.start(case.kind, folder, SERVER_CORE)
        except RuntimeError as error:
            print(f"      left out: {error}", flush=True)
            continue
        running.append(one)
        try:
            answer = one.answers(case)
        except OSError as error:
            print(f"      left out: {one.name} answers {error}", flush=True)
            running.pop().close()
            continue
        if len(answer) != case.rows:
            raise RuntimeError(f"{one.name} answered {case.rows} rows with {len(answer)}")


def median(results: Sequence[Result]) -> Result:
    """The medians of each figure; what failed is counted together."""
    return Result(
        statistics.median(one.rate for one in results),
        statistics.median(one.p50 for one in results),
        statistics.median(one.p99 for one in results),
        sum(one.failed for one in results),
    )


if __name__ == "__main__":
    sys.exit(main())
