"""What keeps a version's pods from serving: of every pod, the fatal kinds first, then by severity."""

from collections.abc import Iterable
from datetime import datetime

from leeboard.api.reasons import Reason
from leeboard.api.termination import Failure, read_message
from leeboard.planning.container_states import EXIT_CODES, Cause, exit_fact
from leeboard.planning.plan import Raw
from leeboard.planning.pod_problems import Problem, Told, Warnings, problems_of_pod, refusal
from leeboard.planning.problem_report import severity
from leeboard.planning.serving.deployment import version_label
from leeboard.planning.serving.proxied import SERVER, has_server_of_user

RESTARTS_UNTIL_FATAL = 3
"""A pod that died that often with the same version does not heal by waiting, unless storage was away."""

_FATAL = frozenset(
    {
        Reason.DIGEST_MISMATCH,
        Reason.SIGNATURE_MISSING,
        Reason.SIGNATURE_INVALID,
        Reason.UNSAFE_FORMAT,
        Reason.STORAGE_NOT_FOUND,
        Reason.STORAGE_FORBIDDEN,
        Reason.GOLDEN_SAMPLES_MISMATCH,
        Reason.GOLDEN_SAMPLES_REFUSED,
        Reason.MODEL_LOAD_FAILED,
        Reason.LIBRARY_MISMATCH,
    }
)
"""Reasons that lie in the version or its storage: another attempt ends the same way."""
_PASSING = frozenset({Reason.STORAGE_UNREACHABLE, Reason.DISK_FULL, Reason.NODE_LOST, Reason.EVICTED})
"""Reasons that lie outside of the version: however often a pod dies of them, it says nothing of the version."""


def is_fatal(problem: Problem) -> bool:
    """Whether waiting does not heal it. A container that answers again has healed."""
    died_for_good = problem.restarts >= RESTARTS_UNTIL_FATAL and problem.reason not in _PASSING
    started = problem.reason not in (Reason.PROBE_FAILING, Reason.IMAGE_PULL, Reason.CONFIG_MISSING)
    return not problem.ready and (problem.reason in _FATAL or (died_for_good and started))


def problems_of(pods: Iterable[Raw], version: str, now: datetime, warnings: Warnings) -> tuple[Problem, ...]:
    """The problems of all pods whose label names that version, the fatal ones first, then the most severe."""
    found = [
        problem for pod in of_version(pods, version) for problem in problems_of_pod(pod, told_in(pod), now, warnings)
    ]
    return in_order(found)


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The same order, whichever the pods came in."""
    return tuple(sorted(problems, key=lambda one: (not is_fatal(one), severity(one.reason), one.place, one.fact)))


def of_version(pods: Iterable[Raw], version: str) -> list[Raw]:
    """The pods of a version that are to stay."""
    return [pod for pod in pods if version_label(pod) == version and not pod["metadata"].get("deletionTimestamp")]


def refused_pods(live: Raw | None) -> Problem | None:
    """Why the Deployment could make no pods (quota, admission), or None."""
    conditions = live.get("status", {}).get("conditions", []) if live else []
    for condition in conditions:
        if condition.get("type") == "ReplicaFailure" and condition.get("status") == "True":
            return Problem("", "", *refusal(str(condition.get("message", ""))))
    return None


def told_in(pod: Raw) -> Told:
    """What is believed of the containers of a pod. Of a server of the user's own it is the exit code alone."""
    if not has_server_of_user(pod):
        return _told
    return lambda container, ended: _exited(ended) if container == SERVER else _told(container, ended)


def _exited(ended: Raw) -> Cause:
    return Cause(Reason.CRASH_LOOP, exit_fact(int(ended.get("exitCode", 0))))


def _told(container: str, ended: Raw) -> Cause:
    """What a container says of its own end; without that its exit code has to do."""
    told = read_message(str(ended.get("message") or ""), Failure)
    if told is not None and told.reason in set(Reason):
        return Cause(Reason(told.reason), told.message[:512])
    code = int(ended.get("exitCode", 0))
    return Cause(EXIT_CODES.get(code, Reason.CRASH_LOOP), exit_fact(code))
