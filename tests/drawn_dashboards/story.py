"""Six hours of three teams, as a Prometheus would have seen them."""

from __future__ import annotations

from collections.abc import Iterator

from tests.drawn_dashboards.objects import told
from tests.drawn_dashboards.processes import working
from tests.drawn_dashboards.series import Series
from tests.drawn_dashboards.serving import served


def story() -> Iterator[Series]:
    """All series: a canary becomes champion, its inputs drift and do harm; a Model fails for a while; a run fails."""
    yield from served()
    yield from working()
    yield from told()
