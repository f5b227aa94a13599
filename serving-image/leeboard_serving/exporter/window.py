"""The window file: what this pod counted between two moments."""

import gzip
import json
import zlib
from collections.abc import Mapping
from typing import Any

from leeboard.stats.distributions import Distribution, to_window
from leeboard_serving.exporter.latency import EDGES
from leeboard_serving.exporter.settings import Settings
from leeboard_serving.exporter.tally import Tally
from leeboard_serving.exporter.texts import moment_of

CONTRACT = 1


def window_text(
    tally: Tally, settings: Settings, start: int, end: int, shadow: Mapping[str, Mapping[str, Any]] | None = None
) -> str:
    """The JSON of docs/reference/contracts.md, "Window". Times are milliseconds since 1970. The tally is settled.

    `shadow` is what was counted of each challenger that got copies.
    """
    document = {
        "contract": CONTRACT,
        "model": settings.model,
        "version": settings.version,
        "pod": settings.pod,
        "start": moment_of(start / 1000, "milliseconds"),
        "end": moment_of(end / 1000, "milliseconds"),
        "requests": tally.requests,
        "errors": tally.errors,
        "rows": tally.rows,
        "dropped": tally.dropped,
        "latency": {"edges": EDGES, "counts": tally.latencies},
        "features": [_counted(one) for one in tally.features.values()],
        "prediction": _counted(tally.prediction),
        **tally.segments.document(),
    }
    if unread := tally.unread.total():
        document["unread"] = unread
    if tally.undecoded:
        document["undecoded"] = tally.undecoded
    if shadow:
        document["shadow"] = shadow
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def requests_told(data: bytes) -> int:
    """How many requests a window file tells of, those that it lacks among them. Raises ValueError where it is none."""
    try:
        document = json.loads(gzip.decompress(data))
        return int(document["requests"]) + int(document.get("dropped", 0))
    except (OSError, EOFError, zlib.error, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not a window: {error!r}") from error


def _counted(distribution: Distribution) -> dict[str, Any]:
    told = distribution.extent.document() if distribution.extent else {}
    return to_window(distribution) | {"counts": distribution.counts.tolist()} | told
