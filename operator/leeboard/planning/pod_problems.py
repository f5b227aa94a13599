"""What is wrong with a pod and each of its containers, as typed reasons and facts: whatever the pod is for.

Of what containers wrote, only the termination messages of Leeboard's own parts are read: their messages are typed where
they are made. The end of a log, and all that the container of a user's script says, stays in the log.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from leeboard.api.reasons import Reason
from leeboard.planning.container_states import (
    SIGNALS,
    Cause,
    condition,
    container_statuses,
    exit_cause,
    taken_away,
    unschedulable,
    waiting_for,
)
from leeboard.planning.kubernetes_texts import missing_object, policy_fact, quota_fact, volume_fact
from leeboard.planning.plan import Raw

STARTING = timedelta(minutes=2)
"""How long a node may take to set up a pod, and a container to pass its probe, before that is called a problem."""
RECOVERED = timedelta(minutes=1)
"""How long a container that died has to run until it counts as well: else every restart would seem to be a recovery."""

Told = Callable[[str, Raw], Cause]
"""What a container's end means: its name and its terminated state give reason and fact."""
Warnings = dict[str, tuple[Raw, ...]]
"""Events of type Warning by the UID of what they are about, where they were looked up."""


@dataclass(frozen=True)
class Problem:
    """What is wrong with a pod or with one of its containers.

    `ended`: the container has stopped for it. `restarts`: how often it died. `ready`: it answers in spite of it.
    """

    pod: str
    container: str
    reason: Reason
    fact: str
    ended: bool = False
    restarts: int = 0
    ready: bool = False

    @property
    def place(self) -> str:
        """Pod and container."""
        return f"{self.pod}/{self.container}" if self.container else self.pod


def problems_of_pod(pod: Raw, told: Told, now: datetime, warnings: Warnings) -> list[Problem]:
    """Everything that is wrong with a pod; what explains the rest stands alone.

    A pod that was evicted or lost is one problem, and not as many as it has containers that were killed for it.
    """
    name, phase = pod["metadata"]["name"], pod.get("status", {}).get("phase")
    if phase == "Succeeded":
        return []
    gone = taken_away(pod)
    found = [_problem(name, "", cause, ended=phase == "Failed") for cause in (gone, unschedulable(pod)) if cause]
    for status in container_statuses(pod):
        problem = _of_container(name, status, told, now)
        if problem is not None and not (gone and _follows(status)):
            found.append(problem)
    found += [one for status in _probed(pod) if (one := _unready(name, status, now)) and not found]
    return found or _unseen(pod, now, warnings)


def refusal(message: str) -> tuple[Reason, str]:
    """Why the API server refused a pod, from what a controller passes on of it."""
    if (quota := quota_fact(message)) is not None:
        return Reason.QUOTA_EXCEEDED, quota
    if (missing := missing_object(message)) is not None:
        return Reason.CONFIG_MISSING, missing
    return Reason.POD_REJECTED, policy_fact(message) or "the API server refused the pod"


def next_look(pods: Iterable[Raw], now: datetime) -> datetime | None:
    """When time alone changes what is wrong with one of these pods, or None."""
    moments = [moment for pod in pods for moment in _moments(pod)]
    return min((one for one in moments if one > now), default=None)


def not_set_up(pod: Raw, now: datetime) -> bool:
    """Whether a node has had a pod for long and has begun none of its containers: Events tell why, and nothing else."""
    since = _waits_since(pod)
    return since is not None and now >= since + STARTING


def _of_container(pod: str, status: Raw, told: Told, now: datetime) -> Problem | None:
    name, state = status["name"], status.get("state", {})
    restarts, ready = int(status.get("restartCount") or 0), bool(status.get("ready"))
    if (waiting := waiting_for(status)) is not None:
        return _problem(pod, name, waiting, restarts=restarts)
    running = state.get("running")
    ended = state.get("terminated") or status.get("lastState", {}).get("terminated")
    if ended and ended.get("exitCode") != 0 and not (ready and _runs_long(running, now)):
        cause = exit_cause(ended) or told(name, ended)
        return _problem(pod, name, cause, ended=bool(state.get("terminated")), restarts=restarts, ready=ready)
    return None


def _probed(pod: Raw) -> list[Raw]:
    """The containers that run and are to become ready; an init container runs and never is."""
    statuses = pod.get("status", {}).get("containerStatuses") or ()
    return [one for one in statuses if one.get("state", {}).get("running") and not one.get("ready")]


def _unready(pod: str, status: Raw, now: datetime) -> Problem | None:
    started = _started(status["state"]["running"])
    if started is None or now < started + STARTING:
        return None
    which = "readiness" if status.get("started") else "startup"
    return _problem(pod, status["name"], Cause(Reason.PROBE_FAILING, f"its {which} probe does not succeed"))


def _runs_long(running: Raw | None, now: datetime) -> bool:
    started = _started(running) if running is not None else None
    return running is not None and (started is None or now >= started + RECOVERED)


def _follows(status: Raw) -> bool:
    """Whether a container only reports that it was told to end, or was lost."""
    ended = status.get("state", {}).get("terminated") or {}
    return ended.get("exitCode") in SIGNALS and ended.get("reason") != "OOMKilled"


def _unseen(pod: Raw, now: datetime, warnings: Warnings) -> list[Problem]:
    """What no container's state tells: a node that sets nothing up, or that answers no more."""
    name, status = pod["metadata"]["name"], pod.get("status", {})
    if not_set_up(pod, now):
        return [_problem(name, "", _set_up_cause(warnings.get(pod["metadata"].get("uid", ""), ())))]
    containers = status.get("containerStatuses") or ()
    sidecars = status.get("initContainerStatuses") or ()
    is_well = bool(containers) and all(one.get("ready") for one in containers)
    is_well = is_well and all(one.get("ready", True) for one in sidecars)  # a sidecar that is not ready says why
    if is_well and status.get("phase") == "Running" and condition(pod, "Ready").get("status") == "False":
        # only the node controller says of a pod whose containers are ready that it is not
        return [_problem(name, "", Cause(Reason.NODE_LOST, "its node does not answer"))]
    return []


def _set_up_cause(told: Iterable[Raw]) -> Cause:
    """From the Events of a pod whose containers have not begun."""
    for event in sorted(told, key=lambda one: (str(one.get("reason", "")), str(one.get("note", "")))):
        if event.get("reason") in ("FailedMount", "FailedAttachVolume", "FailedMapVolume"):
            return Cause(Reason.VOLUME_UNAVAILABLE, volume_fact(str(event.get("note", ""))))
    sandbox = any(event.get("reason") == "FailedCreatePodSandBox" for event in told)
    return Cause(Reason.POD_NOT_STARTING, "its network cannot be set up" if sandbox else "its containers do not begin")


def _waits_since(pod: Raw) -> datetime | None:
    """Since when a node has had a pod of which it has begun no container."""
    if pod.get("status", {}).get("phase") != "Pending":
        return None
    if any("waiting" not in status.get("state", {}) for status in container_statuses(pod)):
        return None
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") != "True" or condition(pod, "PodReadyToStartContainers").get("status") != "False":
        return None
    return _parsed(scheduled.get("lastTransitionTime"))


def _moments(pod: Raw) -> Iterable[datetime]:
    if (since := _waits_since(pod)) is not None:
        yield since + STARTING
    for status in container_statuses(pod):
        started = _started(status.get("state", {}).get("running") or {})
        if started is not None and status.get("ready") and status.get("lastState", {}).get("terminated"):
            yield started + RECOVERED
    for status in _probed(pod):
        if (started := _started(status["state"]["running"])) is not None:
            yield started + STARTING


def _started(running: Raw) -> datetime | None:
    return _parsed(running.get("startedAt"))


def _parsed(moment: str | None) -> datetime | None:
    return datetime.fromisoformat(moment) if moment else None


def _problem(
    pod: str, container: str, cause: Cause, *, ended: bool = False, restarts: int = 0, ready: bool = False
) -> Problem:
    return Problem(pod, container, cause.reason, cause.fact, ended, restarts, ready)
