"""Operator and evaluator as processes on a real API server: each episode is told of once, whoever starts anew.

The figures are written by the test. The evaluator finds no storage, and says so beside the record of deliveries.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from e2e.cluster.control_plane import ControlPlane
from leeboard.evaluator.service import FIELD_MANAGER as FIGURES
from leeboard.evaluator.webhooks.notifier import FIELD_MANAGER as DELIVERIES
from tests.support.examples import example
from tests.support.installation import EvaluatorProcess, OperatorProcess, eventually, forget_lease, install
from tests.support.tenant import Document, Tenant, tenant, trained
from tests.support.webhook_receiver import WebhookReceiver, webhook_receiver

pytestmark = pytest.mark.apiserver
NAME = "late-flights"


@pytest.fixture(scope="module")
def plane(kubernetes: str) -> Iterator[ControlPlane]:
    with ControlPlane(kubernetes) as running:
        install(running)
        yield running


@pytest.fixture
def web() -> Iterator[WebhookReceiver]:
    with webhook_receiver() as receiver:
        yield receiver


def watched(ml: Tenant, web: WebhookReceiver) -> str:
    """A monitor of a served version, with a webhook; gives the version."""
    version = trained(ml)
    ml.roll_out(ml.one("deployments", f"leeboard.dev/model={NAME}"))
    ml.status("model", NAME, "champion")
    values = {"url": f"{web.address}/{ml.kubectl.namespace}/hook", "signingKey": "shared"}
    data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    monitor = example("drift-monitor")
    monitor["spec"] |= {
        "window": {"length": "1h", "every": "10m", "minSamples": 500},
        "checks": [{"type": "DataDrift", "distance": "JensenShannon", "threshold": "0.1"}],
        "actions": [{"type": "Alert", "webhook": {"secretRef": {"name": "pager"}}}],
    }
    ml.kubectl.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "pager"}, "data": data}, monitor)
    return version


def figures(version: str, distance: float) -> Document:
    row = {
        "missingPercent": 0,
        "distances": [
            {"name": "JensenShannon", "value": str(distance), "low": str(distance), "high": str(distance)},
        ],
    }
    return {
        "observedAt": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "version": version,
        "requests": 900,
        "rows": 900,
        "features": [row | {"name": "wind_speed"}],
        "prediction": row | {"name": "probability"},
        "performance": [],
        # a merge patch: what the evaluator said before goes
        "error": None,
    }


def live(ml: Tenant) -> Document:
    text = ml.kubectl("get", "driftmonitor", NAME, "-o", "json", "--show-managed-fields")
    found: Document = json.loads(text)
    return found


def written(ml: Tenant, manager: str) -> Any:
    """The fields of the status that a manager owns, and when it wrote last."""
    for one in live(ml)["metadata"]["managedFields"]:
        if (one["manager"], one["operation"]) == (manager, "Apply"):
            return sorted(one["fieldsV1"]["f:status"]), one["time"]
    return None


def rounds(ml: Tenant, evaluator: EvaluatorProcess, count: int = 3) -> None:
    """Wait until figures, or why there are none, were written that often."""
    for _ in range(count):
        before = live(ml)["status"]["evaluation"]["observedAt"]
        eventually(
            lambda before=before: live(ml)["status"]["evaluation"]["observedAt"] != before, "a round", evaluator.log
        )


def test_each_episode_is_told_of_once_whoever_starts_anew(
    plane: ControlPlane, web: WebhookReceiver, tmp_path: Path
) -> None:
    settings = {"LEEBOARD_EVALUATOR_INTERVAL": "1s", "LEEBOARD_ALLOWED_WEBHOOKS": f"{web.address}/{{namespace}}/"}
    with OperatorProcess(plane, tmp_path) as operator:
        ml = tenant(plane, operator, "told")
        version = watched(ml, web)
        ml.write_status("driftmonitor", NAME, {"evaluation": figures(version, 0.4)})
        assert ml.status("driftmonitor", NAME, "episode")["episode"]["alerted"]
        with EvaluatorProcess(plane, tmp_path, **settings) as evaluator:
            ml.status("driftmonitor", NAME, "deliveries")
            rounds(ml, evaluator)
            assert [json.loads(post.body)["type"] for post in web.posts] == ["firing"]
            assert json.loads(web.posts[0].body)["version"] == version
            assert written(ml, FIGURES)[0] == ["f:evaluation"]
            fields, first = written(ml, DELIVERIES)
            assert fields == ["f:deliveries"]
            evaluator.kill()
        operator.kill()
    forget_lease(plane)
    with OperatorProcess(plane, tmp_path) as operator:
        ml.operator = operator
        with EvaluatorProcess(plane, tmp_path, **settings) as evaluator:
            rounds(ml, evaluator)
            assert len(web.posts) == 1
            # nobody wrote the record again: neither the evaluator nor, by another value, the operator
            assert written(ml, DELIVERIES) == (["f:deliveries"], first)
            assert evaluator.stop() == 0, evaluator.log()
        ml.write_status("driftmonitor", NAME, {"evaluation": figures(version, 0.01)})

        def ended() -> Any:
            return live(ml)["status"]["episode"].get("endedAt")

        eventually(ended, "the episode ends", operator.log)
        assert live(ml)["status"]["deliveries"][0]["firedAt"], "the operator copies the record through"
        with EvaluatorProcess(plane, tmp_path, **settings) as evaluator:
            eventually(lambda: len(web.posts) == 2, "its end is told", evaluator.log)
            rounds(ml, evaluator)
            assert [json.loads(post.body)["type"] for post in web.posts] == ["firing", "resolved"]
            assert live(ml)["status"]["deliveries"][0]["resolvedAt"]
            assert evaluator.stop() == 0, evaluator.log()
        assert operator.stop() == 0, operator.log()[-6000:]
        assert operator.problems() == []


def test_what_the_administrator_does_not_allow_is_told_in_status_and_figures_come_all_the_same(
    plane: ControlPlane, web: WebhookReceiver, tmp_path: Path
) -> None:
    settings = {"LEEBOARD_EVALUATOR_INTERVAL": "1s", "LEEBOARD_ALLOWED_WEBHOOKS": f"{web.address}/told/"}
    forget_lease(plane)
    with OperatorProcess(plane, tmp_path) as operator:
        ml = tenant(plane, operator, "untold")
        version = watched(ml, web)
        ml.write_status("driftmonitor", NAME, {"evaluation": figures(version, 0.4)})
        ml.status("driftmonitor", NAME, "episode")
        with EvaluatorProcess(plane, tmp_path, **settings) as evaluator:
            (record,) = ml.status("driftmonitor", NAME, "deliveries")["deliveries"]
            assert (record["reason"], record["attempts"], "firedAt" in record) == ("WebhookForbidden", 1, False)
            assert web.address not in json.dumps(live(ml))
            rounds(ml, evaluator)
            assert (
                'leeboard_notification_errors_total{format="Webhook",reason="WebhookForbidden"} 1.0'
                in (evaluator.probe("/metrics")[1])
            )
            assert evaluator.stop() == 0, evaluator.log()
        assert web.posts == []
        assert operator.stop() == 0, operator.log()[-6000:]
