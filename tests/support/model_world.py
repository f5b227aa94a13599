"""A small cluster for a Model: it carries plans out call by call, plays Deployment controller and kubelet, and watches
after every call that nobody's request could have failed."""

import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.planning.conditions import timestamp
from leeboard.planning.model import plan_model
from leeboard.planning.model_version import serving_as
from leeboard.planning.plan import Plan
from leeboard.planning.rollout.memory import kept
from leeboard.planning.settings import Settings
from leeboard.planning.snapshot import ModelSnapshot
from leeboard.planning.traffic.routes import weights
from tests.support.examples import example, model_version
from tests.support.played_gateway import Mood, answered

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
Document = dict[str, Any]
MEMORY = {"championSince", "rolledBack"}
"""What a version's status keeps when its Model is gone."""


class Crash(Exception):
    """The operator ended between two calls."""


class World:
    """Objects as an API server keeps them."""

    def __init__(self, **spec: Any) -> None:
        """The example's Model; `spec` replaces fields of its spec."""
        self.model = example("model")
        self.model["metadata"] |= {"uid": "m-uid", "namespace": "ml", "generation": 1, "annotations": {}}
        self.model["spec"] |= spec
        self.settings = Settings(runtime_image="runtime:1", server_image="server:1", gateway=True)
        self.versions: dict[str, Document] = {}
        self.deployments: dict[str, Document] = {}
        self.services: dict[str, Document] = {}
        self.budgets: dict[str, Document] = {}
        self.autoscalers: dict[str, Document] = {}
        self.held: set[str] = set()
        """Deployments whose replicas another manager holds, too."""
        self.routes: dict[str, dict[str, Document]] = {"HTTPRoute": {}, "GRPCRoute": {}}
        self.gateway: Mood = "accepts"
        self.unknown: set[str] = set()
        """Kinds of routes that the API server does not know."""
        self.missed: set[str] = set()
        """Those of them that the operator has found out about."""
        self.monitors: dict[str, Document] = {}
        self.problems: dict[str, Document] = {}
        self.slow: set[str] = set()
        self.exporters: dict[str, Document] = {}
        """What a node says of the exporter of single pods, whose servers answer all the same."""
        self.refused: dict[str, Document] = {}
        self.now = START
        self.events: list[tuple[str, str]] = []
        self.calls = 0
        self.crash_every = 0
        self.uids = 0
        self.templates: dict[str, str] = {}
        self.registry: dict[str, str] = {}
        """What a node reports as imageID when it runs an image; nothing for what is not in here."""

    # -- what users and others do ------------------------------------------------------------------------------------
    def add_version(self, name: str, *, phase: str = "Accepted") -> None:
        """A version appears, later than all before."""
        version = model_version(name)
        version["metadata"] |= {
            "uid": f"{name}-uid",
            "namespace": "ml",
            "generation": 1,
            "creationTimestamp": timestamp(START + timedelta(seconds=len(self.versions))),
        }
        version["status"] = {"phase": phase}
        self.versions[name] = version

    def annotate(self, **annotations: str) -> None:
        """Commands: promote, abort or pause."""
        for name, value in annotations.items():
            self.model["metadata"]["annotations"][f"leeboard.dev/{name}"] = value

    def count(self, *, candidate: tuple[int, int], champion: tuple[int, int], p99: str = "10") -> None:
        """The evaluator's figures of the present rollout: (requests, errors) of both versions."""
        names = {place: self.status[place]["name"] for place in ("candidate", "champion")}
        latency = {"value": p99, "low": p99, "high": p99}
        self.status["evaluation"] = {
            "observedAt": timestamp(self.now),
            **names,
            "versions": [
                {"name": names[place], "requests": counts[0], "errors": counts[1], "latencyP99": latency}
                for place, counts in (("candidate", candidate), ("champion", champion))
            ],
        }

    def pair(self, *rows: Document) -> None:
        """The evaluator's figures of challengers: what `tests.support.states.model_worlds.pairs` gives."""
        began = {one["name"]: one.get("comparedSince") for one in self.status["challengers"]}
        champion = self.status["champion"]
        self.status["evaluation"] = {
            "observedAt": timestamp(self.now),
            "champion": champion["name"],
            "candidate": "",
            "challengers": [{"since": max(began[row["name"]] or "", champion["since"])} | row for row in rows],
        }

    def earn(self, metric: Document, *rows: Document, **told: Any) -> None:
        """The evaluator's figures of an A/B test or a bandit, champion first: rows are `model_worlds.arm`; `told` is
        what figures of a bandit have beside."""
        champion = self.status["champion"]
        began = {one["name"]: one.get("comparedSince") or "" for one in self.status.get("challengers", [])}
        versions = [{"since": max(began.get(row["name"], ""), champion["since"])} | row for row in rows]
        self.status["evaluation"] = {
            "observedAt": timestamp(self.now),
            "champion": champion["name"],
            "candidate": "",
            "arms": {"metric": metric, "champion": champion["name"], "versions": versions} | told,
        }

    def count_error(self, reason: str) -> None:
        """The evaluator has no figures."""
        self.status["evaluation"] = {
            "observedAt": timestamp(self.now),
            **{place: self.status[place]["name"] for place in ("candidate", "champion") if self.status.get(place)},
            "error": {"reason": reason, "message": "m"},
        }

    # -- the operator ------------------------------------------------------------------------------------------------
    @property
    def primary(self) -> Document:
        """The object that this world is about."""
        return self.model

    @property
    def status(self) -> Document:
        """The Model's status."""
        status: Document = self.model.setdefault("status", {})
        return status

    def snapshot(self) -> ModelSnapshot:
        """What the operator sees."""
        return ModelSnapshot(
            model=Model.parse(deepcopy(self.model)),
            versions=tuple(ModelVersion.parse(deepcopy(one)) for one in self.versions.values()),
            deployments=tuple(deepcopy(list(self.deployments.values()))),
            services=tuple(deepcopy(list(self.services.values()))),
            pods=tuple(pod for one in self.deployments.values() for pod in self._pods(one)),
            monitors=tuple(DriftMonitor.parse(deepcopy(one)) for one in self.monitors.values()),
            settings=self.settings,
            autoscalers=tuple(deepcopy(list(self.autoscalers.values()))),
            routes=tuple(deepcopy([one for routes in self.routes.values() for one in routes.values()])),
            missing_kinds=frozenset(self.missed),
        )

    def plan(self) -> Plan:
        """The plan for what is there now; the same when it is asked for again."""
        plan = plan_model(self.snapshot(), self.now)
        assert plan == plan_model(self.snapshot(), self.now)
        return plan

    def reconcile(self) -> Plan:
        """Plan and carry out. Raises Crash at every `crash_every`-th call."""
        plan = self.plan()
        for desired in plan.hand_over:
            self._call()
            self.deployments[desired["metadata"]["name"]]["spec"]["replicas"] = desired["spec"]["replicas"]
            self.held.add(desired["metadata"]["name"])
        for desired in map(self._with_replicas, plan.apply):
            if self._is_current(desired):
                continue
            self._call()
            if desired["kind"] in self.unknown:
                self.missed.add(desired["kind"])
                continue
            self.missed.discard(desired["kind"])
            self._apply(desired)
            self._watch()
        for reference in plan.delete:
            self._call()
            store = self._stores()[reference.kind]
            assert store[reference.name]["metadata"]["uid"] == reference.uid
            del store[reference.name]
            self._watch()
        if plan.status is not None:
            self._call()
            self.model["status"] = json.loads(json.dumps(plan.status))
            self.events += [(event.type, event.reason) for event in plan.events]
        self.mark()
        return plan

    def mark(self) -> None:
        """The versions say which place they have, as their own controller makes them."""
        model = Model.parse(deepcopy(self.model))
        for name, version in self.versions.items():
            version["status"]["servingAs"] = serving_as(name, model)
            remembering = ModelVersion.parse(deepcopy(version))
            remembered = remembering.status.model_copy(update=kept(remembering, model)).dump()
            version["status"] = {field: value for field, value in version["status"].items() if field not in MEMORY}
            version["status"] |= {field: remembered[field] for field in MEMORY & remembered.keys()}

    def settle(self, rounds: int = 12) -> None:
        """Reconcile, and let pods come and go, until nothing happens any more at this moment."""
        for _ in range(rounds):
            before = json.dumps([self.model, self.deployments, self.services, self.routes], sort_keys=True)
            try:
                self.reconcile()
            except Crash:
                before = ""
            self.kubelet()
            if before == json.dumps([self.model, self.deployments, self.services, self.routes], sort_keys=True):
                return
        raise AssertionError(f"no rest: {self.status}")

    def wait(self, **span: float) -> None:
        """Time passes, and everything settles."""
        self.now += timedelta(**span)
        self.settle()

    # -- the cluster -------------------------------------------------------------------------------------------------
    def kubelet(self) -> None:
        """Pods become ready, save those with a problem and the slow ones; the Gateway's controller sees the routes."""
        for routes in self.routes.values():
            for name, route in routes.items():
                routes[name] = answered(route, self.gateway)
        self._bound()
        for one in self.deployments.values():
            version, wanted = one["metadata"]["labels"]["leeboard.dev/version"], one["spec"]["replicas"]
            ready = 0 if version in self.problems or version in self.slow else wanted - len(self._unready(one))
            one["status"] = {
                "observedGeneration": one["metadata"]["generation"],
                **{f"{which}eplicas": ready for which in ("readyR", "availableR", "updatedR")},
                "replicas": wanted,
                "conditions": [
                    self._available(one, ready == wanted),
                    *([self.refused[version]] if version in self.refused else []),
                ],
            }
        self._watch()

    def _bound(self) -> None:
        """Autoscalers keep the pods of their targets within the bounds, whatever the load."""
        for one in self.autoscalers.values():
            spec = one["spec"]
            deployment = self.deployments[spec["scaleTargetRef"]["name"]]
            live = deployment["spec"]["replicas"]
            bounded = min(max(live, spec["minReplicas"]), spec["maxReplicas"])
            if bounded != live:
                deployment["spec"]["replicas"] = bounded
                deployment["metadata"]["generation"] += 1
                self.held.add(deployment["metadata"]["name"])

    def _available(self, live: Document, available: bool) -> Document:
        """The condition, with the moment since when it is as it is."""
        status = str(available)
        before = next(iter(live["status"].get("conditions", [])), None)
        if before is not None and before["status"] == status:
            return before
        return {"type": "Available", "status": status, "lastTransitionTime": timestamp(self.now)}

    def ready(self, version: str) -> int:
        """Ready pods of a version."""
        found = [
            one for one in self.deployments.values() if one["metadata"]["labels"]["leeboard.dev/version"] == version
        ]
        return sum(one.get("status", {}).get("readyReplicas", 0) for one in found)

    @property
    def selector(self) -> Document:
        """What the Service that callers know selects."""
        selector: Document = self.services["late-flights"]["spec"]["selector"]
        return selector

    def condition(self, kind: str) -> Document | None:
        """One condition of the Model."""
        return next((one for one in self.status.get("conditions", []) if one["type"] == kind), None)

    def served(self) -> set[str]:
        """Versions that have a Deployment."""
        return {one["metadata"]["labels"]["leeboard.dev/version"] for one in self.deployments.values()}

    def reasons(self) -> list[str]:
        """Reasons of all Events, in order."""
        return [reason for _, reason in self.events]

    def _call(self) -> None:
        self.calls += 1
        if self.crash_every and self.calls % self.crash_every == 0:
            raise Crash

    def _is_current(self, desired: Document) -> bool:
        live = self._store(desired).get(desired["metadata"]["name"])
        metadata = live["metadata"] if live else {}
        same = live is not None and live["spec"] == desired["spec"]
        return same and metadata | desired["metadata"] == metadata

    def _store(self, desired: Document) -> dict[str, Document]:
        return self._stores()[desired["kind"]]

    def _stores(self) -> dict[str, dict[str, Document]]:
        return {
            "Deployment": self.deployments,
            "Service": self.services,
            "ModelVersion": self.versions,
            "PodDisruptionBudget": self.budgets,
            "HorizontalPodAutoscaler": self.autoscalers,
            **self.routes,
        }

    def _with_replicas(self, desired: Document) -> Document:
        """A Deployment with what it gets where `replicas` are left out: the default, unless somebody holds them."""
        if desired["kind"] != "Deployment" or "replicas" in desired["spec"]:
            return desired
        name = desired["metadata"]["name"]
        replicas = self.deployments[name]["spec"]["replicas"] if name in self.held else 1
        return desired | {"spec": desired["spec"] | {"replicas": replicas}}

    def autoscale(self, version: str, wanted: int) -> None:
        """The autoscaler of a version sees a load that needs so many pods."""
        live = self.autoscalers[f"late-flights-{version}"]
        spec = live["spec"]
        deployment = self.deployments[spec["scaleTargetRef"]["name"]]
        deployment["spec"]["replicas"] = min(max(wanted, spec["minReplicas"]), spec["maxReplicas"])
        deployment["metadata"]["generation"] += 1
        self.kubelet()
        self.settle()

    def weights(self, kind: str = "HTTPRoute") -> dict[str, int]:
        """What a route gives to each version's Service."""
        (route,) = self.routes[kind].values()
        return weights(route)

    def _apply(self, desired: Document) -> None:
        store = self._store(desired)
        name, wanted = desired["metadata"]["name"], deepcopy(desired)
        live = store.get(name)
        if live is None:
            self.uids += 1
            live = {"metadata": {"uid": f"uid-{self.uids}", "generation": 0}, "spec": None, "status": {}}
        changed = live["spec"] != wanted["spec"]
        metadata = wanted["metadata"] | {
            "uid": live["metadata"]["uid"],
            "generation": live["metadata"]["generation"] + changed,
        }
        store[name] = wanted | {"metadata": metadata, "status": live["status"]}
        if desired["kind"] == "Deployment":
            self._scaled_down(store[name])
            template = json.dumps(wanted["spec"]["template"], sort_keys=True)
            if self._is_starting(store[name]):
                self.templates[metadata["uid"]] = template
            assert self.templates.setdefault(metadata["uid"], template) == template, f"{name} was restarted"

    def _is_starting(self, live: Document) -> bool:
        candidate = self.status.get("candidate") or {}
        version = live["metadata"]["labels"]["leeboard.dev/version"]
        return candidate.get("name") == version and candidate["phase"] == "Starting"

    def _scaled_down(self, live: Document) -> None:
        wanted, status = live["spec"]["replicas"], live["status"]
        for which in ("readyReplicas", "availableReplicas", "updatedReplicas"):
            if which in status:
                status[which] = min(status[which], wanted)

    def _pods(self, live: Document) -> list[Document]:
        template = live["spec"]["template"]
        labels = template["metadata"]["labels"]
        image_id = self.registry.get(template["spec"]["initContainers"][0]["image"], "")
        status = self.problems.get(labels["leeboard.dev/version"]) or {
            "initContainerStatuses": [
                {"name": "load", "imageID": image_id, "restartCount": 0, "state": {"running": {}}}
            ]
        }
        metadata = {"namespace": "ml", "labels": labels}
        pods = [f"{live['metadata']['name']}-{n}" for n in range(live["spec"]["replicas"])]
        return [
            {"kind": "Pod", "metadata": metadata | {"name": pod}, "status": self._with_exporter(pod, status)}
            for pod in pods
        ]

    def _unready(self, live: Document) -> set[str]:
        """Pods that Kubernetes calls unready for their exporter, a native sidecar."""
        dead = {pod for pod, exporter in self.exporters.items() if "running" not in exporter["state"]}
        return dead & {f"{live['metadata']['name']}-{n}" for n in range(live["spec"]["replicas"])}

    def _with_exporter(self, pod: str, status: Document) -> Document:
        if pod not in self.exporters:
            return status
        runs = "running" in self.exporters[pod]["state"]
        exporter = {"name": "exporter", "restartCount": 0, "ready": runs} | self.exporters[pod]
        server = {"name": "server", "restartCount": 0, "ready": True, "state": {"running": {}}}
        return status | {
            "phase": "Running",
            "initContainerStatuses": [*status["initContainerStatuses"], exporter],
            "containerStatuses": [server],
            "conditions": [{"type": "Ready", "status": str(runs)}],
        }

    def _watch(self) -> None:
        """At every moment: somebody answers, the champion has its size, a canary is of two."""
        if "late-flights" not in self.services:
            return
        chosen = [
            one
            for one in self.deployments.values()
            if self.selector.items() <= one["spec"]["template"]["metadata"]["labels"].items()
        ]
        self._watch_routes()
        assert len(chosen) <= 2, [one["metadata"]["name"] for one in chosen]
        assert sum(one["status"].get("readyReplicas", 0) for one in chosen) >= 1, self.status
        champion = self.status.get("champion", {}).get("name")
        if champion is not None and champion not in self.problems:
            serving = self.model["spec"]["serving"]
            least = (serving.get("autoscaling") or {}).get("min", serving["replicas"]) - len(self.exporters)
            assert self.ready(champion) >= least, self.status

    def _watch_routes(self) -> None:
        """No route gives a share to a version without a ready pod, while another has one."""
        for routes in self.routes.values():
            for route in routes.values():
                for service in weights(route):
                    version = self.services[service]["spec"]["selector"]["leeboard.dev/version"]
                    assert self.ready(version) or version in (*self.problems, *self.slow), (service, self.status)
