"""`python -m tests.bench_drift.day_of_windows FOLDER`: an evaluator's reading of a day of windows, hour after hour.

Prints what was in memory after each hour and how many files were read in it, as JSON.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from leeboard.evaluator.drift_figures import Profile, observe
from leeboard.evaluator.file_cache import Cache
from leeboard.evaluator.observations import Observations
from leeboard.storage import open_store
from tests.bench_drift.memory import HOURS, resident_bytes
from tests.bench_drift.speed import reference_profile
from tests.bench_drift.tables import table

PODS, MINUTES = 10, 60
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
SEED = 4


def main() -> int:
    """Write windows as time goes by, and read those of the day before each hour."""
    folder = Path(sys.argv[1])
    raw = reference_profile(table(20_000, 1))
    profile, bodies = Profile.of(raw), _bodies(raw)
    read: list[str] = []
    clock = [0.0]
    observations = Observations(
        open_store(f"file://{folder}/", environment={}),
        task="BinaryClassification",
        positive_class="1",
        count=read.append,
        cache=Cache(clock=lambda: clock[0]),
    )
    for hour in range(HOURS):
        _write(folder, BEGIN + hour * HOUR, bodies)
    resident, anew, windows = [], [], 0
    for hour in range(HOURS):
        now = BEGIN + DAY + hour * HOUR
        clock[0] = hour * HOUR.total_seconds()
        before = len(read)
        found = observations.windows("v1", now - DAY, now).windows
        if observe(profile, found).unfit:
            raise RuntimeError("windows on other bins")
        windows = len(found)
        anew.append(len(read) - before)
        resident.append(resident_bytes(os.getpid()))
        _write(folder, now, bodies)
    print(
        json.dumps(
            {"pods": PODS, "features": len(profile.features), "windows": windows, "resident": resident, "read": anew}
        )
    )
    return 0


def _bodies(raw: dict[str, list[dict[str, list[int]]]]) -> list[str]:
    """Counts of some windows: what they are does not matter, how large they are does."""
    generator = np.random.default_rng(SEED)
    return [_body(raw, generator) for _ in range(20)]


def _body(raw: dict[str, list[dict[str, list[int]]]], generator: np.random.Generator) -> str:
    features = [
        {
            "name": one["name"],
            "counts": generator.poisson(8, len(one["counts"])).tolist(),
            "sum": 1.5,
            "sumOfSquares": 9.5,
        }
        for one in raw["features"]
    ]
    return json.dumps({"features": features, "prediction": {**features[0], "name": "prediction"}})[1:]


def _write(folder: Path, hour: datetime, bodies: list[str]) -> None:
    for pod in range(PODS):
        place = folder / "observations" / "v1" / "windows" / f"pod-{pod}"
        place.mkdir(parents=True, exist_ok=True)
        for start, body in zip(_minutes(hour), 3 * bodies, strict=True):
            end = start + MINUTE
            head = {
                "contract": 1, "pod": f"pod-{pod}", "start": start.isoformat(), "end": end.isoformat(),
                "requests": 960, "errors": 0, "rows": 960, "latency": {"edges": [], "counts": [960]},
            }  # fmt: skip
            text = f"{json.dumps(head)[:-1]}, {body}"
            name = f"{_milliseconds(start)}-{_milliseconds(end)}.json.gz"
            (place / name).write_bytes(gzip.compress(text.encode(), 1))


def _minutes(hour: datetime) -> Iterator[datetime]:
    return (hour + minute * MINUTE for minute in range(MINUTES))


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


if __name__ == "__main__":
    sys.exit(main())
