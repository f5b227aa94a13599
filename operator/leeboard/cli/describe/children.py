"""What was made for an object, and how each of it stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from leeboard.api import names
from leeboard.api.reasons import explain
from leeboard.cli.objects import Raw
from leeboard.cli.show import styles
from leeboard.planning.container_states import container_statuses
from leeboard.planning.serving.problems import problems_of
from leeboard.planning.training.job_state import outcome


@dataclass(frozen=True)
class Child:
    """One object: its state in a word or figure, and what keeps it where something does."""

    kind: str
    name: str
    state: str
    born: datetime | None
    message: str = ""
    style: str = ""


def children(raws: Iterable[Raw], now: datetime) -> tuple[Child, ...]:
    """Deployments, Services, Jobs and pods in that order, each with its state at that moment."""
    order = list(_READERS)
    found = [raw for raw in raws if raw["kind"] in _READERS]
    found.sort(key=lambda raw: (order.index(raw["kind"]), raw["metadata"]["name"]))
    return tuple(_READERS[raw["kind"]](raw, now) for raw in found)


def _born(raw: Raw) -> datetime | None:
    created = raw["metadata"].get("creationTimestamp")
    return datetime.fromisoformat(created) if created else None


def _deployment(raw: Raw, _: datetime) -> Child:
    wanted, ready = raw["spec"].get("replicas", 1), int(raw.get("status", {}).get("readyReplicas") or 0)
    version = (raw["metadata"].get("labels") or {}).get(names.VERSION, "")
    style = styles.GOOD if ready >= wanted else styles.NOTICE
    return Child("Deployment", raw["metadata"]["name"], f"{ready}/{wanted} ready", _born(raw), version, style)


def _service(raw: Raw, _: datetime) -> Child:
    selector = raw["spec"].get("selector") or {}
    version = selector.get(names.VERSION)
    told = f"to {version}" if version else "to every version that serves"
    ports = ", ".join(str(one["port"]) for one in raw["spec"].get("ports") or ())
    return Child("Service", raw["metadata"]["name"], f"port {ports}", _born(raw), told)


def _job(raw: Raw, _: datetime) -> Child:
    state = outcome(raw)
    style = {"Complete": styles.GOOD, "Failed": styles.BAD}.get(state, "")
    failed = [one for one in raw.get("status", {}).get("conditions", []) if one.get("type") == "Failed"]
    message = f"{failed[0].get('reason', '')}: {failed[0].get('message', '')}" if failed else ""
    return Child("Job", raw["metadata"]["name"], state, _born(raw), message, style)


def _pod(raw: Raw, now: datetime) -> Child:
    label = (raw["metadata"].get("labels") or {}).get(names.VERSION, "")
    problem = next(iter(problems_of([raw], label, now, {})), None) if label else None
    message = explain(problem.reason, f"{problem.reason}: {problem.fact}") if problem is not None else _waits(raw)
    state = "Terminating" if raw["metadata"].get("deletionTimestamp") else raw.get("status", {}).get("phase", "Unknown")
    style = styles.BAD if state == "Failed" or problem is not None else ""
    return Child("Pod", raw["metadata"]["name"], state, _born(raw), message, style)


def _waits(raw: Raw) -> str:
    """What containers say that they wait for or ended with, in kubelet's words."""
    said = []
    for status in container_statuses(raw):
        waiting = status.get("state", {}).get("waiting") or {}
        ended = status.get("state", {}).get("terminated") or {}
        if waiting.get("reason") not in (None, "PodInitializing", "ContainerCreating"):
            said.append(f"{status['name']}: {waiting['reason']}")
        elif ended.get("exitCode"):
            said.append(f"{status['name']}: exit code {ended['exitCode']}")
    return "; ".join(said)


_READERS = {"Deployment": _deployment, "Service": _service, "Job": _job, "Pod": _pod}
