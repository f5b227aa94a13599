"""Starts the servers of a case, and measures them in rounds in which they take turns."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc

from tests.bench_serving import h2load
from tests.bench_serving.cases import Case
from tests.bench_serving.grpc_calls import message, rows_answered
from tests.bench_serving.h2load import Overload
from tests.bench_serving.load import Result, wrk
from tests.bench_serving.peers import MLServer, Module
from tests.bench_serving.servers import Floor, Ours, Running

SERVER_CORE, CLIENT_CORE = 0, 1
WARM_SECONDS = 1.0
Server = Ours | Floor | MLServer | Module
Measure = Callable[[Running, int, float], Result]
"""What asks a server over so many connections for so many seconds."""


@dataclass(frozen=True)
class Bench:
    """How long and how often."""

    folder: Path
    connections: Sequence[int]
    rounds: int
    seconds: int
    told: Callable[[str], None] = print
    """Hears what is being measured."""

    def rest(self, running: Sequence[Running], case: Case) -> dict[str, dict[int, Result]]:
        """REST in a closed loop, by wrk: the medians by server and number of connections."""

        def ask(one: Running, connections: int, seconds: float) -> Result:
            return wrk(one.url, case, self.folder, connections=connections, seconds=seconds, core=CLIENT_CORE)

        return self._in_turns(running, ask)

    def grpc(self, running: Sequence[Running], case: Case) -> dict[str, dict[int, Result]]:
        """gRPC in a closed loop, of the servers that answer so."""
        asked = message(case)
        able = [one for one in running if one.grpc and _answers_by_grpc(one, asked, case.rows)]

        def ask(one: Running, connections: int, seconds: float) -> Result:
            address = f"127.0.0.1:{one.grpc}"
            return h2load.grpc(address, asked, self.folder, connections=connections, seconds=seconds, core=CLIENT_CORE)

        return self._in_turns(able, ask)

    def at_rate(
        self, running: Sequence[Running], case: Case, rate: float, connections: int
    ) -> dict[str, dict[int, Result]]:
        """All servers at one rate, which does not wait for answers; by server and rate."""

        def ask(one: Running, _: int, seconds: float) -> Result:
            return h2load.at_rate(
                one.url, case, self.folder, rate=rate, connections=connections, seconds=seconds, core=CLIENT_CORE
            )[0]

        return self._in_turns(running, ask, [round(rate)])

    def overload(self, one: Running, case: Case, rate: float, connections: int) -> Overload:
        """One server, asked more than it can answer."""
        self.told(f"beyond what it can do: {one.name}")
        ask = {"rate": rate, "connections": connections, "core": CLIENT_CORE}
        h2load.at_rate(one.url, case, self.folder, seconds=WARM_SECONDS, **ask)
        return h2load.at_rate(one.url, case, self.folder, seconds=3 * self.seconds, **ask)[1]

    def _in_turns(
        self, running: Sequence[Running], ask: Measure, loads: Sequence[int] = ()
    ) -> dict[str, dict[int, Result]]:
        found: dict[str, dict[int, list[Result]]] = {}
        for round_ in range(self.rounds):
            for one in running:
                self.told(f"round {round_ + 1} of {self.rounds}: {one.name}")
                for load in loads or self.connections:
                    if not round_:
                        ask(one, load, WARM_SECONDS)
                    found.setdefault(one.name, {}).setdefault(load, []).append(ask(one, load, self.seconds))
        return {name: {load: median(many) for load, many in of.items()} for name, of in found.items()}


@contextmanager
def started(case: Case, servers: Sequence[Server], folder: Path) -> Iterator[list[Running]]:
    """The servers that understand a case and answer it with as many rows as were asked; they end with the block."""
    running: list[Running] = []
    try:
        for server in servers:
            # none of the others understands the extension over REST
            if not case.binary or isinstance(server, Ours):
                _start(server, case, folder, running)
        yield running
    finally:
        for one in running:
            one.close()


def _start(server: Server, case: Case, folder: Path, running: list[Running]) -> None:
    try:
        one = server.start(case.kind, folder, SERVER_CORE)
    except RuntimeError as error:
        print(f"      left out: {error}", flush=True)
        return
    running.append(one)
    try:
        answer = one.answers(case)
    except OSError as error:
        print(f"      left out: {one.name} answers {error}", flush=True)
        running.pop().close()
        return
    if len(answer) != case.rows:
        raise RuntimeError(f"{one.name} answered {case.rows} rows with {len(answer)}")


def _answers_by_grpc(one: Running, asked: bytes, rows: int) -> bool:
    try:
        answered = rows_answered(f"127.0.0.1:{one.grpc}", asked)
    except grpc.RpcError as error:
        print(f"      left out: {one.name} by gRPC: {error.code().name} {error.details()}"[:200], flush=True)
        return False
    if answered != rows:
        raise RuntimeError(f"{one.name} answered {rows} rows with {answered} by gRPC")
    return True


def median(results: Sequence[Result]) -> Result:
    """The medians of each figure; what failed is counted together."""
    return Result(
        statistics.median(one.rate for one in results),
        statistics.median(one.p50 for one in results),
        statistics.median(one.p99 for one in results),
        sum(one.failed for one in results),
    )
