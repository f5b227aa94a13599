"""How kubelet and scheduler say that a pod or a container does not work, as typed reasons and facts.

The words are those of Kubernetes 1.33 to 1.35 (pkg/kubelet: images/types.go, container/sync_result.go,
kuberuntime/kuberuntime_container.go, lifecycle/predicate.go, eviction/helpers.go, nodeshutdown; pkg/util/node). What
follows on them is the same for pods that train and pods that serve.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from leeboard.api.reasons import Reason
from leeboard.planning.kubernetes_texts import (
    eviction_fact,
    image_fact,
    image_named,
    missing_object,
    scheduling_fact,
    start_fact,
)
from leeboard.planning.plan import Raw

_IMAGE_STATES = frozenset({"ImagePullBackOff", "ErrImagePull"})
_IMAGE_FACTS = {
    "InvalidImageName": "its name is not valid",
    "ErrImageNeverPull": "it is not on the node, and may not be pulled",
    "ImageInspectError": "the node cannot read what it has of it",
    "RegistryUnavailable": "the registry gives no answer",
    "SignatureValidationFailed": "its signature is not valid",
}
_START_STATES = frozenset(
    {
        *("CreateContainerError", "RunContainerError", "PreCreateHookError", "PreStartHookError", "PostStartHookError"),
        *("StartError", "ContainerCannotRun"),
    }
)
_LOST_STATES = frozenset({"ContainerStatusUnknown", "Unknown"})
_ENDED_BY_NODE = {
    "DeadlineExceeded": (Reason.DEADLINE_EXCEEDED, "it ran for longer than it may"),
    "NodeLost": (Reason.NODE_LOST, "its node does not answer"),
    "NodeShutdown": (Reason.NODE_LOST, "its node is being shut down"),
    "Terminated": (Reason.NODE_LOST, "its node is being shut down"),
    "Preempting": (Reason.EVICTED, "a pod of higher priority took its place"),
}
_DISRUPTIONS = {
    "EvictionByEvictionAPI": (Reason.EVICTED, "its node is being drained"),
    "PreemptionByScheduler": (Reason.EVICTED, "a pod of higher priority took its place"),
    "DeletionByTaintManager": (Reason.EVICTED, "its node was tainted"),
    "DeletionByDeviceTaintManager": (Reason.EVICTED, "a device of its node was tainted"),
    "DeletionByPodGC": (Reason.NODE_LOST, "its node is gone"),
    "TerminationByKubelet": (Reason.EVICTED, "its node took it away"),
}
EXIT_CODES = {
    69: Reason.STORAGE_UNREACHABLE,
    77: Reason.STORAGE_FORBIDDEN,
    78: Reason.BAD_CONFIGURATION,
}
"""The exit codes that mean the same in every container of ours."""
SIGNALS = {137: "SIGKILL", 143: "SIGTERM"}
"""Exit codes with which a container ends that was told to, rather than by itself."""


@dataclass(frozen=True)
class Cause:
    """Why something does not work: a typed reason, and a fact of ours about it, which may be empty."""

    reason: Reason
    fact: str


def container_statuses(pod: Raw) -> list[Raw]:
    """The states of all containers of a pod, in the order in which they start."""
    status = pod.get("status", {})
    return [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]


def condition(pod: Raw, kind: str) -> Mapping[str, str]:
    """A condition of a pod; empty where it has none of that type."""
    conditions = pod.get("status", {}).get("conditions") or ()
    return next((one for one in conditions if one.get("type") == kind), {})


def unschedulable(pod: Raw) -> Cause | None:
    """Why no node takes a pod, or None."""
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("reason") not in ("Unschedulable", "SchedulerError"):
        return None
    return Cause(Reason.UNSCHEDULABLE, scheduling_fact(str(scheduled.get("message", ""))))


def waiting_for(status: Raw) -> Cause | None:
    """Why a container cannot start, or None while it runs, has ended, or merely has not begun."""
    waiting = status.get("state", {}).get("waiting") or {}
    reason, message = str(waiting.get("reason", "")), str(waiting.get("message", ""))
    image = str(status.get("image", ""))
    if reason in _IMAGE_STATES:
        return Cause(Reason.IMAGE_PULL, image_fact(image, message))
    if reason in _IMAGE_FACTS:
        return Cause(Reason.IMAGE_PULL, f"{image_named(image)}: {_IMAGE_FACTS[reason]}")
    if reason == "ImageVolumeMountFailed":
        return Cause(Reason.VOLUME_UNAVAILABLE, "an image cannot be mounted as a volume")
    if reason == "CreateContainerConfigError":
        return _config_cause(message)
    return Cause(Reason.BAD_CONFIGURATION, start_fact(message)) if reason in _START_STATES else None


def _config_cause(message: str) -> Cause:
    """Why a container's configuration cannot be made: nearly always, because something that it names is not there."""
    if (missing := missing_object(message)) is not None:
        return Cause(Reason.CONFIG_MISSING, missing)
    if re.search(r"run as root|non-numeric user|non-root policy", message):
        return Cause(Reason.BAD_CONFIGURATION, start_fact(message))
    return Cause(Reason.CONFIG_MISSING, "what its variables name cannot be read")


def exit_cause(ended: Raw) -> Cause | None:
    """Why a container ended, where that is told by its state and not by what it said; None for its own exit code."""
    code, reason = int(ended.get("exitCode", 0)), ended.get("reason")
    if reason == "OOMKilled":
        return Cause(Reason.OOM_KILLED, f"exit code {code}")
    if reason in _START_STATES:
        return Cause(Reason.BAD_CONFIGURATION, start_fact(str(ended.get("message", ""))))
    if reason in _LOST_STATES:
        return Cause(Reason.NODE_LOST, "its node does not know how it ended")
    return None


def exit_fact(code: int) -> str:
    """An exit code for a person."""
    return f"exit code {code}, ended by {SIGNALS[code]}" if code in SIGNALS else f"exit code {code}"


def taken_away(pod: Raw) -> Cause | None:
    """Why Kubernetes ended or refused a whole pod, or None; what its containers say of their end follows from it."""
    status = pod.get("status", {})
    reason, message = str(status.get("reason") or ""), str(status.get("message") or "")
    if reason == "Evicted":
        return Cause(Reason.EVICTED, eviction_fact(message))
    if reason in _ENDED_BY_NODE:
        return Cause(*_ENDED_BY_NODE[reason])
    disrupted = condition(pod, "DisruptionTarget")
    if disrupted.get("status") == "True" and disrupted.get("reason") in _DISRUPTIONS:
        return Cause(*_DISRUPTIONS[disrupted["reason"]])
    return _refused_by_node(reason) if reason and status.get("phase") == "Failed" else None


def _refused_by_node(reason: str) -> Cause:
    if lacking := re.fullmatch(r"OutOf([a-z][a-z0-9./-]{0,99})", reason):
        return Cause(Reason.UNSCHEDULABLE, f"its node has not enough {lacking[1]} any more")
    word = re.fullmatch(r"[A-Z][A-Za-z]{1,62}", reason)
    return Cause(Reason.POD_REJECTED, f"its node refused it: {reason}" if word else "its node refused it")
