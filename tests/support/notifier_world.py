"""A notifier over an API server in memory: monitors with an open episode, and the Secrets of their webhooks."""

import base64
import json
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.evaluator.metrics import EvaluatorMetrics
from leeboard.evaluator.webhooks.addresses import AllowedAddresses
from leeboard.evaluator.webhooks.notifier import Notifier
from leeboard.kube.errors import Unreachable
from tests.support.fake_kube import FakeKube

NOW = datetime(2026, 3, 2, 10, 5, 0, 123456, tzinfo=UTC)
KEY = "whsec_" + base64.b64encode(b"shared").decode()
EPISODE = {
    "id": "abc", "version": "v1", "startedAt": "2026-03-02T10:00:00Z", "reason": "DataDrift wind 0.4",
    "alerted": True, "webhooks": ["pager/Webhook", "hangs/Webhook", "alerts/Alertmanager"],
}  # fmt: skip
FINDINGS = [
    {"check": "DataDrift", "subject": "wind", "verdict": "Drift", "value": "0.4", "low": "0.39", "high": "0.41"},
    {"check": "DataDrift", "subject": "temp", "verdict": "Stable", "value": "0.01"},
]


class NotifierWorld(FakeKube):
    """An API server with monitors and Secrets, and the notifier of one process."""

    def __init__(self):
        super().__init__()
        self.now, self.managers, self.fail, self.unreachable = NOW, [], None, False
        self.restart()

    def restart(self):
        self.registry = CollectorRegistry()
        allowed = AllowedAddresses(("http://127.0.0.1",))
        self.notifier = Notifier(self, allowed, EvaluatorMetrics(self.registry), lambda: self.now)

    async def list(self, resource, namespace=None, **options):
        if self.unreachable:
            raise Unreachable("no answer")
        return await super().list(resource, namespace, **options)

    async def apply_status(self, obj, *, field_manager=None):
        if self.fail:
            raise self.fail
        self._called("apply_status", obj["kind"], obj["metadata"]["name"])
        live = self._present((obj["kind"], "ml", obj["metadata"]["name"]))
        assert obj["metadata"]["uid"] == live["metadata"]["uid"]
        live["status"] |= json.loads(json.dumps(obj["status"]))
        self.managers.append(field_manager)
        return live

    def monitor(self, name="late-flights", *webhooks, episode=EPISODE):
        actions = [
            {"type": "Alert", "webhook": {"secretRef": {"name": secret}, "format": form}} for secret, form in webhooks
        ]
        spec = {"modelRef": {"name": "late-flights"}, "window": {"length": "1h"}, "checks": [], "actions": actions}
        spec["checks"] = [{"type": "DataDrift", "distance": "PSI", "threshold": "0.1"}]
        status = {"episode": episode, "findings": FINDINGS, "verdict": "Drift", "version": "v1"}
        metadata = {"name": name, "namespace": "ml", "uid": f"uid-{name}"}
        self.put({"apiVersion": "leeboard.dev/v1alpha1", "kind": "DriftMonitor", "metadata": metadata,
                  "spec": spec, "status": status})  # fmt: skip

    def secret(self, name, web, **values):
        port = web.address.rpartition(":")[2]
        self.notifier.allowed = AllowedAddresses((*self.notifier.allowed.prefixes, f"http://127.0.0.1:{port}/"))
        values = {"url": f"{web.address}/hook", "signingKey": KEY, "token": "t0ken"} | values
        data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
        self.put({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "ml"}, "data": data})

    def listed(self):
        return [DriftMonitor.parse(raw) for raw in self.of_kind("DriftMonitor")]

    async def round(self, monitors=None):
        self.notifier.look(self.listed() if monitors is None else monitors)
        await self.notifier.idle()

    def end(self, name="late-flights"):
        self.live("DriftMonitor", name)["status"]["episode"] = EPISODE | {"endedAt": "2026-03-02T11:00:00Z"}

    def deliveries(self, name="late-flights"):
        return self.live("DriftMonitor", name)["status"].get("deliveries", [])

    def count(self, metric, **labels):
        return self.registry.get_sample_value(f"leeboard_{metric}_total", labels)
