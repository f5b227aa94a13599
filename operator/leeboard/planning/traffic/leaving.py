"""When a version gets no requests any more: what its own exporters say, not what a Gateway has promised."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from leeboard.planning.evaluation_row import row_of

UNSEEN = timedelta(minutes=10)
"""How long a version keeps its pods after a route has left it, where exporters do not show that requests have ended:
there is no evaluator, or callers within the cluster hold connections of old."""


def is_quiet(evaluation: Mapping[str, Any] | None, version: str, since: datetime) -> bool:
    """Whether the newest window of every exporter of a version began after a moment, and has no request."""
    row = row_of(evaluation, "leaving", version)
    if row is None:
        return False
    try:
        began = datetime.fromisoformat(str(row["since"]))
        requests = int(row["requests"])
    except (KeyError, TypeError, ValueError):
        return False
    return began.tzinfo is not None and began >= since and requests == 0
