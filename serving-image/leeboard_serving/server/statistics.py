"""Counts and durations since the server began, as Triton's statistics extension has them.

Source: extension_statistics of the Triton inference server. Durations are in nanoseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from leeboard_serving.observation import Told

_NANOSECONDS = 1_000_000_000


class Statistics:
    """Of one worker."""

    def __init__(self) -> None:
        self._successes = self._failures = self._rows = self._executions = 0
        self._seconds = self._failed_seconds = self._computing = 0.0
        self._batches: dict[int, list[float]] = {}
        self._last = 0.0

    def answered(self, told: Sequence[Told]) -> None:
        """Requests that were predicted together."""
        self._successes += len(told)
        self._seconds += sum(one.seconds for one in told)
        self._last = told[-1].time

    def failed(self, seconds: float) -> None:
        """A request that was not answered."""
        self._failures += 1
        self._failed_seconds += seconds

    def computed(self, rows: int, seconds: float) -> None:
        """A call of the model."""
        self._rows += rows
        self._executions += 1
        self._computing += seconds
        size = self._batches.setdefault(1 << (rows - 1).bit_length(), [0, 0.0])
        size[0] += 1
        size[1] += seconds

    def described(self, name: str, version: str) -> dict[str, Any]:
        """The entry of a model. Batches are counted by the power of two that is not below them."""
        waited = max(self._seconds - self._computing, 0.0)
        return {
            "name": name,
            "version": version,
            "last_inference": int(self._last * 1000),
            "inference_count": self._rows,
            "execution_count": self._executions,
            "inference_stats": {
                "success": _duration(self._successes, self._seconds),
                "fail": _duration(self._failures, self._failed_seconds),
                "queue": _duration(self._successes, waited),
                "compute_input": _duration(self._successes, 0.0),
                "compute_infer": _duration(self._successes, self._computing),
                "compute_output": _duration(self._successes, 0.0),
                "cache_hit": _duration(0, 0.0),
                "cache_miss": _duration(0, 0.0),
            },
            "batch_stats": [
                {"batch_size": size, "compute_infer": _duration(int(number), seconds)}
                for size, (number, seconds) in sorted(self._batches.items())
            ],
        }


def _duration(count: int, seconds: float) -> dict[str, int]:
    return {"count": count, "ns": int(seconds * _NANOSECONDS)}
