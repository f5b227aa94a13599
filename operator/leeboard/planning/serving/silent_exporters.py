"""Pods whose server answers while their exporter does not run, or leaves no window: what they answer is in none.

Windows alone cannot tell this from fewer pods: an exporter that is dead and one that is gone are both silent. The pods
can.
Kubernetes calls such a pod unready, as its exporter is a native sidecar, and sends no new connection there; callers
that stay connected are answered all the same.
"""

from collections.abc import Iterable
from datetime import datetime

from leeboard.api import names
from leeboard.api.model import Model
from leeboard.api.reasons import Reason, explain
from leeboard.planning.conditions import Wanted
from leeboard.planning.container_states import container_statuses
from leeboard.planning.drift.windows_seen import Heard
from leeboard.planning.plan import Raw
from leeboard.planning.pod_problems import Problem, Warnings, problems_of_pod
from leeboard.planning.problem_report import report
from leeboard.planning.serving.problems import in_order, of_version, told_in
from leeboard.planning.serving.unheard_exporters import EXPORTER, unheard

SILENT = "ObservationsMissing"
"""The condition of a Model."""


def silent_exporters(
    pods: Iterable[Raw], version: str, now: datetime, warnings: Warnings, known: Heard | None = None
) -> Wanted | None:
    """The condition that names exporters of a version whose servers answer, and that do not run, or run and are not
    among those that are `known` to leave windows; and why. None where there are none."""
    serving = [pod for pod in of_version(pods, names.label_value(version)) if _answers(pod)]
    found = [(_silent(pod, now, warnings), unheard(pod, known)) for pod in serving]
    dead = in_order(silent for silent, _ in found if silent is not None)
    mute = in_order(lost for silent, lost in found if silent is None and lost is not None)
    said = []
    if dead:
        which = f"{len(dead)} of {len(serving)} pods of {version} answer without an exporter"
        said.append(f"{which}: what callers that stay connected ask is in no window")
    if mute:
        which = f"{len(mute)} of {len(serving)} pods of {version} answer and leave no window in storage"
        said.append(f"{which}, though their exporters run")
    if not said:
        return None
    text = explain(Reason.OBSERVATIONS_MISSING, "; ".join(said))
    return Wanted(SILENT, "True", Reason.OBSERVATIONS_MISSING, f"{text}; {report([*dead, *mute], len(serving))}")


def told_silent(model: Model | None) -> str | None:
    """What the Model says of silent exporters of its champion; None where all of them run."""
    said = model.condition(SILENT) if model is not None else None
    return said.message if said is not None and said.status == "True" else None


def _answers(pod: Raw) -> bool:
    statuses = pod.get("status", {}).get("containerStatuses") or ()
    return bool(statuses) and all(one.get("ready") for one in statuses)


def _silent(pod: Raw, now: datetime, warnings: Warnings) -> Problem | None:
    status = next((one for one in container_statuses(pod) if one["name"] == EXPORTER), None)
    if status is None:
        return None
    problems = problems_of_pod(pod, told_in(pod), now, warnings)
    found = next((one for one in problems if one.container == EXPORTER), None)
    if found is not None or "running" in status.get("state", {}):
        return found
    return Problem(pod["metadata"]["name"], EXPORTER, Reason.CRASH_LOOP, "it does not run")
