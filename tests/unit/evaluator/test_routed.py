"""What is counted of a stage whose share no parent of the route has confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from leeboard.api.model import Model
from leeboard.evaluator.figures import written
from leeboard.evaluator.routed import routed_figures
from leeboard.evaluator.windows import Window
from leeboard.planning.conditions import timestamp
from leeboard.planning.traffic.taken_over import has_taken_over
from tests.support.examples import example

BEGAN = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
CANARY = {"name": "v2", "phase": "Canary", "requestedWeight": 10, "stepStartedAt": timestamp(BEGAN)}


def window(start: int, requests: int, dropped: int = 0) -> Window:
    """A minute that begins so many seconds after the stage."""
    began = BEGAN + timedelta(seconds=start)
    return Window(
        start=began,
        end=began + timedelta(seconds=60),
        requests=requests,
        errors=0,
        rows=requests,
        dropped=dropped,
        latency_edges=(),
        latency_counts=np.zeros(1, np.int64),
        features=(),
        prediction=None,
    )


def model(candidate: dict[str, Any], mode: str = "Gateway") -> Model:
    raw = example("model")
    gateway = {"gateway": {"parentRefs": [{"name": "public"}]}} if mode == "Gateway" else {}
    raw["spec"]["traffic"] = {"mode": mode} | gateway
    served = {"images": {"server": "server:1"}, "since": timestamp(BEGAN)}
    raw["status"] = {"champion": served | {"name": "v1"}, "candidate": served | candidate}
    return Model.parse(raw)


def test_requests_are_counted_from_a_minute_after_the_stage_began() -> None:
    windows = {"v1": [window(0, 400), window(60, 800, 4), window(120, 96)], "v2": [window(30, 70), window(60, 90, 10)]}

    def read(version: str, since: datetime) -> Sequence[Window]:
        return [one for one in windows[version] if one.start >= since]

    asked = model(CANARY)
    figures = routed_figures(asked, read)
    since = written(BEGAN + timedelta(minutes=1))
    assert figures == {"routed": [{"name": "v2", "champion": "v1", "since": since, "requests": 100, "total": 1000}]}
    assert asked.status.candidate is not None
    assert has_taken_over(figures, asked.status.candidate, "v1", 0)


@pytest.mark.parametrize(
    "asked",
    [
        model(CANARY, "Service"),
        model(CANARY | {"phase": "Starting"}),
        model(CANARY | {"phase": "RollingBack"}),
        model(CANARY | {"routedAt": timestamp(BEGAN)}),
    ],
    ids=["mode Service", "no share yet", "none any more", "taken over"],
)
def test_nothing_is_read_that_nobody_waits_for(asked: Model) -> None:
    assert routed_figures(asked, lambda version, since: pytest.fail("read")) == {}


def test_a_challenger_with_callers_is_counted_among_all_until_its_time_has_begun() -> None:
    windows = {"v1": [window(60, 400)], "v2": [window(0, 50), window(60, 300)], "v3": [window(60, 290, 10)]}

    def read(version: str, since: datetime) -> Sequence[Window]:
        return [one for one in windows[version] if one.start >= since]

    served = {"images": {"server": "server:1"}, "since": timestamp(BEGAN - timedelta(hours=1)), "phase": "Comparing"}
    began = {"phaseStartedAt": timestamp(BEGAN), "requestedWeight": 33}
    challengers = [
        served | began | {"name": "v2", "place": 0},
        served | began | {"name": "v3", "place": 1, "comparedSince": timestamp(BEGAN)},
    ]
    raw = model(CANARY)
    parsed = Model.parse(raw.dump() | {"status": {"champion": served | {"name": "v1"}, "challengers": challengers}})
    (row,) = routed_figures(parsed, read)["routed"]
    assert (row["name"], row["requests"], row["total"]) == ("v2", 300, 1000)
    one = parsed.status.challengers[0]
    assert has_taken_over({"routed": [row]}, one, "v1", 0)
    assert not has_taken_over({"routed": [row | {"requests": 20}]}, one, "v1", 0)
