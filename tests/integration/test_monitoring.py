"""All four processes, scraped by a real Prometheus by the chart's own rules of what to scrape.

What they show is what the reference page says, every query of every dashboard finds series, and the logs are quiet
while nothing happens.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from charts.dashboards import drift, models, operation, training
from charts.metrics_page import OF_PROCESSES
from e2e.cluster.binaries import KUBERNETES
from e2e.cluster.prometheus import program
from leeboard.observability.families import SHARED, Family, described
from tests.support.exposed import of_protobuf, of_text
from tests.support.installation import CHART, SYSTEM, HelmError, eventually, helm
from tests.support.monitored import MONITORING, World, monitored

pytestmark = [pytest.mark.apiserver, pytest.mark.xdist_group("monitoring")]

PANELS = [
    (dashboard.title, panel)
    for dashboard in (models.DASHBOARD, drift.DASHBOARD, training.DASHBOARD, operation.DASHBOARD)
    for panel in dashboard.panels()
]
QUERIES = [
    (f"{title}: {panel.title} {number}", query.expression)
    for title, panel in PANELS
    for number, query in enumerate(panel.queries)
]
VARIABLES = {
    "$namespace": ".*",
    "$model": ".*",
    "$training_job": ".*",
    "$monitor": ".*",
    "$__rate_interval": "10s",
    "$__range": "10m",
}
PROCESSES = sorted(OF_PROCESSES)
SUBJECT = ("kind", "namespace", "name", "reconcileID")
OF_REQUESTS = ("route", "status", "id", "error", "suppressed")
"""What lines of a server have about requests that failed."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with monitored(tmp_path_factory.mktemp("monitored")) as running:
        yield running


def filled(expression: str) -> str:
    """A query as Grafana sends it with everything chosen."""
    for name, value in VARIABLES.items():
        expression = expression.replace(name, value)
    assert "$" not in expression, expression
    return expression


def shown(world: World, process: str) -> dict[str, Metric]:
    """The families that a process shows, by the name in the page."""
    families = text_string_to_metric_families(world.scraped(process))
    return {family.name + ("_total" if family.type == "counter" else ""): family for family in families}


def test_prometheus_finds_the_processes_and_nothing_else(world: World) -> None:
    def targets() -> list[dict[str, Any]] | None:
        found = world.prometheus.targets()
        return found if found and all(one["health"] == "up" for one in found) else None

    found = eventually(targets, "every target is up", lambda: json.dumps(world.prometheus.targets()), seconds=30)
    addresses = {one["scrapeUrl"]: one["labels"] for one in found}
    assert set(addresses) == {f"http://127.0.0.1:{port}/metrics" for port in world.ports.values()}
    for one in found:
        assert {"namespace", "pod"} <= set(one["labels"])


@pytest.mark.parametrize("process", PROCESSES)
def test_what_a_process_shows_is_what_the_page_says(world: World, process: str) -> None:
    page = described((*OF_PROCESSES[process], *SHARED))
    found = shown(world, process)
    assert set(found) <= set(page)
    for name, family in found.items():
        said: Family = page[name]
        assert (family.type, family.documentation) == (said.type, said.help)
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        assert labels <= set(said.labels), name
        assert not family.samples or labels == set(said.labels), name
    # what waits for something to happen may have no samples yet, but nothing of the page is made up
    assert {name for name in page if name not in found} == set()


@pytest.mark.parametrize("process", PROCESSES)
def test_promtool_finds_nothing_wrong(world: World, process: str) -> None:
    command = [str(program("promtool")), "check", "metrics"]
    text = world.scraped(process)
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("process", PROCESSES)
def test_a_scrape_by_protobuf_shows_what_the_text_shows(world: World, process: str) -> None:
    text, proto = world.scraped(process).encode(), world.scraped_by_protobuf(process)
    # a series may begin between the two scrapes, as values go on; a family does not
    first, then = of_text(text), of_protobuf(proto)
    assert {name: (one.type, one.help) for name, one in then.items()} == {
        name: (one.type, one.help) for name, one in first.items()
    }
    for name, family in first.items():
        assert set(family.samples) <= set(then[name].samples), name
        if family.type != "gauge":
            falling = {sample for sample, value in family.samples.items() if then[name].samples[sample] < value}
            assert falling == set(), name


def test_every_query_of_every_dashboard_finds_series(world: World) -> None:
    missing = dict(QUERIES)

    def all_found() -> bool:
        for title, expression in list(missing.items()):
            if world.prometheus.query(filled(expression)):
                del missing[title]
        return not missing

    eventually(all_found, "every query finds series", lambda: json.dumps(missing, indent=1), seconds=60)


def test_what_happened_once_is_counted_once(world: World) -> None:
    once = {"Gates that refused": "Threshold roc_auc", "Rollouts by outcome": "Promoted"}
    for title, panel in PANELS:
        if panel.title in once:
            (found,) = world.prometheus.query(filled(panel.queries[0].expression))
            assert found["value"][1] == "1", title
            assert once[panel.title] in found["metric"].values()


def test_logs_are_quiet_while_nothing_happens(world: World) -> None:
    before = world.log("operator")
    # several relists, and the watches' and the lease's own work
    time.sleep(6)
    assert world.log("operator")[len(before) :] == []


@pytest.mark.parametrize("process", PROCESSES)
def test_every_line_of_a_log_has_the_same_form(world: World, process: str) -> None:
    lines = world.log(process)
    assert lines
    for line in lines:
        assert {"time", "level", "logger", "message"} <= set(line)
        about = OF_REQUESTS if line["logger"] == "leeboard.serving.requests" else SUBJECT
        assert set(line) <= {*("time", "level", "logger", "message", "exception"), *about}


def test_a_line_about_an_object_names_it(world: World) -> None:
    complaints = [line for line in world.log("evaluator") if line["level"] == "WARNING"]
    # the rounds tell of it once, and so does what keeps observations in order
    assert 1 <= len(complaints) == len({line["logger"] for line in complaints}) <= 2
    for complaint in complaints:
        assert (complaint["kind"], complaint["namespace"], complaint["name"]) == ("Model", "broken", "late-flights")
        assert complaint["reconcileID"]


def rendered(*settings: str) -> dict[str, dict[str, Any]]:
    """The chart's documents for monitoring, by kind."""
    shown = [f"--show-only=templates/monitoring/{name}.yaml" for name in ("monitors", "rules", "dashboards")]
    text = helm(
        "template", "leeboard", str(CHART), "--namespace", SYSTEM, "--kube-version", KUBERNETES, *shown, *settings
    )
    return {document["kind"]: document for document in yaml.safe_load_all(text) if document}


def test_the_monitors_and_rules_are_the_prometheus_operators_own_kinds(world: World) -> None:
    documents = rendered(*MONITORING)
    assert set(documents) == {"ServiceMonitor", "PodMonitor", "PrometheusRule", "ConfigMap"}
    client = world.plane.client("default")
    for document in documents.values():
        metadata = document["metadata"] | {"namespace": "default"}
        client(
            "create",
            "--dry-run=server",
            "--validate=strict",
            "-f",
            "-",
            input=json.dumps(document | {"metadata": metadata}),
        )
        assert world.plane.client(SYSTEM).get(document["kind"], document["metadata"]["name"]) is not None


def test_the_monitors_choose_the_pods_and_ports_that_there_are(world: World) -> None:
    documents = rendered(*MONITORING)
    services = world.plane.client(SYSTEM).all("services")
    selector = documents["ServiceMonitor"]["spec"]["selector"]
    chosen = [one for one in services if selector["matchLabels"].items() <= one["metadata"]["labels"].items()]
    assert {one["metadata"]["labels"]["app.kubernetes.io/component"] for one in chosen} >= {"operator", "evaluator"}
    (deployment,) = world.plane.client("ml").all("deployments")
    template = deployment["spec"]["template"]
    selector = documents["PodMonitor"]["spec"]["selector"]
    assert selector["matchLabels"].items() <= template["metadata"]["labels"].items()
    containers = [*template["spec"]["containers"], *template["spec"]["initContainers"]]
    ports = {port["name"] for container in containers for port in container.get("ports", ())}
    assert {one["port"] for one in documents["PodMonitor"]["spec"]["podMetricsEndpoints"]} <= ports


def test_rules_lead_to_runbooks_where_the_values_say_and_dashboards_are_whole() -> None:
    documents = rendered(
        *MONITORING, "--set=metrics.rules.runbookRoot=https://git.example/x/", "--set=namespaces={a,b}"
    )
    plain = yaml.safe_load((CHART / "monitoring" / "rules.yaml").read_text(encoding="utf-8"))
    rules = [rule for group in documents["PrometheusRule"]["spec"]["groups"] for rule in group["rules"]]
    assert [rule["expr"] for rule in rules] == [rule["expr"] for group in plain["groups"] for rule in group["rules"]]
    assert all(rule["annotations"]["runbook_url"].startswith("https://git.example/x/docs/") for rule in rules)
    assert documents["PodMonitor"]["spec"]["namespaceSelector"] == {"matchNames": ["a", "b"]}
    dashboards = {json.loads(text)["uid"] for text in documents["ConfigMap"]["data"].values()}
    assert dashboards == {"leeboard-models", "leeboard-drift", "leeboard-training", "leeboard-operation"}
    assert documents["ConfigMap"]["metadata"]["labels"]["grafana_dashboard"] == "1"
    with pytest.raises(HelmError, match="could not find template"):
        rendered()
    with pytest.raises(HelmError, match=r"metrics\.service"):
        rendered(*MONITORING, "--set=metrics.service=false")
