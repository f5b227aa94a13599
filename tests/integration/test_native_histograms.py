"""A real Prometheus that takes native histograms, and one that does not, beside the same server and exporter."""

from __future__ import annotations

import itertools
import json
import math
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from charts.dashboards.models import DASHBOARD
from e2e.cluster.prometheus import program
from leeboard_serving.exporter.latency import EDGES
from leeboard_serving.server.latencies import SECONDS
from tests.support.exposed import ACCEPTS_PROTOBUF, Shown, of_protobuf, of_text
from tests.support.installation import eventually
from tests.support.monitored import NAME, serving_pod
from tests.support.prometheus import PrometheusServer
from tests.unit.serving.exporter.running import Exporter
from tests.unit.serving.server import running as serving

pytestmark = pytest.mark.xdist_group("native-histograms")

REQUESTS = 60
NATIVE = {
    "leeboard_server_request_seconds": SECONDS,
    "leeboard_server_predict_seconds": SECONDS,
    "leeboard_request_seconds": EDGES,
}
"""The histograms that are native ones too, with the bounds of the classic ones."""
VARIABLES = {"$namespace": ".*", "$model": ".*", "$__rate_interval": "30s"}


@dataclass
class World:
    native: PrometheusServer
    classic: PrometheusServer
    ports: dict[str, int]

    def scraped(self, process: str, accept: str = "") -> bytes:
        """What a process answers a scrape with."""
        answer = httpx.get(f"http://127.0.0.1:{self.ports[process]}/metrics", headers={"Accept": accept}, timeout=10)
        assert answer.status_code == 200
        return answer.content

    def value(self, prometheus: PrometheusServer, expression: str) -> float:
        """Of an expression with one series."""
        (found,) = prometheus.query(expression)
        return float(found["value"][1])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("native")) as found:
        yield found


@contextmanager
def running(folder: Path) -> Iterator[World]:
    """Both are scraped before the first request, so that every one is an increase."""
    with ExitStack() as stack:
        exporter, server = stack.enter_context(serving_pod(folder / "pod"))
        ports = {"exporter": exporter.metrics_port, "server": server.port}
        pods = [pod(ports)]
        servers = []
        for name in ("native", "classic"):
            (folder / name).mkdir()
            servers.append(stack.enter_context(PrometheusServer(folder / name, pods, name == "native")))
        found = World(servers[0], servers[1], ports)
        for prometheus in servers:
            until(prometheus, 'count(up{job="leeboard-serving"} == 1) == 2')
        asked(exporter, server)
        for prometheus in servers:
            until(prometheus, f'sum(leeboard_requests_total{{status="2xx"}}) == {REQUESTS}')
            until(prometheus, f'sum(leeboard_server_requests_total{{route="infer",status="2xx"}}) == {REQUESTS}')
        yield found


def pod(ports: dict[str, int]) -> tuple[dict[str, Any], dict[tuple[str, str], str]]:
    """A pod that serves, as far as discovery looks at it."""
    containers = [
        {"name": "server", "ports": [{"name": "http"}]},
        {"name": "exporter", "ports": [{"name": "metrics"}]},
    ]
    metadata = {"namespace": "ml", "name": f"{NAME}-0", "labels": {"leeboard.dev/part": "server"}}
    places = {("server", "http"): ports["server"], ("exporter", "metrics"): ports["exporter"]}
    addresses = {place: f"127.0.0.1:{port}" for place, port in places.items()}
    return {"metadata": metadata, "spec": {"containers": containers}}, addresses


def until(prometheus: PrometheusServer, expression: str) -> None:
    def answered() -> bool:
        try:
            return bool(prometheus.query(expression))
        except OSError:
            return False  # it has not begun to listen

    eventually(answered, expression, lambda: prometheus.log() + json.dumps(prometheus.targets()), seconds=60)


def asked(exporter: Exporter, server: serving.Server) -> None:
    """Requests of many sizes, so that latencies differ."""
    with httpx.Client(base_url=server.url, timeout=20) as client:
        for number in range(REQUESTS):
            rows = 1 + 97 * (number % 7)
            answer = client.post(f"/v2/models/{NAME}/infer", json=serving.request(rows, id=f"r{number}"))
            assert answer.status_code == 200
    exporter.until_requests(REQUESTS)


def test_prometheus_takes_what_it_is_given(world: World) -> None:
    for prometheus in (world.native, world.classic):
        assert [one["lastError"] for one in prometheus.targets()] == ["", ""]
        assert prometheus.log() == ""


@pytest.mark.parametrize("process", ["server", "exporter"])
def test_both_formats_show_the_same_families(world: World, process: str) -> None:
    # what is counted goes on: the text before and the text after have the protobuf between them
    before, proto, after = (world.scraped(process, accept) for accept in ("", ACCEPTS_PROTOBUF, "text/plain"))
    first, shown, last = of_text(before), of_protobuf(proto), of_text(after)
    assert set(shown) == set(first)
    for name, family in shown.items():
        assert (family.type, family.help) == (first[name].type, first[name].help)
        assert set(family.samples) == set(first[name].samples)
        for sample, value in family.samples.items():
            if not name.startswith(("process_", "leeboard_server_observations", "leeboard_outbox")):
                low, high = sorted((first[name].samples[sample], last[name].samples[sample]))
                assert low <= value <= high, sample


@pytest.mark.parametrize("process", ["server", "exporter"])
def test_native_histograms_are_those_that_the_page_names(world: World, process: str) -> None:
    shown: dict[str, Shown] = of_protobuf(world.scraped(process, ACCEPTS_PROTOBUF))
    own = {name for name in NATIVE if name.startswith("leeboard_server") == (process == "server")}
    assert {name for name, family in shown.items() if family.native} == own
    for name in own:
        of_samples = {labels for sample, labels in shown[name].samples if sample.endswith("_count")}
        assert set(shown[name].native) == of_samples


@pytest.mark.parametrize("name", NATIVE)
def test_prometheus_has_the_native_histogram_alone_and_its_figures_are_the_classic_ones(
    world: World, name: str
) -> None:
    assert world.native.query(f"{name}_bucket") == []
    assert world.classic.query(f"histogram_count({name})") == []
    native = world.value(world.native, f"histogram_count(sum({name}))")
    assert native == world.value(world.classic, f"sum({name}_count)") >= 1
    total = world.value(world.native, f"histogram_sum(sum({name}))")
    assert total == pytest.approx(world.value(world.classic, f"sum({name}_sum)"))


@pytest.mark.parametrize(("name", "share"), itertools.product(NATIVE, [0.1, 0.5, 0.9, 0.99]))
def test_quantiles_of_both_agree_as_far_as_the_bounds_tell(world: World, name: str, share: float) -> None:
    native = world.value(world.native, f"histogram_quantile({share}, sum({name}))")
    classic = world.value(world.classic, f"histogram_quantile({share}, sum by (le) ({name}_bucket))")
    bounds = (0.0, *NATIVE[name], math.inf)
    (low, high) = next((low, high) for low, high in pairwise(bounds) if low <= classic <= high)
    # both are in the bin that holds the observation asked for; a native bucket may reach beyond it, by 9 % of itself
    assert low / 1.0906 <= native <= high * 1.0906


def filled(expression: str) -> str:
    """A query as Grafana sends it with everything chosen."""
    for name, value in VARIABLES.items():
        expression = expression.replace(name, value)
    assert "$" not in expression, expression
    return expression


def test_the_models_dashboard_shows_latencies_in_both(world: World) -> None:
    latencies = [
        (panel.title, query.expression)
        for panel in DASHBOARD.panels()
        for query in panel.queries
        if "request_seconds" in query.expression or "predict_seconds" in query.expression
    ]
    assert len(latencies) >= 4
    for title, expression in latencies:
        for prometheus in (world.native, world.classic):
            found = prometheus.query(filled(expression))
            assert found, title
            assert all(0 < float(one["value"][1]) < 60 for one in found), title


def test_promtool_finds_nothing_wrong_with_the_text(world: World) -> None:
    for process in world.ports:
        command = [str(program("promtool")), "check", "metrics"]
        done = subprocess.run(command, input=world.scraped(process), capture_output=True, check=False, timeout=60)
        assert (done.returncode, done.stdout + done.stderr) == (0, b"")
