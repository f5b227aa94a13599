"""A namespace with a Model and what belongs to it, the cluster below, and what users and the evaluator do there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from leeboard.api.model import Model
from leeboard.kube.resources import DRIFT_MONITOR, MODEL
from leeboard.planning.conditions import timestamp
from leeboard.planning.rollout.arms.figures import terms_of_figures
from tests.support.examples import example, model_version
from tests.support.simulation.access import Access
from tests.support.simulation.behaviour import Behaviour, Present
from tests.support.simulation.cluster import Cluster
from tests.support.simulation.invariants import Invariants
from tests.support.simulation.kube import Raw, SimulatedKube
from tests.support.simulation.operator import Operator
from tests.support.simulation.virtual_time import VirtualTimeLoop
from tests.support.states.model_worlds import arm, pairs

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
NAME = "late-flights"


class World:
    """Everything but the operators. `seconds` is the virtual time since START."""

    def __init__(self) -> None:
        self.seconds = self.leapt = 0.0
        self.present = Present()
        self.kube = SimulatedKube(self.now)
        self.invariants = Invariants(self.kube, self.now)
        self._loop: VirtualTimeLoop | None = None

    def now(self) -> datetime:
        """The clock of this world."""
        seconds = self._loop.time() if self._loop is not None else self.seconds
        return START + timedelta(seconds=seconds + self.leapt)

    def leap(self, seconds: float) -> None:
        """The wall clock is set, forward or back; what waits goes on waiting as long as it would have."""
        self.leapt += seconds

    def copy(self) -> World:
        """The same world at this moment, without anybody in it who remembers."""
        other = World.__new__(World)
        other.seconds = self._loop.time() if self._loop is not None else self.seconds
        other.leapt = self.leapt
        other.present = Present(self.present.behaviour)
        other._loop = None
        other.kube = self.kube.copy(other.now)
        other.invariants = self.invariants.copy(other.kube, other.now)
        return other

    def run(self, play: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Play in virtual time, with the cluster at work; time stands still afterwards. Raises what broke."""
        self._loop = VirtualTimeLoop(self.seconds)
        self.kube.listeners[:] = [self.invariants.changed]
        try:
            self._loop.run_until_complete(self._with_cluster(play))
        finally:
            self.seconds = self._loop.time()
            self._loop.close()
            self._loop = None

    async def _with_cluster(self, play: Callable[[], Coroutine[Any, Any, None]]) -> None:
        cluster = asyncio.get_running_loop().create_task(Cluster(self.kube, self.present, self.now).run())
        cluster.add_done_callback(self.invariants.ended)
        try:
            await play()
        finally:
            # also of a play that failed nothing goes on
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
        self.invariants.check()

    def operator(self, access: Access | None = None, **options: Any) -> Operator:
        """A new life of the operator."""
        access = access or Access(self.kube, "operator")
        access.careless = self.invariants.careless
        return Operator(access, self.now, unexpected=self.invariants.unexpected, **options)

    # -- what users do -----------------------------------------------------------------------------------------------
    def place(self, document: Raw, **spec: Any) -> Raw:
        """Create an object in the namespace, fields of its spec replaced."""
        document["metadata"] |= {"namespace": "ml"}
        document["spec"] |= spec
        return self.kube.put(document)

    def add_model(self, **spec: Any) -> None:
        """The example's Model; two pods, a canary of two stages."""
        self.place(example("model"), **spec)

    def add_training(self, **spec: Any) -> None:
        """The example's TrainingJob with no trigger but a change of its spec."""
        self.place(example("training-job"), **{"triggers": {"onSpecChange": True}, "limits": {}, **spec})

    def add_monitor(self, **spec: Any) -> None:
        """A monitor of the metric alone, which alerts and retrains."""
        checks = [{"type": "Performance", "metric": "roc_auc", "maxDrop": "0.03"}]
        actions = [{"type": "Alert"}, {"type": "Retrain", "trainingJobRef": {"name": NAME}}]
        self.place(example("drift-monitor"), **{"checks": checks, "actions": actions, **spec})

    def add_version(self, name: str, **spec: Any) -> None:
        """A version is registered that holds as well as the champion on the holdout."""
        document = model_version(name)
        champion = self.kube.live("Model", NAME).get("status", {}).get("champion", {}).get("name")
        if champion:
            difference = {"name": "roc_auc", "value": "0.01", "low": "0.00", "high": "0.02"}
            document["spec"]["comparison"] = {"champion": champion, "differences": [difference]}
        self.place(document, **spec)

    def command(self, **annotations: str | None) -> None:
        """Annotate the Model: promote, abort or pause."""
        self.kube.annotate("Model", NAME, **annotations)

    def scale(self, replicas: int) -> None:
        """Ask for another size of the champion."""
        serving = self.kube.live("Model", NAME)["spec"]["serving"]
        self.kube.edit("Model", NAME, serving={**serving, "replicas": replicas})

    def delete(self, kind: str, name: str = NAME) -> None:
        """Delete an object; what it owns follows."""
        self.kube.remove(kind, "ml", name)

    def behave(self, **fields: Any) -> None:
        """From now on the workloads behave so."""
        self.present.change(**fields)

    @property
    def behaviour(self) -> Behaviour:
        """How the workloads behave."""
        return replace(self.present.behaviour)

    # -- what the evaluator does -------------------------------------------------------------------------------------
    def rollout_figures(self, candidate: tuple[int, int], champion: tuple[int, int]) -> None:
        """Requests and errors of candidate and champion since the canary began."""
        status = self.kube.live("Model", NAME)["status"]
        names = {place: status[place]["name"] for place in ("candidate", "champion")}
        latency = {"value": "10", "low": "9", "high": "10"}
        rows = [
            {"name": names[place], "requests": counts[0], "errors": counts[1], "latencyP99": latency}
            for place, counts in (("candidate", candidate), ("champion", champion))
        ]
        self._evaluate("Model", {"observedAt": timestamp(self.now()), **names, "versions": rows})

    def pair_figures(self, **flips: int) -> None:
        """Of the challengers that are named: how many of 4,000 pairs disagree."""
        status = self.kube.live("Model", NAME)["status"]
        began = {one["name"]: one["comparedSince"] for one in status["challengers"]}
        champion = status["champion"]
        rows = [
            {"since": max(began[name], champion["since"]), **pairs(name, flips=count)} for name, count in flips.items()
        ]
        names = {"candidate": "", "champion": champion["name"]}
        self._evaluate("Model", {"observedAt": timestamp(self.now()), **names, "versions": [], "challengers": rows})

    def arm_figures(self, stretches: int = 8, errors: dict[str, int] | None = None, **wins: int) -> None:
        """Of the versions that share the requests, the champion first: how many of 500 predictions earned 1 in each of
        so many stretches."""
        model = self.kube.live("Model", NAME)
        status = model["status"]
        champion = status["champion"]
        began = {one["name"]: one["comparedSince"] for one in status["challengers"]}
        rows = [
            {"since": max(began.get(name, ""), champion["since"])}
            | arm(name, 500, count, requests=500 * stretches, errors=(errors or {}).get(name, 0))
            | {"rewards": [f"500 {count}"] * stretches}
            for name, count in wins.items()
        ]
        asked = Model.parse(model).spec.rollout.shared
        assert asked is not None
        arms = terms_of_figures(asked) | {"champion": champion["name"], "versions": rows}
        names = {"candidate": "", "champion": champion["name"]}
        self._evaluate("Model", {"observedAt": timestamp(self.now()), **names, "versions": [], "arms": arms})

    def leaving_figures(self, version: str, *, requests: int) -> None:
        """What the newest windows of a version that lost its share have counted."""
        evaluation = self.kube.live("Model", NAME)["status"].get("evaluation") or {}
        now = timestamp(self.now())
        row = {"name": version, "since": now, "until": now, "requests": requests}
        self._evaluate("Model", {**evaluation, "leaving": [row]})

    def drift_figures(self, roc_auc: float, *, version: str | None = None) -> None:
        """The metric in the newest window, on labels that have come."""
        champion = version or self.kube.live("Model", NAME)["status"]["champion"]["name"]
        figure = {
            "name": "roc_auc",
            "value": f"{roc_auc:.3f}",
            "low": f"{roc_auc - 0.01:.3f}",
            "high": f"{roc_auc + 0.01:.3f}",
            "reference": "0.73",
            "rows": 4000,
        }
        self._evaluate(
            "DriftMonitor",
            {
                "observedAt": timestamp(self.now()),
                "version": champion,
                "requests": 5000,
                "served": 5000,
                "rows": 5000,
                "features": [],
                "performance": [figure],
            },
        )

    def _evaluate(self, kind: str, figures: Raw) -> None:
        resource = {MODEL.kind: MODEL, DRIFT_MONITOR.kind: DRIFT_MONITOR}[kind]
        live = self.kube.live(resource.kind, NAME)
        self.kube.set_status(kind, NAME, {**live.get("status", {}), "evaluation": figures})
