"""Exporters that run and leave no window: storage refuses them, or they cannot reach it.

The pod does not tell: such an exporter counts, keeps its files, and is healthy, so that a restart loses nothing. What
tells is that the evaluator, which reads the same storage, found windows of other pods and none of this one for longer
than any is late. It is known where a DriftMonitor has figures of the version; without one nobody reads windows.
"""

from collections.abc import Iterable
from datetime import datetime

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.reasons import Reason
from leeboard.planning.container_states import container_statuses
from leeboard.planning.drift.figures import read_figures
from leeboard.planning.drift.raw_values import read_moment
from leeboard.planning.drift.windows_seen import Heard
from leeboard.planning.plan import Raw
from leeboard.planning.pod_problems import Problem

EXPORTER = "exporter"
FACT = "it runs, and no window of it came to storage for five windows: it is refused there, or cannot reach it"


def heard(monitors: Iterable[DriftMonitor], version: str) -> Heard | None:
    """Of the newest figures about a version the pods that were heard of; None where no figures tell."""
    told = [one for monitor in monitors if (one := read_figures(monitor.status.evaluation)) and one.version == version]
    newest = max(told, key=lambda one: one.observed_at, default=None)
    return newest.windows.heard if newest is not None and newest.windows is not None else None


def unheard(pod: Raw, known: Heard | None) -> Problem | None:
    """What is wrong with a pod that answers and whose exporter had time to leave a window, and left none."""
    name = pod["metadata"]["name"]
    if known is None or name in known.pods:
        return None
    began = _running_since(pod)
    if began is None or began > known.since:
        return None
    return Problem(name, EXPORTER, Reason.OBSERVATIONS_MISSING, FACT)


def _running_since(pod: Raw) -> datetime | None:
    status = next((one for one in container_statuses(pod) if one["name"] == EXPORTER), None)
    return read_moment(((status or {}).get("state", {}).get("running") or {}).get("startedAt"))
