"""How a batch/v1 Job and its pods stand."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

from leeboard.api import names
from leeboard.api.reasons import Reason
from leeboard.api.termination import MessageT, read_message
from leeboard.planning.container_states import container_statuses
from leeboard.planning.plan import Raw
from leeboard.planning.pod_problems import Problem
from leeboard.planning.problem_report import report

Outcome = Literal["Running", "Complete", "Failed"]

_FAILED_FOR = {
    "DeadlineExceeded": "the run took longer than limits.deadline",
    "BackoffLimitExceeded": "every attempt failed",
    "PodFailurePolicy": "an attempt failed for good",
}
"""Reasons of a Job's condition Failed."""


def owned_job(jobs: Iterable[Raw], name: str, owner_uid: str) -> Raw | None:
    """The Job of that name that belongs to this TrainingJob, not one of a predecessor with the same name."""
    return next((job for job in jobs if job["metadata"]["name"] == name and owned_by(job, owner_uid)), None)


def owned_by(raw: Raw, uid: str) -> bool:
    """True where an owner reference has that UID."""
    return any(owner.get("uid") == uid for owner in raw["metadata"].get("ownerReferences", []))


def pods_of(pods: Iterable[Raw], job: Raw) -> tuple[Raw, ...]:
    """The pods that this Job made."""
    return tuple(pod for pod in pods if owned_by(pod, job["metadata"].get("uid", "")))


def outcome(job: Raw) -> Outcome:
    """Running until the Job controller has set its terminal condition."""
    for condition in job.get("status", {}).get("conditions", []):
        if condition.get("status") == "True" and condition.get("type") in ("Complete", "Failed"):
            return "Complete" if condition["type"] == "Complete" else "Failed"
    return "Running"


def is_failing(job: Raw) -> bool:
    """Whether the Job controller has decided that the Job fails and takes its pods away."""
    conditions = job.get("status", {}).get("conditions", [])
    return any(one.get("type") == "FailureTarget" and one.get("status") == "True" for one in conditions)


def lasted(job: Raw, now: datetime) -> timedelta:
    """For how long the Job has been there."""
    created = job["metadata"].get("creationTimestamp")
    return now - datetime.fromisoformat(str(created)) if created else timedelta()


def ended_at(job: Raw) -> datetime | None:
    """When the Job reached its terminal condition, or None."""
    for condition in job.get("status", {}).get("conditions", []):
        if condition.get("type") in ("Complete", "Failed") and condition.get("lastTransitionTime"):
            return datetime.fromisoformat(str(condition["lastTransitionTime"]))
    return None


def failure(
    job: Raw, problems: Iterable[Problem], attempts: int, otherwise: Reason, blocked: tuple[str, str] | None
) -> tuple[str, str]:
    """Why a Job failed: what its containers said, else what kept it from starting, else what the Job controller says.

    `attempts` counts its pods; `blocked` is the reason and message of what kept it, where something did.
    """
    condition = next(
        (one for one in job.get("status", {}).get("conditions", []) if one.get("type") == "Failed"), {"reason": ""}
    )
    is_late = condition.get("reason") == Reason.DEADLINE_EXCEEDED
    said = [problem for problem in problems if problem.ended and not (is_late and _was_stopped(problem))]
    if said:
        return said[0].reason, report(said, attempts)
    word = str(condition.get("reason", ""))
    text = f"{word}: {_FAILED_FOR[word]}" if word in _FAILED_FOR else "the Job failed"
    if is_late:
        # an image that never came runs into the deadline: the image is what has to be mended
        return (blocked[0], f"{blocked[1]}; {text}") if blocked else (Reason.DEADLINE_EXCEEDED, text)
    return otherwise, text


def retries(job: Raw) -> int:
    """How many pods of the Job have failed."""
    return int(job.get("status", {}).get("failed") or 0)


def message_of(pods: Iterable[Raw], container: str, kind: type[MessageT]) -> MessageT | None:
    """What that container said when it succeeded, in the newest pod where it did."""
    found = None
    for pod in sorted(pods, key=lambda one: one["metadata"].get("creationTimestamp") or ""):
        for status in container_statuses(pod):
            ended = status.get("state", {}).get("terminated")
            if status["name"] == container and ended and ended.get("exitCode") == 0:
                found = read_message(str(ended.get("message", "")), kind) or found
    return found


def image_of(pods: Iterable[Raw], container: str, asked: str) -> str:
    """The image that ran in the pod that succeeded, as the node reports it: repository@digest, or "" where it does not.

    A node that has the image without a registry reports the digest alone; a pinned name is kept.
    """
    found = ""
    for pod in sorted(pods, key=lambda one: one["metadata"].get("creationTimestamp") or ""):
        for status in container_statuses(pod):
            ended = status.get("state", {}).get("terminated")
            if status["name"] == container and ended and ended.get("exitCode") == 0:
                found = str(status.get("imageID", "")).removeprefix("docker-pullable://") or found
    return asked if found and "@sha256:" not in found and "@sha256:" in asked else found


def labels(model: str, training_job: str, run: str, part: str) -> dict[str, str]:
    """The labels of the Jobs and pods of a run."""
    return {
        names.MANAGED_BY: names.MANAGER,
        names.MODEL: names.label_value(model),
        names.TRAINING_JOB: names.label_value(training_job),
        names.RUN: run,
        names.PART: part,
    }


def _was_stopped(problem: Problem) -> bool:
    """True where the container only reports the signal with which the deadline ended it."""
    return problem.fact.startswith(("exit code 143", "exit code 137"))
