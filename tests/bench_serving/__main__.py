"""`python -m tests.bench_serving`: the server beside its peers, in rounds that take turns; medians and ratios."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from e2e.support.narrator import Narrator
from tests.bench_serving.cases import CASES, Case
from tests.bench_serving.load import Result, wrk
from tests.bench_serving.peers import PEERS, MLServer, Module
from tests.bench_serving.servers import Floor, Ours, Running

ROOT = Path(__file__).resolve().parents[2]
SERVER_CORE, CLIENT_CORE = 0, 1
CONNECTIONS = (1, 16, 64)
WARM_SECONDS, SECONDS, ROUNDS = 1.0, 3.0, 3
Server = Ours | Floor | MLServer | Module


def main() -> int:
    """Measure; 1 where a server answered wrongly or not at all."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench_serving", description=__doc__)
    parser.add_argument("--cases", nargs="+", default=[case.name for case in CASES], help="names of cases")
    parser.add_argument("--connections", type=int, nargs="+", default=list(CONNECTIONS))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--servers", nargs="+", help="names of servers; all by default")
    chosen = parser.parse_args()
    cases = [case for case in CASES if case.name in chosen.cases]
    servers: list[Server] = [
        Ours("onnx", name="Leeboard, ONNX"),
        Ours("sklearn-skops", name="Leeboard"),
        Floor(),
        Floor("uvicorn"),
        *PEERS,
    ]
    servers = [one for one in servers if not chosen.servers or one.name in chosen.servers]
    narrator = Narrator()
    found: dict[str, dict[str, dict[int, Result]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for case in cases:
            with narrator.step(case.name, case.name):
                found[case.name] = measure(
                    case,
                    servers,
                    Path(folder),
                    connections=chosen.connections,
                    rounds=chosen.rounds,
                    seconds=chosen.seconds,
                )
                for name, results in found[case.name].items():
                    shown = ", ".join(f"{n}: {one.rate:,.0f}/s p99 {one.p99:.2f} ms" for n, one in results.items())
                    print(f"      {name:28} {shown}")
    target = ROOT / "build" / "bench" / "serving-raw.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(
        json.dumps(
            {
                case: {name: {n: vars(one) for n, one in results.items()} for name, results in of.items()}
                for case, of in found.items()
            },
            indent=2,
        )
    )
    return 0


def measure(
    case: Case,
    servers: Sequence[Server],
    folder: Path,
    *,
    connections: Sequence[int],
    rounds: int,
    seconds: float,
) -> dict[str, dict[int, Result]]:
    """The medians of every server that can answer this case, by connections."""
    results: dict[str, dict[int, list[Result]]] = {}
    running: list[Running] = []
    try:
        for server in servers:
            if case.binary and not isinstance(server, Ours):
                continue
            try:
                running.append(server.start(case.kind, folder, SERVER_CORE))
            except RuntimeError as error:
                print(f"      {server.name}: {error}")
        for round_ in range(rounds):
            for one in running:
                for number in connections:
                    if not round_:
                        wrk(one.url, case, folder, connections=number, seconds=WARM_SECONDS, core=CLIENT_CORE)
                    result = wrk(one.url, case, folder, connections=number, seconds=seconds, core=CLIENT_CORE)
                    results.setdefault(one.name, {}).setdefault(number, []).append(result)
    finally:
        for one in running:
            one.close()
    return {name: {number: median(many) for number, many in of.items()} for name, of in results.items()}


def median(results: Sequence[Result]) -> Result:
    """The medians of each figure; what failed is counted together."""
    return Result(
        statistics.median(one.rate for one in results),
        statistics.median(one.p50 for one in results),
        statistics.median(one.p99 for one in results),
        sum(one.failed for one in results),
    )


if __name__ == "__main__":
    if subprocess.run(["which", "wrk"], capture_output=True, check=False).returncode:
        sys.exit("wrk is not installed: apt-get install wrk")
    sys.exit(main())
