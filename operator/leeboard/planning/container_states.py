"""How Kubernetes says that a pod cannot start, as typed reasons: the same for pods that train and pods that serve."""

from leeboard.api.reasons import Reason
from leeboard.planning.plan import Raw

LONGEST_MESSAGE = 512
"""Characters that are kept of what Kubernetes says."""

_WAITING = {
    "ImagePullBackOff": Reason.IMAGE_PULL,
    "ErrImagePull": Reason.IMAGE_PULL,
    "InvalidImageName": Reason.IMAGE_PULL,
    "ErrImageNeverPull": Reason.IMAGE_PULL,
    "CreateContainerConfigError": Reason.CONFIG_MISSING,
    "CreateContainerError": Reason.BAD_CONFIGURATION,
    "RunContainerError": Reason.BAD_CONFIGURATION,
}
EXIT_CODES = {
    69: Reason.STORAGE_UNREACHABLE,
    77: Reason.STORAGE_FORBIDDEN,
    78: Reason.BAD_CONFIGURATION,
}
"""The exit codes that mean the same in every container of ours."""


def container_statuses(pod: Raw) -> list[Raw]:
    """The states of all containers of a pod, in the order in which they start."""
    status = pod.get("status", {})
    return [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]


def unschedulable(pod: Raw) -> list[str]:
    """What the scheduler says of a pod that no node has room for."""
    return [
        str(condition.get("message", ""))[:LONGEST_MESSAGE]
        for condition in pod.get("status", {}).get("conditions", [])
        if condition.get("type") == "PodScheduled" and condition.get("reason") == "Unschedulable"
    ]


def waiting_for(status: Raw) -> tuple[Reason, str] | None:
    """Why a container cannot start, or None while it runs, has ended, or merely has not begun."""
    waiting = status.get("state", {}).get("waiting") or {}
    reason = _WAITING.get(waiting.get("reason", ""))
    return None if reason is None else (reason, str(waiting.get("message", ""))[:LONGEST_MESSAGE])


def exit_text(code: int, text: str) -> str:
    """An exit code and the end of what the container said last."""
    return f"exit code {code}: {text[-400:]}" if text else f"exit code {code}"
