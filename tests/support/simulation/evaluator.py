"""The evaluator: every so often, figures about candidate and champion, and about the newest window."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from leeboard.kube.errors import KubeError
from leeboard.kube.resources import DRIFT_MONITOR, MODEL
from leeboard.planning.conditions import timestamp
from tests.support.simulation.access import Access
from tests.support.simulation.kube import Raw
from tests.support.simulation.pods import moment

REQUESTS_A_SECOND = 40


@dataclass
class Evaluator:
    """Writes figures through its own access. `failing` holds the versions whose requests fail; `quality` the metric."""

    access: Access
    now: Callable[[], datetime]
    every: float = 60.0
    failing: frozenset[str] = frozenset()
    quality: float = 0.72
    asleep: bool = False

    async def run(self) -> None:
        """Write figures until cancelled."""
        while True:
            await asyncio.sleep(self.every)
            if not self.asleep:
                for resource, figures in ((MODEL, self.rollout_figures), (DRIFT_MONITOR, self.drift_figures)):
                    for raw in self.access.kube.of_kind(resource.kind):
                        found = figures(raw)
                        if found is not None:
                            patch = {"status": {"evaluation": found}}
                            metadata = raw["metadata"]
                            with suppress(KubeError):
                                await self.access.merge_patch(resource, metadata["namespace"], metadata["name"], patch)

    def rollout_figures(self, model: Raw) -> Raw | None:
        """Counts since the canary began, or None without one."""
        status = model.get("status") or {}
        candidate, champion = status.get("candidate"), status.get("champion")
        if not candidate or not champion or "canaryStartedAt" not in candidate:
            return None
        seconds = max(0, int((self.now() - moment(candidate["canaryStartedAt"])).total_seconds()))
        rows = []
        for name in (candidate["name"], champion["name"]):
            requests = REQUESTS_A_SECOND * seconds
            errors = requests // 5 if name in self.failing else 0
            latency = {"value": "10", "low": "9", "high": "10"}
            rows.append({"name": name, "requests": requests, "errors": errors, "latencyP99": latency})
        names = {"candidate": candidate["name"], "champion": champion["name"]}
        return {"observedAt": timestamp(self.now()), **names, "versions": rows}

    def drift_figures(self, monitor: Raw) -> Raw | None:
        """The metric of the champion of the monitored Model, or None without one."""
        address = ("Model", monitor["metadata"]["namespace"], monitor["spec"]["modelRef"]["name"])
        champion = (self.access.kube.objects.get(address) or {}).get("status", {}).get("champion")
        if champion is None:
            return None
        ends = {"value": self.quality, "low": self.quality - 0.005, "high": self.quality + 0.005}
        figure = {
            "name": "roc_auc",
            "reference": "0.73",
            "rows": 4000,
            **{key: f"{end:.3f}" for key, end in ends.items()},
        }
        return {
            "observedAt": timestamp(self.now()),
            "version": champion["name"],
            "requests": 5000,
            "served": 5000,
            "rows": 5000,
            "features": [],
            "performance": [figure],
        }
