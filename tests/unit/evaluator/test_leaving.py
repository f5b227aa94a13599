"""The last words of the exporters of a version that has lost its share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from leeboard.api.model import Model
from leeboard.evaluator.leaving import leaving_figures
from leeboard.evaluator.windows import Window
from leeboard.planning.conditions import timestamp
from leeboard.planning.traffic.leaving import is_quiet
from tests.support.examples import example

LEFT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def window(pod: str, start: int, requests: int) -> Window:
    """A minute of a pod, which begins so many seconds after the loss."""
    began = LEFT + timedelta(seconds=start)
    return Window(
        start=began,
        end=began + timedelta(seconds=60),
        requests=requests,
        errors=0,
        rows=requests,
        dropped=0,
        latency_edges=(),
        latency_counts=np.zeros(1, np.int64),
        features=(),
        prediction=None,
        pod=pod,
    )


def model(**status: Any) -> Model:
    raw = example("model")
    raw["spec"]["traffic"] = {"mode": "Gateway", "gateway": {"parentRefs": [{"name": "public"}]}}
    served = {"images": {"server": "server:1"}, "since": timestamp(LEFT)}
    raw["status"] = {place: served | fields for place, fields in status.items()}
    return Model.parse(raw)


DRAINING = model(draining={"name": "v1"})


@pytest.mark.parametrize(
    ("windows", "quiet"),
    [
        ([], False),
        ([window("a", -60, 5)], False),
        ([window("a", -30, 5), window("a", 30, 0)], True),
        ([window("a", 30, 0), window("b", -30, 0)], False),
        ([window("a", 30, 0), window("b", 30, 0)], True),
        ([window("a", 30, 0), window("b", 30, 1)], False),
        ([window("a", 30, 7), window("a", 90, 0)], True),
    ],
)
def test_a_version_is_quiet_when_every_exporter_says_so(windows: list[Window], quiet: bool) -> None:
    def read(name: str, since: datetime) -> Sequence[Window]:
        assert name == "v1"
        return [one for one in windows if one.start >= since]

    figures = leaving_figures(DRAINING, read)
    assert is_quiet(figures, "v1", LEFT) is quiet


def test_a_candidate_that_is_rolled_back_is_told_of_from_when_it_was() -> None:
    later = LEFT + timedelta(minutes=5)
    rolled_back = model(candidate={"name": "v2", "phase": "RollingBack", "stepStartedAt": timestamp(later)})
    asked: list[tuple[str, datetime]] = []
    leaving_figures(rolled_back, lambda name, since: asked.append((name, since)) or [])  # type: ignore[func-returns-value]
    assert asked == [("v2", later - timedelta(minutes=3))]


def test_with_mode_service_nothing_is_read() -> None:
    raw = example("model")
    raw["status"] = {"draining": {"name": "v1", "images": {"server": "s"}, "since": timestamp(LEFT)}}
    assert leaving_figures(Model.parse(raw), lambda name, since: pytest.fail("read")) == {}


@pytest.mark.parametrize(
    "row",
    [{}, {"name": "v2"}, {"name": "v1"}, {"name": "v1", "since": "soon", "requests": 0}, {"name": "v1", "since": ""}],
)
def test_what_makes_no_sense_is_not_quiet(row: dict[str, Any]) -> None:
    assert not is_quiet({"leaving": [row]}, "v1", LEFT)
