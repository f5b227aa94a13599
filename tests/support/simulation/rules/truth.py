"""Truth: what is recorded for good was so in the cluster at that moment, not only in what a process remembered."""

from __future__ import annotations

from collections.abc import Iterator

from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.planning.rollout.selection import wanted_version
from tests.support.simulation.kube import Raw
from tests.support.simulation.rules.change import Change

VERSION = "leeboard.dev/version"
PLACES = ("champion", "candidate", "draining")


class TruthRule:
    """Has no memory: it looks at the cluster at the moment of the write."""

    def copy(self) -> TruthRule:
        return TruthRule()

    def breaches(self, change: Change) -> Iterator[str]:
        if not change.by_operator or change.type != "MODIFIED":
            return
        if change.kind == "TrainingJob":
            yield from _of_runs(change)
        elif change.kind == "Model":
            yield from _of_rollout(change)
        elif change.kind == "ModelVersion":
            yield from _of_gates(change)
        elif change.kind == "DriftMonitor":
            yield from _of_episode(change)


def _of_runs(change: Change) -> Iterator[str]:
    before = {run["id"]: run for run in change.status_before().get("runs", ())}
    for run in change.status().get("runs", ()):
        if run["reason"] != "JobDeleted" or before.get(run["id"], run)["reason"] == "JobDeleted":
            continue
        earlier = before[run["id"]]
        name, uid = earlier["job"], earlier["jobUid"]
        if earlier["phase"] == "Evaluating":
            name, uid = earlier["evaluationJob"], earlier["evaluationJobUid"]
        job = _object(change, "Job", name)
        if job is not None and job["metadata"]["uid"] == uid:
            yield f"run {run['id']} ends as JobDeleted, and Job {name} is there"


def _of_rollout(change: Change) -> Iterator[str]:
    before, after = change.status_before(), change.status()
    one, other = before.get("candidate"), after.get("candidate")
    if one and other and other["phase"] == "RollingBack" != one["phase"] and other["reason"] == "Superseded":
        # with the status that is written: a command that is acted on changes what is wanted, in this same write
        wanted = wanted_version(Model.parse(change.raw), _versions(change))
        if wanted is not None and wanted.metadata.name == one["name"]:
            yield f"{one['name']} was superseded ({other['message']}), and is the version that is wanted"
    staying = {one["name"] for one in after.get("challengers", ())} | {(after.get("candidate") or {}).get("name")}
    for challenger in before.get("challengers", ()):
        if challenger["name"] not in staying and _deployed(change, challenger["name"]):
            yield f"challenger {challenger['name']} is forgotten, and its Deployment is there"
    for place in ("candidate", "draining"):
        gone = before.get(place)
        # promoted, or taken back while it was draining
        moved = gone and gone["name"] in {(after.get(name) or {}).get("name") for name in PLACES}
        if gone and not after.get(place) and not moved and _deployed(change, gone["name"]):
            yield f"{place} {gone['name']} is forgotten, and its Deployment is there"


def _of_gates(change: Change) -> Iterator[str]:
    decided = change.status().get("phase") in ("Accepted", "AwaitingApproval")
    if not decided or change.status_before().get("phase") in ("Accepted", "AwaitingApproval"):
        return
    model = _object(change, "Model", change.raw["spec"]["modelRef"]["name"])
    champion = ((model or {}).get("status") or {}).get("champion")
    compared = [gate["message"] for gate in change.status()["gates"] if gate["gate"].startswith("VersusChampion")]
    if champion and champion["name"] != change.name and "no champion to compare with" in compared:
        yield f"{change.name} passes without a comparison, and {champion['name']} is champion"


def _of_episode(change: Change) -> Iterator[str]:
    before, after = change.status_before().get("episode"), change.status().get("episode")
    if not after or (before and before["id"] == after["id"]):
        return
    model = _object(change, "Model", change.raw["spec"]["modelRef"]["name"])
    champion = ((model or {}).get("status") or {}).get("champion", {}).get("name")
    if champion != after["version"]:
        yield f"an episode of {after['version']} is opened, and the champion is {champion}"


def _object(change: Change, kind: str, name: str) -> Raw | None:
    return change.kube.objects.get((kind, change.raw["metadata"]["namespace"], name))


def _versions(change: Change) -> list[ModelVersion]:
    return [ModelVersion.parse(raw) for raw in change.kube.of_kind("ModelVersion")]


def _deployed(change: Change, version: str) -> bool:
    owner = change.uid
    return any(
        one["metadata"]["labels"][VERSION] == version and one["metadata"]["ownerReferences"][0]["uid"] == owner
        for one in change.kube.of_kind("Deployment")
    )
