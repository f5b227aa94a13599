"""Load by wrk, from a core of its own: a closed loop over so many connections."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.bench_serving.cases import Case

_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}
_SCRIPT = """
local file = io.open({body}, "rb")
wrk.method = "POST"
wrk.body = file:read("*a")
{headers}
"""


@dataclass(frozen=True)
class Result:
    """`rate` is answers with status 200 a second, `p50` and `p99` milliseconds, 0 without an answer, `failed` the other
    answers, a count."""

    rate: float
    p50: float
    p99: float
    failed: int


def script(case: Case, folder: Path) -> Path:
    """What wrk has to send."""
    body, headers = case.body()
    name = re.sub(r"\W+", "-", case.name)
    content = folder / f"{name}.body"
    content.write_bytes(body)
    lines = "\n".join(f'wrk.headers["{key}"] = "{value}"' for key, value in headers.items())
    path = folder / f"{name}.lua"
    path.write_text(_SCRIPT.format(body=f'"{content}"', headers=lines), encoding="utf-8")
    return path


def wrk(url: str, case: Case, folder: Path, *, connections: int, seconds: float, core: int) -> Result:
    """Ask for so many seconds. Raises RuntimeError where wrk fails."""
    command = ["taskset", "-c", str(core), "wrk", "-t1", f"-c{connections}", f"-d{seconds:g}", "--latency"]
    command += ["-s", str(script(case, folder)), url]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds + 60)
    if done.returncode:
        raise RuntimeError(f"wrk: {done.stderr.strip()[:500]}")
    return parsed(done.stdout)


def parsed(text: str) -> Result:
    """What wrk printed. Raises RuntimeError where that is something else."""
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    total = re.search(r"(\d+) requests in", text)
    latencies = {
        int(percent): float(number) * _UNITS[unit]
        for percent, number, unit in re.findall(r"^\s+(50|99)%\s+([\d.]+)(us|ms|s|m) *$", text, re.M)
    }
    if rate is None or total is None or (int(total[1]) and latencies.keys() != {50, 99}):
        raise RuntimeError(f"wrk printed: {text[:500]}")
    failed = sum(int(number) for number in re.findall(r"Non-2xx or 3xx responses: (\d+)", text))
    failed += sum(int(one) for line in re.findall(r"Socket errors: (.+)", text) for one in re.findall(r"\d+", line))
    share = 1 - failed / max(1, int(total[1]))
    return Result(float(rate[1]) * share, latencies.get(50, 0.0), latencies.get(99, 0.0), failed)
