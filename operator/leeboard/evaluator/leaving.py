"""What still reaches versions that should get no requests any more: the last word of each of their exporters."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from leeboard.api.model import Model
from leeboard.evaluator.figures import written
from leeboard.evaluator.windows import Window

REACH = timedelta(minutes=3)
"""An exporter that left a window so shortly before a version lost its share counts as one that has more to say."""

Read = Callable[[str, datetime], Sequence[Window]]
"""The windows of a version that began at a moment or later."""


def leaving_figures(model: Model, read: Read) -> dict[str, Any]:
    """`leaving` of `status.evaluation`, where requests come by a Gateway; empty without such a version.

    Of every exporter the newest window counts: `requests` in all of them, when the first of them began (`since`), and
    when the first of them ended (`until`).
    """
    if model.spec.traffic.mode != "Gateway":
        return {}
    rows = [row for name, since in _leaving(model) if (row := _row(name, read(name, since - REACH))) is not None]
    return {"leaving": rows} if rows else {}


def _leaving(model: Model) -> Iterator[tuple[str, datetime]]:
    candidate, draining = model.status.candidate, model.status.draining
    if draining is not None:
        yield draining.name, draining.since
    if candidate is not None and candidate.phase == "RollingBack":
        yield candidate.name, candidate.step_started_at or candidate.since
    for one in model.status.challengers:
        if not one.stays and one.place is not None:
            yield one.name, one.phase_started_at or one.since


def _row(name: str, windows: Sequence[Window]) -> dict[str, Any] | None:
    newest: dict[str, Window] = {}
    for window in windows:
        known = newest.get(window.pod)
        if known is None or window.end > known.end:
            newest[window.pod] = window
    if not newest:
        return None
    return {
        "name": name,
        "since": written(min(window.start for window in newest.values())),
        "until": written(min(window.end for window in newest.values())),
        "requests": sum(window.requests + window.dropped for window in newest.values()),
    }
