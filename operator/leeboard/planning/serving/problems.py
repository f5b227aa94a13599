"""What keeps a version's pods from serving, as typed reasons: of every pod, not only of the first."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from leeboard.api.reasons import Reason, explain
from leeboard.planning.container_states import EXIT_CODES, container_statuses, exit_text, unschedulable, waiting_for
from leeboard.planning.plan import Raw
from leeboard.planning.serving.deployment import version_label

RESTARTS_UNTIL_FATAL = 3
"""A pod that died that often with the same version does not heal by waiting, unless storage was away."""

_FATAL = frozenset(
    {
        Reason.DIGEST_MISMATCH,
        Reason.UNSAFE_FORMAT,
        Reason.STORAGE_NOT_FOUND,
        Reason.STORAGE_FORBIDDEN,
        Reason.GOLDEN_SAMPLES_MISMATCH,
        Reason.MODEL_LOAD_FAILED,
    }
)
"""Reasons that lie in the version or its storage: another attempt ends the same way."""


@dataclass(frozen=True, order=True)
class Problem:
    """What is wrong with one container of one pod."""

    pod: str
    container: str
    reason: Reason
    message: str
    fatal: bool

    def text(self) -> str:
        """For a person, with a hint at the fix."""
        place = f"{self.pod}/{self.container}" if self.container else self.pod
        return explain(
            self.reason, f"{place}: {self.reason}: {self.message}" if self.message else f"{place}: {self.reason}"
        )


def problems_of(pods: Iterable[Raw], version: str) -> tuple[Problem, ...]:
    """The problems of all pods whose label names that version, the fatal ones first."""
    found = [problem for pod in pods if version_label(pod) == version for problem in _of_pod(pod)]
    return tuple(sorted(found, key=lambda one: (not one.fatal, one)))


def deployment_problem(live: Raw | None) -> Problem | None:
    """Why the Deployment could make no pods (quota, admission), or None."""
    conditions = live.get("status", {}).get("conditions", []) if live else []
    for condition in conditions:
        if condition.get("type") == "ReplicaFailure" and condition.get("status") == "True":
            message = str(condition.get("message", ""))
            reason = Reason.QUOTA_EXCEEDED if "exceeded quota" in message else Reason.POD_REJECTED
            return Problem("", "", reason, message[:512], fatal=False)
    return None


def _of_pod(pod: Raw) -> list[Problem]:
    if pod["metadata"].get("deletionTimestamp"):
        return []
    name = pod["metadata"]["name"]
    found = [Problem(name, "", Reason.UNSCHEDULABLE, message, fatal=False) for message in unschedulable(pod)]
    for container in container_statuses(pod):
        problem = _of_container(name, container)
        found += [problem] if problem else []
    return found


def _of_container(pod: str, status: Raw) -> Problem | None:
    name, state = status["name"], status.get("state", {})
    restarts = int(status.get("restartCount", 0))
    if (waiting := waiting_for(status)) is not None:
        return Problem(pod, name, *waiting, fatal=False)
    running_well = status.get("ready") or (state.get("running") and status.get("started"))
    ended = state.get("terminated") or status.get("lastState", {}).get("terminated")
    if running_well or not ended or ended.get("exitCode") == 0:
        return None
    reason, message = _of_termination(ended)
    hopeless = restarts >= RESTARTS_UNTIL_FATAL and reason != Reason.STORAGE_UNREACHABLE
    return Problem(pod, name, reason, message, fatal=reason in _FATAL or hopeless)


def _of_termination(ended: Raw) -> tuple[Reason, str]:
    code, text = int(ended.get("exitCode", 0)), str(ended.get("message", "")).strip()
    if ended.get("reason") == "OOMKilled":
        return Reason.OOM_KILLED, f"exit code {code}"
    told = _told(text)
    if told is not None:
        return told
    return EXIT_CODES.get(code, Reason.CRASH_LOOP), exit_text(code, text)


def _told(text: str) -> tuple[Reason, str] | None:
    """The reason that the container itself gave in its termination message, {reason, message}."""
    try:
        value = json.loads(text)
        return Reason(value["reason"]), str(value.get("message", ""))[:512]
    except (ValueError, KeyError, TypeError, AttributeError):
        # a log's tail, not a message of ours: the exit code has to do
        return None
