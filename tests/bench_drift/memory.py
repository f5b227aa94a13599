"""What the exporter and the evaluator keep in memory while a day of windows of one minute goes by."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from leeboard_serving.observation import Observations, Told, encode
from tests.bench_drift.report import Memory
from tests.bench_drift.speed import reference_profile
from tests.bench_drift.tables import table
from tests.unit.serving.exporter.running import Exporter

WINDOWS, HOURS = 1440, 24
INTERVAL = 0.1
"""Seconds that stand for a minute: the shortest that an exporter takes."""
ROWS = 1000
"""Requests of one row in a window."""
MIB = 1 << 20
PATIENCE = 900


def exporter(folder: Path, tell: Callable[[str], None]) -> Memory:
    """A real exporter that closes the windows of a day in some two minutes, each with rows, and uploads them.

    Raises RuntimeError where not every row is in storage at the end.
    """
    columns = table(ROWS, 2)
    inputs, scores = {name: columns[name].to_numpy() for name in columns.columns}, columns["x01"].to_numpy()
    running = Exporter(folder, interval=INTERVAL)
    profile = {"contract": 1, **reference_profile(table(20_000, 1))}
    (folder / "model" / "profile.json").write_text(json.dumps(profile), encoding="utf-8")
    resident: list[int] = []
    with running:
        began = time.monotonic()
        with running.connect() as connection:
            for number in range(WINDOWS):
                told = [Told(f"{number}-{row}", time.time(), 0.001, 200, 1) for row in range(ROWS)]
                connection.sendall(encode(Observations(told, inputs, scores)))
                resident.append(resident_bytes(running.process.pid))
                if number % (WINDOWS // HOURS) == 0:
                    running.get("/metrics")
                    tell(f"exporter, hour {number * HOURS // WINDOWS + 1} of {HOURS}")
                time.sleep(max(0.0, began + (number + 1) * INTERVAL - time.monotonic()))
        status = running.end()
        rows = sum(one.rows for one in running.windows())
    if status or rows != WINDOWS * ROWS:
        raise RuntimeError(f"{rows} of {WINDOWS * ROWS} rows are in storage, exit status {status}: {running.log()}")
    return over_a_day(f"exporter, {len(inputs)} features, {ROWS:,} rows a window", resident)


def evaluator(folder: Path, tell: Callable[[str], None]) -> tuple[Memory, float]:
    """A process that reads a day of windows of ten pods every hour, for a day; and how many files it read anew in an
    hour, on average, after the first."""
    tell("evaluator, a day of windows of ten pods")
    command = [sys.executable, "-W", "ignore", "-m", "tests.bench_drift.day_of_windows", str(folder)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=PATIENCE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr[-1000:])
    found = json.loads(done.stdout)
    case = f"evaluator, {found['features']} features, {found['windows']:,} windows of {found['pods']} pods"
    read = found["read"][1:]
    return over_a_day(case, found["resident"]), sum(read) / len(read)


def over_a_day(case: str, resident: Sequence[int]) -> Memory:
    """Of what was resident from the beginning of the day to its end, in bytes, at equal distances."""
    first = resident[len(resident) // HOURS - 1]
    return Memory(case, first / MIB, resident[-1] / MIB, max(resident) / MIB)


def resident_bytes(process: int) -> int:
    """What a process has in memory now."""
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
