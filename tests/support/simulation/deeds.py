"""What users, nodes and workloads may do at any time, each by a name that a story can tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from tests.support.simulation.behaviour import Ending
from tests.support.simulation.evaluator import Evaluator
from tests.support.simulation.kube import Raw
from tests.support.simulation.world import NAME, World

STAGES = [{"weight": 33, "duration": "1m"}, {"weight": 50, "duration": "90s"}]
ANALYSIS = {"minSamples": 500, "guards": [{"type": "ErrorRate", "margin": "0.01"}]}
ROLLOUTS: Sequence[Raw] = (
    {"strategy": "Canary", "steps": STAGES, "analysis": ANALYSIS},
    {"strategy": "Canary", "steps": STAGES, "analysis": ANALYSIS},
    {"strategy": "Canary", "steps": STAGES, "analysis": ANALYSIS, "staging": {"duration": "1m"}},
    {"strategy": "BlueGreen", "blueGreen": {"scaleDownDelay": "2m"}},
    {"strategy": "BlueGreen", "staging": {"duration": "30s"}},
    {"strategy": "Replace"},
)
GATES = [
    {"type": "Threshold", "metric": "roc_auc", "min": "0.60"},
    {"type": "VersusChampion", "metric": "roc_auc", "maxDrop": "0.005"},
]


class Deeds:
    """Draws a deed and does it; `do` gives its name, or None where it is impossible now."""

    def __init__(self, world: World, evaluator: Evaluator, random: Random) -> None:
        self._world = world
        self._evaluator = evaluator
        self._random = random
        self._number = 0
        self._all: tuple[tuple[int, Callable[[], str]], ...] = (
            (6, self.change_the_parameters),
            (3, self.train_by_hand),
            (2, self.retry_a_run),
            (5, self.import_a_version),
            (3, self.change_the_rollout),
            (2, self.scale_the_champion),
            (3, self.change_the_policy),
            (3, self.approve),
            (4, self.command),
            (2, self.suspend_or_release),
            (3, self.delete_a_job),
            (4, self.lose_a_pod),
            (2, self.delete_a_deployment),
            (1, self.delete_a_service),
            (2, self.tamper_with_a_service),
            (2, self.forget_a_version),
            (1, self.recreate_an_object),
            (1, self.lose_a_status),
            (5, self.change_the_workloads),
            (5, self.change_the_figures),
            (1, self.leap),
            (2, self.label_everything),
        )

    def do(self) -> str | None:
        """One deed at random."""
        (deed,) = self._random.choices([deed for _, deed in self._all], [weight for weight, _ in self._all])
        self._number += 1
        try:
            return deed()
        except (KeyError, IndexError):
            return None

    def _pick(self, kind: str) -> Raw:
        found: Raw = self._random.choice(self._world.kube.of_kind(kind))
        return found

    # -- the specs ---------------------------------------------------------------------------------------------------
    def change_the_parameters(self) -> str:
        rate = self._random.choice(["0.1", "0.05", "0.01"])
        self._world.kube.edit("TrainingJob", NAME, params={"learning_rate": rate})
        return f"learning_rate {rate}"

    def change_the_rollout(self) -> str:
        rollout = self._random.choice(ROLLOUTS)
        self._world.kube.edit("Model", NAME, rollout=rollout)
        return f"rollout {rollout['strategy']}"

    def scale_the_champion(self) -> str:
        replicas = self._random.randint(1, 4)
        self._world.scale(replicas)
        return f"{replicas} replicas"

    def change_the_policy(self) -> str:
        policy = self._random.choice(["Automatic", "Automatic", "Approval", "Pinned"])
        promotion: Raw = {"policy": policy, "gates": GATES}
        if policy == "Pinned":
            promotion["version"] = self._pick("ModelVersion")["metadata"]["name"]
        self._world.kube.edit("Model", NAME, promotion=promotion)
        return f"policy {policy} {promotion.get('version', '')}"

    def suspend_or_release(self) -> str:
        suspend = not self._world.kube.live("TrainingJob", NAME)["spec"].get("suspend", False)
        self._world.kube.edit("TrainingJob", NAME, suspend=suspend)
        return f"suspend {suspend}"

    # -- commands ----------------------------------------------------------------------------------------------------
    def command(self) -> str:
        name = self._random.choice(["promote", "abort", "pause", "pause", "rollback", "rollback", "retry"])
        value = self._random.choice(["true", "false"]) if name == "pause" else str(self._number)
        self._world.command(**{name: value})
        return f"{name}: {value}"

    def train_by_hand(self) -> str:
        identity = self._random.choice([str(self._number), "again"])
        self._world.kube.annotate("TrainingJob", NAME, train=identity)
        return f"train: {identity}"

    def retry_a_run(self) -> str:
        self._world.kube.annotate("TrainingJob", NAME, retry=str(self._number))
        return f"retry of a run: {self._number}"

    def approve(self) -> str:
        name = self._pick("ModelVersion")["metadata"]["name"]
        self._world.kube.annotate("ModelVersion", name, approved_by="ada")
        return f"{name} is approved"

    # -- objects -----------------------------------------------------------------------------------------------------
    def import_a_version(self) -> str:
        name = f"import-{self._number}"
        self._world.add_version(name)
        return f"{name} is registered by hand"

    def delete_a_job(self) -> str:
        name = self._pick("Job")["metadata"]["name"]
        self._world.delete("Job", name)
        return f"Job {name} is deleted"

    def delete_a_deployment(self) -> str:
        name = self._pick("Deployment")["metadata"]["name"]
        self._world.delete("Deployment", name)
        return f"Deployment {name} is deleted"

    def delete_a_service(self) -> str:
        self._world.delete("Service", NAME)
        return "the Service is deleted"

    def tamper_with_a_service(self) -> str:
        live = self._world.kube.live("Service", NAME)
        selector = {**live["spec"]["selector"], "leeboard.dev/version": "elsewhere"}
        self._world.kube.edit("Service", NAME, selector=selector)
        return "somebody changes the selector of the Service"

    def forget_a_version(self) -> str:
        status = self._world.kube.live("Model", NAME).get("status", {})
        used = {status[place]["name"] for place in ("champion", "candidate", "draining") if status.get(place)}
        name = self._pick("ModelVersion")["metadata"]["name"]
        if name in used:
            raise KeyError(name)  # an admission policy denies it
        self._world.delete("ModelVersion", name)
        return f"ModelVersion {name} is deleted"

    def recreate_an_object(self) -> str:
        kind = self._random.choice(["TrainingJob", "DriftMonitor", "Model"])
        live = self._world.kube.live(kind, NAME)
        self._world.delete(kind)
        fresh = {"name": NAME, "namespace": "ml"}
        self._world.kube.put({**live, "metadata": fresh, "status": {}})
        return f"{kind} is deleted and created again"

    def lose_a_status(self) -> str:
        self._world.kube.set_status("Model", NAME, {})
        return "the status of the Model is lost"

    def label_everything(self) -> str:
        for kind in ("Model", "TrainingJob", "DriftMonitor"):
            live = self._world.kube.live(kind, NAME)
            labels = {**(live["metadata"].get("labels") or {}), "touched": str(self._number)}
            self._world.kube.edit_metadata(kind, NAME, labels=labels)
        return "everything is labelled"

    # -- workloads, nodes, figures, time -----------------------------------------------------------------------------
    def lose_a_pod(self) -> str:
        name = self._pick("Pod")["metadata"]["name"]
        self._world.delete("Pod", name)
        return f"Pod {name} is gone"

    def change_the_workloads(self) -> str:
        newest = self._world.kube.of_kind("ModelVersion")
        names = [raw["metadata"]["name"] for raw in newest]
        fields: Raw = self._random.choice(
            [
                {"training": (Ending(),), "evaluation": (Ending(),), "hanging": frozenset()},
                {"training": (Ending(69, "no answer", "fetch"), Ending())},
                {"training": (Ending(1, "a traceback", "train"),)},
                {"evaluation": (Ending(1, "a traceback", "evaluate"),)},
                {"hanging": frozenset({self._random.choice(["training", "evaluation"])})},
                {"training": (Ending(seconds=0.0),), "evaluation": (Ending(seconds=0.0),)},
                {"data": self._random.choice("adef")},
                {"metric": self._random.choice(["0.73", "0.50"])},
                {"ready_after": self._random.choice([0.0, 5.0, 40.0])},
                {"broken": frozenset(self._random.sample(names, min(1, len(names))))},
                {"slow": frozenset(self._random.sample(names, min(1, len(names))))},
                {"broken": frozenset(), "slow": frozenset()},
            ]
        )
        self._world.behave(**fields)
        return f"the workloads: {fields}"

    def change_the_figures(self) -> str:
        versions = [raw["metadata"]["name"] for raw in self._world.kube.of_kind("ModelVersion")]
        self._evaluator.failing = frozenset(
            self._random.sample(versions, min(1, len(versions), self._random.randint(0, 1)))
        )
        self._evaluator.quality = self._random.choice([0.72, 0.72, 0.62])
        self._evaluator.asleep = self._random.random() < 0.2
        seen = self._evaluator
        return f"figures: {seen.quality}, failing {set(seen.failing)}, asleep {seen.asleep}"

    def leap(self) -> str:
        seconds = self._random.choice([-30, 120, 3600])
        self._world.leap(seconds)
        return f"the clock leaps by {seconds} s"
