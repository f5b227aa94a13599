"""What the exporters of one version counted, as `status.evaluation.versions` has it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from leeboard.planning.evaluation_row import row_of


@dataclass(frozen=True)
class Counts:
    """What the exporters of one version counted since the rollout began; latencies in milliseconds."""

    requests: int
    errors: int
    latency_low: float
    latency_high: float


def counts_of(evaluation: Mapping[str, Any] | None, version: str) -> Counts | None:
    """A version's figures in `status.evaluation`, or None where they are missing or make no sense."""
    row = row_of(evaluation, "versions", version)
    if row is None:
        return None
    latency = row.get("latencyP99") or {}
    try:
        counts = Counts(
            int(row.get("requests", 0)),
            int(row.get("errors", 0)),
            float(latency.get("low", "nan")),
            float(latency.get("high", "nan")),
        )
    except (TypeError, ValueError):
        return None
    return counts if 0 <= counts.errors <= counts.requests else None
