"""What a Gateway really sends to a candidate in a stage for whose share no parent of its route has answered yet."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from leeboard.api.model import Model
from leeboard.evaluator.figures import written
from leeboard.evaluator.windows import Window
from leeboard.planning.traffic.taken_over import SETTLED

Read = Callable[[str, datetime], Sequence[Window]]
"""The windows of a version that began at a moment or later."""


def routed_figures(model: Model, read: Read) -> dict[str, Any]:
    """`routed` of `status.evaluation`: requests to the candidate, and to both versions, since its share has settled.

    Empty with mode Service, outside a canary, and once the share has been taken over (`routedAt`).
    """
    champion, candidate = model.status.champion, model.status.candidate
    if model.spec.traffic.mode != "Gateway" or champion is None or candidate is None:
        return {}
    if candidate.phase != "Canary" or candidate.routed_at is not None or candidate.step_started_at is None:
        return {}
    since = candidate.step_started_at + SETTLED
    requests, others = (_requests(read(name, since)) for name in (candidate.name, champion.name))
    row = {"name": candidate.name, "champion": champion.name, "since": written(since)}
    return {"routed": [row | {"requests": requests, "total": requests + others}]}


def _requests(windows: Sequence[Window]) -> int:
    return sum(window.requests + window.dropped for window in windows)
