"""Load by h2load, from a core of its own: gRPC in a closed loop, HTTP/1.1 at a rate that does not follow answers."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.bench_serving.cases import Case
from tests.bench_serving.load import Result

PATIENCE = 20
"""Seconds that a server may take for what it owes at the end."""
_COLUMNS = 3
"""Of a line of h2load's log: when a request was sent, its status, how long it took."""
GRPC_HEADERS = {"content-type": "application/grpc", "te": "trailers"}


@dataclass(frozen=True)
class Overload:
    """`asked` and `goodput` are requests and answers with status 200 a second, `refused` the share of those with 503.

    `p99` and `refused_p99` are milliseconds until an answer and until a refusal, the latter 0 without any.
    """

    asked: float
    goodput: float
    refused: float
    failed: int
    p99: float
    refused_p99: float


def at_rate(
    url: str, case: Case, folder: Path, *, rate: float, connections: int, seconds: float, core: int
) -> tuple[Result, Overload]:
    """Ask so many times a second over all connections together; times count from when a request was sent."""
    body, headers = case.body()
    options = ["--h1", f"--rps={max(1, round(rate / connections))}", *_headers(headers)]
    found = _asked(url, options, body, folder, connections=connections, seconds=seconds, core=core)
    status, times = found[:, 1], found[:, 2] / 1000
    good, refused = status == 200, status == 503
    failed = int(len(found) - good.sum() - refused.sum())
    result = Result(good.sum() / seconds, _percentile(times[good], 50), _percentile(times[good], 99), failed)
    overload = Overload(
        len(found) / seconds,
        result.rate,
        float(refused.sum() / max(1, len(found))),
        failed,
        result.p99,
        _percentile(times[refused], 99),
    )
    return result, overload


def grpc(address: str, message: bytes, folder: Path, *, connections: int, seconds: float, core: int) -> Result:
    """Ask ModelInfer in a closed loop, one call at a time on every connection. Raises RuntimeError.

    The caller has seen that the message is answered well: h2load does not read the trailers that have gRPC's status.
    """
    body = b"\0" + len(message).to_bytes(4, "big") + message
    url = f"http://{address}/inference.GRPCInferenceService/ModelInfer"
    found = _asked(url, _headers(GRPC_HEADERS), body, folder, connections=connections, seconds=seconds, core=core)
    good, times = found[:, 1] == 200, found[:, 2] / 1000
    return Result(good.sum() / seconds, _percentile(times, 50), _percentile(times, 99), int((~good).sum()))


def _asked(
    url: str, options: Sequence[str], body: bytes, folder: Path, *, connections: int, seconds: float, core: int
) -> np.ndarray:
    """For every request: when it was sent, its status, and how long it took, microseconds; 0 without an answer."""
    content, log = folder / "h2load.body", folder / "h2load.log"
    content.write_bytes(body)
    log.unlink(missing_ok=True)
    command = ["taskset", "-c", str(core), "h2load", "-t1", f"-c{connections}", f"-D{seconds:g}", f"-d{content}"]
    command += [*options, f"--log-file={log}", url]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds + PATIENCE)
        if done.returncode or not re.search(r"^finished in", done.stdout, re.M):
            raise RuntimeError(f"h2load: {(done.stderr or done.stdout).strip()[:500]}")
        unanswered = sum(int(number) for number in re.findall(r"(\d+) (?:errored|timeout)", done.stdout))
    except subprocess.TimeoutExpired:
        # it waits for connections that a server keeps and never answers: each owes an answer
        unanswered = connections
    told = [line.split("\t") for line in log.read_text(encoding="ascii").splitlines()] if log.exists() else []
    rows = np.array([one for one in told if len(one) == _COLUMNS], dtype=np.int64).reshape(-1, _COLUMNS)
    return np.vstack([rows, np.zeros((unanswered, rows.shape[1]), dtype=np.int64)])


def _headers(headers: dict[str, str]) -> list[str]:
    return [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]


def _percentile(values: np.ndarray, percent: float) -> float:
    return float(np.percentile(values, percent)) if len(values) else 0.0
