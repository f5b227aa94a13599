"""Runs: recorded before they get a Job, one Job each, forward only, and never again once they have ended."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support.simulation.kube import Raw
from tests.support.simulation.rules.change import Change

ACTIVE = ("Pending", "Training", "Evaluating")
ENDED = ("Succeeded", "Failed", "NoNewData")
FOLLOWING = {
    "Pending": ("Training", "Failed"),
    "Training": ("Evaluating", "Failed", "NoNewData"),
    "Evaluating": ("Succeeded", "Failed"),
}
BEGINNING = ("Pending", "Succeeded")
"""A run begins as Pending; one that is found in the registry has Succeeded."""

RATE = "LEEBOARD_PARAM_LEARNING_RATE"


class RunsRule:
    """Remembers every run and Job of every TrainingJob, by UID."""

    def __init__(self) -> None:
        self._phases: dict[tuple[str, str], str] = {}
        self._jobs: set[tuple[str, str]] = set()
        self._rates: dict[tuple[str, str], str] = {}

    def copy(self) -> RunsRule:
        other = RunsRule()
        other._phases, other._jobs, other._rates = dict(self._phases), set(self._jobs), dict(self._rates)
        return other

    def breaches(self, change: Change) -> Iterator[str]:
        if change.kind == "Job" and change.type == "DELETED" and change.actor == "user":
            # whoever takes a Job away before the run has seen it, gets another one
            self._jobs.discard((change.raw["metadata"]["ownerReferences"][0]["uid"], change.name))
        if not change.by_operator:
            return
        if change.kind == "TrainingJob" and change.type == "MODIFIED":
            yield from self._of_status(change)
        if change.kind == "Job" and change.type == "ADDED":
            yield from self._of_job(change)

    def _of_status(self, change: Change) -> Iterator[str]:
        runs, before = change.status().get("runs", ()), change.status_before().get("runs", ())
        known = {run["id"] for run in before}
        for run in runs:
            identity, phase = (change.uid, run["id"]), run["phase"]
            earlier = self._phases.get(identity)
            if run["id"] not in known and earlier is not None:
                yield f"run {run['id']} was forgotten and is begun again"
            if earlier is None and phase not in BEGINNING:
                yield f"run {run['id']} begins as {phase}"
            if earlier is not None and phase not in (earlier, *FOLLOWING.get(earlier, ())):
                yield f"run {run['id']} went from {earlier} to {phase}"
            self._phases[identity] = phase
            self._rates.setdefault(identity, change.raw["spec"]["params"]["learning_rate"])
        active = [run["id"] for run in runs if run["phase"] in ACTIVE]
        if len(active) > 1:
            yield f"runs {active} are under way at the same time"
        numbers = [run["number"] for run in runs]
        if len(set(numbers)) < len(numbers):
            yield f"two runs have the same number: {numbers}"

    def _of_job(self, change: Change) -> Iterator[str]:
        labels = change.raw["metadata"]["labels"]
        owner = change.raw["metadata"]["ownerReferences"][0]
        run, part = labels["leeboard.dev/run"], labels["leeboard.dev/part"]
        if (owner["uid"], change.name) in self._jobs:
            yield f"Job {change.name} was created a second time"
        self._jobs.add((owner["uid"], change.name))
        recorded = self._phases.get((owner["uid"], run))
        expected = "Pending" if part == "training" else "Evaluating"
        if recorded != expected:
            yield f"Job {change.name} was created while its run was {recorded or 'not recorded'}"
        elif part == "training" and RATE not in _environment(change.raw, self._rates[(owner["uid"], run)]):
            yield f"Job {change.name} trains with other parameters than its run was recorded with"


def _environment(job: Raw, rate: str) -> set[str]:
    """The names of the variables of the training container that have that value."""
    (container,) = job["spec"]["template"]["spec"]["containers"]
    return {one["name"] for one in container["env"] if one.get("value") == rate}
