"""Counts and durations since the server began, as Triton's statistics extension has them.

Source: extension_statistics of the Triton inference server. Durations are in nanoseconds.
"""

from __future__ import annotations

from typing import Any

from leeboard_serving.server.counts import INFERRING, LAYOUT, ROUTES, ROWS, STATUSES, SharedCounts

_NANOSECONDS = 1_000_000_000


def statistics(name: str, version: str, counts: SharedCounts) -> dict[str, Any]:
    """The entry of a model, over all workers. Batches are counted by the power of two that is not below them."""
    total = counts.total()
    requests = total[LAYOUT.requests].reshape(len(ROUTES), len(STATUSES))
    inferred = requests[[ROUTES.index(route) for route in INFERRING]].sum(axis=0)
    successes, failures = int(inferred[0]), int(inferred[1:].sum())
    computed = float(total[LAYOUT.predict][-1])
    answered = float(total[LAYOUT.singles["answered_seconds"]][0])
    batches = total[LAYOUT.batch]
    return {
        "name": name,
        "version": version,
        "last_inference": int(counts.newest("last_answer") * 1000),
        "inference_count": int(batches[-1]),
        "execution_count": int(batches[:-1].sum()),
        "inference_stats": {
            "success": _duration(successes, answered),
            "fail": _duration(failures, float(total[LAYOUT.singles["failed_seconds"]][0])),
            "queue": _duration(successes, max(answered - computed, 0.0)),
            "compute_input": _duration(successes, 0.0),
            "compute_infer": _duration(successes, computed),
            "compute_output": _duration(successes, 0.0),
            "cache_hit": _duration(0, 0.0),
            "cache_miss": _duration(0, 0.0),
        },
        "batch_stats": [
            {"batch_size": int(size), "compute_infer": _duration(int(number), float(seconds))}
            for size, number, seconds in zip(ROWS, batches, total[LAYOUT.batch_seconds], strict=False)
            if number
        ],
    }


def _duration(count: int, seconds: float) -> dict[str, int]:
    return {"count": count, "ns": int(seconds * _NANOSECONDS)}
