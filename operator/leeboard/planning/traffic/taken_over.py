"""When exporters show that a Gateway goes by the shares that are asked for, whatever its controller says of itself.

Not every controller tells the generation that it goes by: Contour 1.33 keeps one answer for all routes of a name, so
that the GRPCRoute's took the place of the HTTPRoute's. What the exporters count cannot be out of date in that way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from leeboard.api.model_status import Candidate, Challenger
from leeboard.planning.conditions import timestamp
from leeboard.planning.evaluation_row import row_of
from leeboard.stats.sequential import rate_interval

SETTLED = timedelta(minutes=1)
"""How long after a change of a route requests may still be sent by the one before."""
ALPHA = 0.05
"""Probability that a share which was not taken over is ever held for one that was, over all looks of a stage."""


Sharing = Candidate | Challenger
"""A version that has a share of the requests beside the champion."""


def agrees(asked: int, before: int, requests: int, total: int) -> bool:
    """Whether a candidate with `requests` of `total` has the share `asked`, and not the one before; both in percent.

    The whole interval of its share, valid at every look, lies nearer to what is asked for, or above; it does not lie
    wholly above twice that, which nobody asked for. Raises ValueError for counts that cannot be.
    """
    least, _ = rate_interval(requests, total, ALPHA)
    start = before if before < asked else 0
    return (start + asked) / 200 < least <= asked / 50


def asked_since(served: Sharing) -> datetime | None:
    """Since when a version has been asked to take its present share."""
    return served.step_started_at if isinstance(served, Candidate) else served.phase_started_at


def has_taken_over(evaluation: Mapping[str, Any] | None, candidate: Sharing, champion: str, before: int) -> bool:
    """Whether the figures of a version agree with its present share; `before` is that of the stage before.

    They are of windows that began SETTLED after it was asked for. Without such figures nothing is taken for shown.
    """
    found, began = _figures(evaluation, candidate), asked_since(candidate)
    if found is None or began is None or found.champion != champion or found.since < began + SETTLED:
        return False
    return agrees(candidate.requested_weight, before, found.requests, found.total)


def counted(evaluation: Mapping[str, Any] | None, candidate: Sharing) -> str:
    """What exporters counted of a candidate whose share nobody has confirmed, to follow on what a parent says."""
    found = _figures(evaluation, candidate)
    if found is None or candidate.requested_weight == 0:
        return ""
    return (
        f"; {found.requests} of {found.total} requests since {timestamp(found.since)} went to {candidate.name},"
        f" for which {candidate.requested_weight} % are asked"
    )


@dataclass(frozen=True)
class _Figures:
    champion: str
    since: datetime
    requests: int
    total: int


def _figures(evaluation: Mapping[str, Any] | None, candidate: Sharing) -> _Figures | None:
    """A version's row of `routed`; None where there is none that makes sense."""
    row = row_of(evaluation, "routed", candidate.name)
    if row is None:
        return None
    try:
        since = datetime.fromisoformat(str(row["since"]))
        found = _Figures(str(row["champion"]), since, int(row["requests"]), int(row["total"]))
    except (KeyError, TypeError, ValueError):
        return None
    return found if since.tzinfo is not None and 0 <= found.requests <= found.total else None
