"""What a Gateway really sends to a version for whose share no parent of its route has answered yet."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from leeboard.api.model import Model
from leeboard.evaluator.figures import written
from leeboard.evaluator.windows import Window
from leeboard.planning.traffic.taken_over import SETTLED, Sharing, asked_since

Read = Callable[[str, datetime], Sequence[Window]]
"""The windows of a version that began at a moment or later."""


def routed_figures(model: Model, read: Read) -> dict[str, Any]:
    """`routed` of `status.evaluation`: requests to a version, and to all that share them, since its share has settled.

    Empty with mode Service, outside a canary or a test of callers, and once the share has been taken over (`routedAt`,
    `comparedSince`).
    """
    champion = model.status.champion
    if model.spec.traffic.mode != "Gateway" or champion is None:
        return {}
    others = [one.name for one in model.status.challengers if one.place is not None and one.phase == "Comparing"]
    rows = []
    for one in _awaited(model):
        since = (asked_since(one) or one.since) + SETTLED
        counts = {name: _requests(read(name, since)) for name in dict.fromkeys((one.name, champion.name, *others))}
        row = {"name": one.name, "champion": champion.name, "since": written(since)}
        rows.append(row | {"requests": counts[one.name], "total": sum(counts.values())})
    return {"routed": rows} if rows else {}


def _awaited(model: Model) -> Iterator[Sharing]:
    candidate = model.status.candidate
    if candidate is not None and candidate.phase == "Canary" and candidate.routed_at is None:
        yield candidate
    for one in model.status.challengers:
        if one.place is not None and one.phase == "Comparing" and one.compared_since is None:
            yield one


def _requests(windows: Sequence[Window]) -> int:
    return sum(window.requests + window.dropped for window in windows)
