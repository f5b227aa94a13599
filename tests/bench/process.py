"""What the operator's process has used, by the kernel, and how busy it is, by its own metrics."""

from __future__ import annotations

import asyncio
import os
import re
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.support.installation import OperatorProcess

SAMPLES = ("workqueue_depth", "controller_runtime_active_workers", "controller_runtime_reconcile_total")
_SAMPLE = re.compile(rf"^({'|'.join(SAMPLES)})\{{.*\}} (\S+)$", re.M)
QUIET_LOOKS = 3
"""So many looks in a row, a second apart, have to see an empty queue and no new reconcile."""


class NotSettled(RuntimeError):
    """It did not come to rest within its time; the text says what it was at."""


@dataclass(frozen=True)
class Usage:
    """CPU in seconds, memory in MiB: resident now, and at most so far."""

    cpu_s: float
    memory_mib: float
    memory_peak_mib: float

    @classmethod
    def of(cls, pid: int) -> Usage:
        """The usage of a process until now."""
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        resident, peak = (int(re.search(rf"{name}:\s+(\d+) kB", status)[1]) / 1024 for name in ("VmRSS", "VmHWM"))  # type: ignore[index]
        ticks = int(fields[11]) + int(fields[12])
        return cls(ticks / os.sysconf("SC_CLK_TCK"), round(resident, 1), round(peak, 1))


@dataclass(frozen=True)
class Busyness:
    """Keys that wait, keys that are worked on, reconciles so far."""

    waiting: int
    working: int
    reconciles: int


async def busyness(operator: OperatorProcess) -> Busyness:
    """As /metrics says. Raises OSError where it does not answer."""
    text = await asyncio.to_thread(_metrics, operator.port)
    found = dict.fromkeys(SAMPLES, 0.0)
    for name, value in _SAMPLE.findall(text):
        found[name] += float(value)
    waiting, working, reconciles = map(int, found.values())
    return Busyness(waiting, working, reconciles)


def _metrics(port: int) -> str:
    # not those of objects: with thousands of Models to ask for them every second would be most of what is measured
    wanted = "&".join(f"name[]={name}" for name in SAMPLES)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics?{wanted}", timeout=30) as answer:
        text: str = answer.read().decode()
    return text


async def settled(
    operator: OperatorProcess,
    *,
    seconds: float,
    also: Callable[[], bool] = lambda: True,
    progress: Callable[[Busyness], None] = lambda _: None,
) -> float:
    """Wait until nothing waits, nothing is worked on, and `also` holds; gives the monotonic time since when.

    Raises NotSettled after `seconds`.
    """
    deadline = time.monotonic() + seconds
    before, since, quiet = -1, 0.0, 0
    while True:
        now = time.monotonic()
        seen = await busyness(operator)
        progress(seen)
        if seen.waiting == 0 and seen.working == 0 and seen.reconciles == before and also():
            since = since if quiet else now
            quiet += 1
            if quiet == QUIET_LOOKS:
                return since
        else:
            quiet = 0
        before = seen.reconciles
        if now > deadline:
            raise NotSettled(f"not at rest after {seconds:.0f} s: {seen}\n{operator.log()[-4000:]}")
        await asyncio.sleep(1)
