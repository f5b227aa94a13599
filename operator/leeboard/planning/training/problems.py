"""What went wrong in the pods of a run: of every attempt and every container, not only of the first."""

from collections.abc import Callable, Iterable
from datetime import datetime

from leeboard.api.reasons import Reason
from leeboard.api.termination import Failure, read_message
from leeboard.planning.container_states import EXIT_CODES, Cause, exit_fact
from leeboard.planning.plan import Raw
from leeboard.planning.pod_problems import Problem, Warnings, problems_of_pod, refusal

NO_NEW_DATA_EXIT = 67
RETRIED_EXITS = (69, 75, 143, 255)
"""Storage unreachable, temporary failure, ended by SIGTERM, ended with its node: worth another attempt.

255 is what containerd says of a container whose end nobody saw: after a node has started anew, of all that ran there.
"""
SCRIPT = "train"
"""The container of the user's script: exit code and reason are believed, its words are not passed on."""

_EXIT_CODES = EXIT_CODES | {
    64: Reason.BAD_DATA,
    65: Reason.RESULT_MISSING,
    66: Reason.PUBLISH_FAILED,
    NO_NEW_DATA_EXIT: Reason.NO_NEW_DATA,
}


def problems_of(pods: Iterable[Raw], otherwise: Reason, now: datetime, warnings: Warnings) -> tuple[Problem, ...]:
    """The problems of these pods, the newest pod's first; `otherwise` is for the script's own exit codes."""
    ordered = sorted(pods, key=lambda pod: (pod["metadata"].get("creationTimestamp") or "", pod["metadata"]["name"]))
    return tuple(problem for pod in reversed(ordered) for problem in _of_pod(pod, otherwise, now, warnings))


def refused_pods(job: Raw, pods: Iterable[Raw], warnings: Warnings) -> list[Problem]:
    """Why the Job controller can make no pod, from its Events: a Job's status does not tell."""
    told = [one for one in warnings.get(job["metadata"].get("uid", ""), ()) if one.get("reason") == "FailedCreate"]
    if any(True for _ in pods) or not told:
        return []
    newest = max(told, key=lambda one: str(one.get("deprecatedLastTimestamp") or one.get("eventTime") or ""))
    return [Problem("", "", *refusal(str(newest.get("note", ""))))]


def _of_pod(pod: Raw, otherwise: Reason, now: datetime, warnings: Warnings) -> list[Problem]:
    found = problems_of_pod(pod, _teller(pod, otherwise), now, warnings)
    # what a container said of itself tells more than what Kubernetes says of the pod
    return sorted(found, key=lambda problem: (not problem.container, problem.container == "publish"))


def _teller(pod: Raw, otherwise: Reason) -> Callable[[str, Raw], Cause]:
    published = _said(_ended(pod, "publish"))

    def told(container: str, ended: Raw) -> Cause:
        code, said = int(ended.get("exitCode", 0)), _said(ended)
        fact = exit_fact(code)
        if said is None:
            return Cause(_EXIT_CODES.get(code, otherwise), fact)
        if container != SCRIPT:
            return Cause(Reason(said.reason), said.message[:512] or fact)
        # the launcher passes on how publishing ended: why is taken from the container that published
        same = published is not None and published.reason == said.reason
        return Cause(Reason(said.reason), published.message[:512] if same and published is not None else fact)

    return told


def _said(ended: Raw | None) -> Failure | None:
    told = read_message(str((ended or {}).get("message") or ""), Failure)
    return told if told is not None and told.reason in set(Reason) else None


def _ended(pod: Raw, container: str) -> Raw | None:
    statuses = pod.get("status", {}).get("initContainerStatuses") or ()
    found: Raw = next((one for one in statuses if one["name"] == container), {})
    ended: Raw | None = found.get("state", {}).get("terminated")
    return ended
