"""What started a version: the run, and behind a run of drift the monitor with its episode, as far as they are known."""

from dataclasses import dataclass

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.drift_status import Episode
from leeboard.api.model_version import ModelVersion
from leeboard.api.training_job import Run
from leeboard.cli.objects import Objects
from leeboard.planning.training.run_history import find_run

GONE = "deleted since"
REPLACED = "another of that name is there now"


@dataclass(frozen=True)
class Origin:
    """`run` and `episode` are what live objects still say of them, else None.

    `training_job` and `monitor` say what became of the objects: empty while they are there.
    """

    run: Run | None = None
    training_job: str = ""
    episode: Episode | None = None
    monitor: str = ""


def origin(version: ModelVersion, objects: Objects) -> Origin:
    """What live objects say of a version's run and cause; they are told by their uid from others of the same name."""
    namespace = version.metadata.namespace
    source, cause = version.spec.source.training_job, version.spec.cause
    run, job_fate = None, ""
    if source is not None:
        job = objects.training_job(namespace, source.name)
        job_fate = _fate(job.metadata.uid if job else None, source.uid)
        run = find_run(job.status.runs, source.run) if job is not None and not job_fate else None
    episode, monitor_fate = None, ""
    reference = cause.ref if cause is not None else None
    if reference is not None and reference.kind == DriftMonitor.KIND:
        monitor = objects.monitor(namespace, reference.name)
        monitor_fate = _fate(monitor.metadata.uid if monitor else None, reference.uid)
        newest = monitor.status.episode if monitor is not None and not monitor_fate else None
        episode = newest if newest is not None and newest.id == reference.episode else None
    return Origin(run, job_fate, episode, monitor_fate)


def _fate(live_uid: str | None, recorded_uid: str) -> str:
    if live_uid is None:
        return GONE
    return REPLACED if recorded_uid and live_uid != recorded_uid else ""
