"""What went wrong in the pods of a run, as typed reasons: of every pod and container, not only of the first."""

from collections.abc import Iterable
from dataclasses import dataclass

from leeboard.api.reasons import Reason
from leeboard.api.termination import Failure, read_message
from leeboard.planning.container_states import EXIT_CODES, container_statuses, exit_text, unschedulable, waiting_for
from leeboard.planning.plan import Raw

NO_NEW_DATA_EXIT = 67
RETRIED_EXITS = (69, 75, 143)
"""Storage unreachable, temporary failure, ended by SIGTERM: worth another attempt."""

_EXIT_CODES = EXIT_CODES | {
    64: Reason.BAD_DATA,
    65: Reason.RESULT_MISSING,
    66: Reason.PUBLISH_FAILED,
    NO_NEW_DATA_EXIT: Reason.NO_NEW_DATA,
}


@dataclass(frozen=True)
class Problem:
    """What is wrong with one container of one pod; `ended` where the container has stopped for it."""

    pod: str
    container: str
    reason: Reason
    message: str
    ended: bool

    def text(self) -> str:
        """For a person, without the hint."""
        place = f"{self.pod}/{self.container}" if self.container else self.pod
        return f"{place}: {self.message}" if self.message else place


def problems_of(pods: Iterable[Raw], otherwise: Reason) -> tuple[Problem, ...]:
    """The problems of these pods, the newest pod's first; `otherwise` is for the script's own exit codes."""
    ordered = sorted(pods, key=lambda pod: (pod["metadata"].get("creationTimestamp") or "", pod["metadata"]["name"]))
    return tuple(problem for pod in reversed(ordered) for problem in _of_pod(pod, otherwise))


def _of_pod(pod: Raw, otherwise: Reason) -> list[Problem]:
    name, status = pod["metadata"]["name"], pod.get("status", {})
    found = [Problem(name, "", Reason.UNSCHEDULABLE, message, ended=False) for message in unschedulable(pod)]
    if status.get("phase") == "Failed" and status.get("reason"):
        reason = Reason.DEADLINE_EXCEEDED if status["reason"] == "DeadlineExceeded" else otherwise
        message = f"{status['reason']}: {status.get('message', '')}"[:512]
        found.append(Problem(name, "", reason, message, ended=True))
    if status.get("phase") == "Succeeded":
        return found
    for container in container_statuses(pod):
        problem = _of_container(name, container, otherwise)
        found += [problem] if problem else []
    # what a container said of itself tells more than what Kubernetes says of the pod
    return sorted(found, key=lambda problem: (not problem.container, problem.container == "publish"))


def _of_container(pod: str, status: Raw, otherwise: Reason) -> Problem | None:
    name, state = status["name"], status.get("state", {})
    if (waiting := waiting_for(status)) is not None:
        return Problem(pod, name, *waiting, ended=False)
    terminated = state.get("terminated")
    if not terminated or terminated.get("exitCode") == 0:
        return None
    reason, message = _of_termination(terminated, otherwise)
    return Problem(pod, name, reason, message, ended=True)


def _of_termination(terminated: Raw, otherwise: Reason) -> tuple[Reason, str]:
    code, text = int(terminated.get("exitCode", 0)), str(terminated.get("message", "")).strip()
    if terminated.get("reason") == "OOMKilled":
        return Reason.OOM_KILLED, f"exit code {code}"
    told = read_message(text, Failure)
    if told is not None and told.reason in set(Reason):
        return Reason(told.reason), told.message[:512] or f"exit code {code}"
    return _EXIT_CODES.get(code, otherwise), exit_text(code, text)
