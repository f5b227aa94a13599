"""KPIs of a real Prometheus."""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.model import Model
from leeboard.evaluator.kpis import Kpis
from tests.support.examples import example
from tests.support.installation import eventually
from tests.support.prometheus import PrometheusServer


def _answers(server: PrometheusServer) -> bool:
    try:
        return bool(server.query("vector(1)"))
    except OSError:
        return False


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusServer]:
    """One that scrapes nothing: it can count all the same."""
    with PrometheusServer(Path(tmp_path_factory.mktemp("prometheus")), []) as server:
        eventually(lambda: _answers(server), "Prometheus answers")
        yield server


def asked(kpis: Kpis, *queries: str, names: tuple[str, ...] | None = None) -> list[dict[str, Any]]:
    """What is found of these queries, as KPIs named a, b, c, …"""
    model, monitor = example("model"), example("drift-monitor")
    named = [chr(ord("a") + position) for position in range(len(queries))]
    model["metadata"]["namespace"] = "ml"
    model["spec"]["kpis"] = [{"name": n, "source": {"query": q}} for n, q in zip(named, queries, strict=True)]
    monitor["spec"]["checks"] = [{"type": "KPI", "kpi": name, "min": "1"} for name in names or named]
    monitor["spec"]["actions"] = []
    figures = kpis.figures(Model.parse(model), DriftMonitor.parse(monitor), "v1", datetime.now(UTC))
    return asyncio.run(figures).get("kpis", [])


def test_a_value_is_asked_for_and_words_are_filled_in(prometheus: PrometheusServer) -> None:
    kpis = Kpis(prometheus.url)
    counted, moment = asked(kpis, "count_over_time(vector(1)[{window}:1h])", "scalar(vector(time()))")
    assert counted == {"name": "a", "value": "24"}  # an example's window is a day
    assert float(moment["value"]) == pytest.approx(time.time(), abs=5000)
    (labelled,) = asked(kpis, 'label_replace(vector(7), "m", "{model}/{namespace}/{version}", "", "")')
    assert labelled == {"name": "a", "value": "7"}


def test_what_cannot_be_had_says_why(prometheus: PrometheusServer, tmp_path: Path) -> None:
    broken, empty, many = asked(
        Kpis(prometheus.url), "sum(", "nothing_of_that_name", 'label_replace(vector(1), "a", "b", "", "") or vector(2)'
    )
    assert "Prometheus refuses the query" in broken["message"]
    assert empty["message"] == "the query has no series for an answer, not one"
    assert many["message"] == "the query has 2 series for an answer, not one"
    (unknown,) = asked(Kpis(prometheus.url), "vector(1)", names=("zzz",))
    assert unknown == {"name": "zzz", "message": "spec.kpis of the Model has no zzz"}
    (away,) = asked(Kpis("http://127.0.0.1:1"), "vector(1)")
    assert away["message"].startswith("Prometheus does not answer: ")
    (nowhere,) = asked(Kpis(), "vector(1)")
    assert nowhere["message"].startswith("the evaluator knows no Prometheus")
    (tokenless,) = asked(Kpis(prometheus.url, str(tmp_path / "none")), "vector(1)")
    assert tokenless["message"].startswith("the token for Prometheus cannot be read")


def test_nothing_is_asked_where_no_check_names_a_kpi() -> None:
    model, monitor = Model.parse(example("model")), DriftMonitor.parse(example("drift-monitor"))
    assert asyncio.run(Kpis("http://127.0.0.1:1").figures(model, monitor, "v1", datetime.now(UTC))) == {}
