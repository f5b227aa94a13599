"""How much longer a request waits where its server tells an exporter of it: two servers, asked in turns.

The one without an exporter collects what it would tell as well, and finds nobody who listens.
"""

from __future__ import annotations

import os
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from leeboard.evaluator.windows import parse_window
from tests.bench_drift.report import Delay
from tests.bench_serving.cases import Case
from tests.bench_serving.measuring import CLIENT_CORE, SERVER_CORE
from tests.bench_serving.paired import added
from tests.bench_serving.servers import Ours, Running

CASE = Case("logistic", 1)
STARTS, ROUNDS, REQUESTS = 4, 40, 100
"""New servers so often: two processes of one program differ a little for as long as they live."""
WARM = 500
LONGEST_ANSWER = 1 << 16


def added_by_the_socket(folder: Path, tell: Callable[[str], None]) -> Delay:
    """One row at a time over one connection, as soon as the last was answered. Each pair is of the medians of two
    rounds, one right after the other; which comes first changes."""
    without, with_it, all_without, all_with = [], [], [], []
    for start in range(STARTS):
        tell(f"servers with and without an exporter, {start + 1} of {STARTS}")
        with _started(folder) as (silent, telling), _on_core(CLIENT_CORE):
            for asker in (silent, telling):
                asker.round(WARM)
            for number in range(ROUNDS):
                found = {}
                for asker in (silent, telling) if number % 2 else (telling, silent):
                    found[asker] = asker.round(REQUESTS)
                without.append(statistics.median(found[silent]))
                with_it.append(statistics.median(found[telling]))
                all_without += found[silent]
                all_with += found[telling]
    _check(folder, STARTS * (WARM + ROUNDS * REQUESTS))
    figures = added(without, with_it)
    p99 = [float(np.percentile(one, 99)) for one in (all_without, all_with)]
    return Delay(CASE.name, len(all_with), figures.first, figures.second, figures.difference, figures.low, figures.high,
                 p99[0], p99[1])  # fmt: skip


class Asker:
    """A connection that stays open, on which one request follows the other."""

    def __init__(self, running: Running) -> None:
        body, headers = CASE.body()
        address = urlsplit(running.url)
        lines = [f"POST {address.path} HTTP/1.1", f"Host: {address.netloc}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._request = "\r\n".join([*lines, "", ""]).encode() + body
        self._socket = socket.create_connection((address.hostname, address.port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def round(self, requests: int) -> list[float]:
        """Microseconds from each request to its whole answer. Raises RuntimeError for another answer than 200."""
        return [self._ask() for _ in range(requests)]

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def _ask(self) -> float:
        began = time.perf_counter_ns()
        self._socket.sendall(self._request)
        answer = self._socket.recv(LONGEST_ANSWER)
        while not _is_whole(answer):
            more = self._socket.recv(LONGEST_ANSWER)
            if not more:
                raise RuntimeError(f"the server hung up after {answer[:200]!r}")
            answer += more
        took = time.perf_counter_ns() - began
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"the server answers {answer[:200]!r}")
        return took / 1000


def _check(folder: Path, requests: int) -> None:
    """Raises RuntimeError where the exporters did not hear of every request: nothing would have been measured."""
    heard = sum(parse_window(path.read_bytes()).requests for path in folder.rglob("windows/*/*.json.gz"))
    if heard != requests:
        raise RuntimeError(f"the exporters heard of {heard} of {requests} requests")


def _is_whole(answer: bytes) -> bool:
    head, ended, body = answer.partition(b"\r\n\r\n")
    if not ended:
        return False
    length = next(line.partition(b":")[2] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
    return len(body) >= int(length)


@contextmanager
def _started(folder: Path) -> Iterator[tuple[Asker, Asker]]:
    """A server that nobody listens to, and one beside a real exporter, with a connection to each."""
    running: list[Running] = []
    askers: list[Asker] = []
    try:
        for server in (Ours(), Ours(exporter=True)):
            running.append(server.start(CASE.kind, folder, SERVER_CORE))
            askers.append(Asker(running[-1]))
        yield askers[0], askers[1]
    finally:
        for asker in askers:
            asker.close()
        for one in running:
            one.close()


@contextmanager
def _on_core(core: int) -> Iterator[None]:
    """This process on one core, as the servers are on another."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core} & before or before)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
