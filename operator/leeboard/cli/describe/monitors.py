"""What is said of a DriftMonitor."""

from collections.abc import Iterator
from datetime import datetime

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.drift_status import Finding
from leeboard.api.notifications import Delivery
from leeboard.cli.describe.page import Fact
from leeboard.cli.show.moments import age, utc
from leeboard.cli.show.quantities import count


def facts(monitor: DriftMonitor, now: datetime) -> Iterator[Fact]:
    """What is watched, the verdict with its evidence, and what was asked of others."""
    spec, status = monitor.spec, monitor.status
    yield "model", spec.model_ref.name
    yield "window", f"{spec.window.length}; {len(spec.checks)} checks"
    if status.verdict:
        needed = f", {count(status.rows_needed)} more are needed" if status.rows_needed else ""
        yield "verdict", f"{status.verdict} about {status.version}, from {count(status.rows)} rows{needed}"
    for finding in status.findings:
        yield "finding", _finding(finding)
    episode = status.episode
    if episode is not None:
        fate = "open" if episode.ended_at is None else f"ended {age(episode.ended_at, now)} ago"
        yield "episode", f"{episode.id}, began {age(episode.started_at, now)} ago, {fate}: {episode.reason}"
        if episode.drifting_since is not None:
            yield "drifting since", f"{utc(episode.drifting_since)} ({age(episode.drifting_since, now)} ago)"
        for told in episode.circumstances:
            yield "at that time", told
    for delivery in status.deliveries:
        yield "webhook", _delivery(delivery, now)
    for request in status.requests:
        reference = request.training_job_ref
        of = f"TrainingJob {reference.name}" if reference else f"Model {monitor.spec.model_ref.name}"
        yield "asked", f"{request.type} of {of} for episode {request.episode}"


def _delivery(delivery: Delivery, now: datetime) -> str:
    about = f"{delivery.secret} ({delivery.format}), episode {delivery.episode}"
    if delivery.reason:
        return f"{about}: {delivery.attempts} attempts failed, {delivery.reason}: {delivery.message}"
    if delivery.resolved_at is not None:
        return f"{about}: told of its end {age(delivery.resolved_at, now)} ago"
    if delivery.fired_at is not None:
        return f"{about}: told of it {age(delivery.fired_at, now)} ago"
    return f"{about}: not told yet"


def _finding(finding: Finding) -> str:
    interval = f" [{finding.low}, {finding.high}]" if finding.low and finding.high else ""
    bound = f", threshold {finding.threshold}" if finding.threshold else ""
    return f"{finding.verdict}: {finding.check} {finding.subject} {finding.value}{interval}{bound}"
