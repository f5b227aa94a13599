"""How long counting, evaluating and merging take; each peer in its own environment, on the same tables."""

from __future__ import annotations

import gzip
import json
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from leeboard.evaluator.columns import inputs_of
from leeboard.evaluator.drift_figures import Observed, Profile, drift_figures, observe
from leeboard.evaluator.segments import Scored, add_segments
from leeboard.evaluator.windows import parse_window
from leeboard.stats.distributions import Distribution, count_values, numeric_bins, to_profile
from leeboard.stats.extents import Extent
from leeboard_serving.exporter.references import References
from leeboard_serving.exporter.tally import Tally
from leeboard_serving.observation import Observations, Told
from tests.bench_drift.report import Entry
from tests.bench_drift.tables import FEATURES, table, written
from tests.support.peer_environments import ALONE, environment, version

MODULES = Path(__file__).parent / "peer_modules"
ROUNDS, ROUNDS_OF_PEERS = 5, 3
BATCH, BATCHES = 128, 2000
SEGMENT, SEGMENTS = "carrier", 10
PODS, PODS_FEATURES = 1000, 100
ROWS_OF_A_WINDOW = 2000
PATIENCE = 1800


def evaluation(folder: Path, rows: int, tell: Callable[[str], None]) -> list[Entry]:
    """One window against its reference: Evidently's report, and our counting and evaluating."""
    reference_path, current_path = written(folder, rows)
    reference, current = pd.read_parquet(reference_path), pd.read_parquet(current_path)
    tell(f"{rows} rows: ours")
    profile = Profile.of(reference_profile(reference))
    counting = _median(lambda: counted(profile, current))
    window = counted(profile, current)
    evaluating = _median(lambda: drift_figures(profile, window, (), {"JensenShannon"}, 1e-6))
    case = f"{rows:,} rows × {len(current.columns)} features"
    entries = []
    tell(f"{rows} rows: Evidently")
    seconds = _peer("evidently", "evidently_report.py", reference_path, current_path, ROUNDS_OF_PEERS)["seconds"]
    found = statistics.median(seconds)
    entries.append(
        Entry(
            case,
            "seconds to count and evaluate a window",
            counting + evaluating,
            "Evidently",
            found,
            version("evidently"),
        )
    )
    tell(f"{rows} rows: whylogs")
    profiled = _peer("whylogs", "whylogs_profile.py", current_path, ROUNDS_OF_PEERS)
    found = statistics.median(profiled["seconds"])
    entries.append(Entry(case, "seconds to count a window", counting, "whylogs", found, version("whylogs")))
    size = len(gzip.compress(json.dumps([one.counts.tolist() for one in window.features.values()]).encode()))
    entries.append(Entry(case, "bytes of a window's counts", size, "whylogs", profiled["bytes"], version("whylogs")))
    entries.append(Entry(case, "seconds to evaluate once counted", evaluating))
    return entries


def exporter() -> list[Entry]:
    """Rows a second that an exporter's tally takes in batches, without segments and by the ten values of one input."""
    case = f"batches of {BATCH} rows × {FEATURES} features"
    plain, by_segment = (_counting(segments) for segments in ((), (SEGMENT,)))
    return [
        Entry(case, "rows/s that are counted", plain),
        Entry(f"{case}, within {SEGMENTS} segments too", "rows/s that are counted", by_segment),
    ]


def _counting(segments: tuple[str, ...]) -> float:
    """Rows a second; the input that tells the segment is there in both cases."""
    reference, batch = _with_segment(table(20_000, 1)), _with_segment(table(BATCH, 2))
    profile = {"contract": 1, **reference_profile(reference)}
    scored = Scored(np.zeros(len(reference)), np.ones(len(reference), dtype=np.bool_))
    add_segments(profile, reference, inputs_of(reference), segments, scored)
    references = References.parse(json.dumps(profile).encode())
    told = [Told(f"r{number}", 1.7e9, 0.001, 200, 1) for number in range(BATCH)]
    observations = Observations(told, {name: batch[name].to_numpy() for name in batch}, np.zeros(BATCH))

    def run() -> None:
        tally = Tally(references)
        for _ in range(BATCHES):
            tally.add(observations)
        tally.settle()

    return BATCH * BATCHES / _median(run)


def _with_segment(columns: pd.DataFrame) -> pd.DataFrame:
    """A table with one more input of ten values."""
    return columns.assign(**{SEGMENT: np.arange(len(columns)) % SEGMENTS})


def merging() -> list[Entry]:
    """Windows of many pods added up."""
    generator = np.random.default_rng(3)
    columns = pd.DataFrame({f"x{number}": generator.normal(size=2000) for number in range(PODS_FEATURES)})
    raw = reference_profile(columns)
    profile = Profile.of(raw)
    files = [_window(raw, f"pod-{number}", generator) for number in range(50)]
    windows = [parse_window(files[number % len(files)]) for number in range(PODS)]
    case = f"{PODS:,} pods × {PODS_FEATURES} features"
    return [
        Entry(case, "seconds to merge", _median(lambda: observe(profile, windows))),
        Entry(case, "bytes of a pod's window, compressed", float(len(files[0]))),
    ]


def counted(profile: Profile, current: pd.DataFrame) -> Observed:
    """A table on the bins of a profile."""
    features: dict[str, Distribution] = {}
    for one in profile.features:
        known = one.distribution
        features[known.name] = count_values(known.name, known.bins, current[known.name].to_numpy())
    return Observed(len(current), 0, len(current), 0, features, profile.prediction.distribution)


def reference_profile(columns: pd.DataFrame) -> dict[str, Any]:
    """Of a table of numbers, the first of which stands for the prediction; without noise."""
    described = []
    for name in columns.columns:
        values = columns[name].to_numpy()
        described.append(to_profile(count_values(name, numeric_bins(values), values)))
    return {"rows": len(columns), "features": described, "prediction": described[0] | {"name": "prediction"}}


def _window(raw: dict[str, Any], pod: str, generator: np.random.Generator) -> bytes:
    features = [
        {
            "name": one["name"],
            "counts": generator.integers(0, 50, len(one["counts"])).tolist(),
            "sum": 1.0,
            "sumOfSquares": 2.0,
            **Extent.of_sorted(np.sort(generator.normal(size=ROWS_OF_A_WINDOW))).document(),
        }
        for one in raw["features"]
    ]
    document = {
        "contract": 1, "pod": pod, "start": "2026-01-01T00:00:00Z", "end": "2026-01-01T00:01:00Z", "requests": 10,
        "errors": 0, "rows": 10, "latency": {"edges": [], "counts": [10]}, "features": features,
        "prediction": features[0] | {"name": "prediction"},
    }  # fmt: skip
    return gzip.compress(json.dumps(document).encode())


def _median(work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def _peer(name: str, module: str, *arguments: object) -> dict[str, Any]:
    """What a module prints in the environment of a peer. Raises RuntimeError where it fails."""
    command = [str(environment(name) / "bin" / "python"), "-W", "ignore", str(MODULES / module), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=ALONE, timeout=PATIENCE)
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stderr.strip()[-1000:]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result
