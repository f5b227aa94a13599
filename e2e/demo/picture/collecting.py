"""The parts of a report, made from what the cluster and its storage hold."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from e2e.demo.picture.distributions import Pair, merge_windows
from e2e.demo.picture.report import Drift, Feature, Figure, Outcome, Step, Version
from e2e.support.narrator import Step as ToldStep
from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.drift_status import Finding
from leeboard.api.lineage import DatasetRecord
from leeboard.api.model import Model
from leeboard.api.model_version import Metric, ModelVersion
from leeboard.evaluator.windows import Window
from leeboard.report.extent import reach
from leeboard.report.feature import compared

Document = dict[str, Any]


def steps_from(told: Iterable[ToldStep], *, now: datetime, monotonic: float) -> tuple[Step, ...]:
    """The narrator's steps; `now` and `monotonic` are the two clocks at the same moment, a step without an end ends."""
    steps = []
    for one in told:
        start = now - timedelta(seconds=monotonic - one.started)
        end = now if one.seconds is None else start + timedelta(seconds=one.seconds)
        steps.append(Step(title=one.title, start=start, end=end))
    return tuple(steps)


def versions_from(documents: Iterable[Document], model: Document, *, served: Collection[str]) -> tuple[Version, ...]:
    """ModelVersions and what became of them, the oldest first. `served` names those that answered requests.

    Raises pydantic.ValidationError where an object is malformed.
    """
    status = Model.parse(model).status
    quarantined = {one.name: one.message or one.reason for one in status.quarantined}
    champion = status.champion.name if status.champion else ""
    made = []
    for document in documents:
        version = ModelVersion.parse(document)
        name = version.metadata.name
        outcome, reason = _outcome(version, champion, quarantined, served)
        spec, cause = version.spec, version.spec.cause
        made.append(
            Version(
                name=name,
                outcome=outcome,
                created=version.metadata.creation_timestamp or datetime.fromtimestamp(0, UTC),
                commit=(spec.code.commit or "") if spec.code else "",
                parent=spec.parent.name if spec.parent else "",
                cause=cause.kind if cause else "",
                cause_reason=cause.reason if cause else "",
                reason=reason,
                data=next((described(one) for one in spec.datasets if one.role == "Train"), ""),
                metrics=tuple(figure_of(one) for one in spec.metrics),
            )
        )
    return tuple(sorted(made, key=lambda one: (one.created, one.name)))


def drift_from(
    monitor: Document, profile: Mapping[str, Any], windows: Iterable[Window], *, time: datetime, most: int = 6
) -> Drift:
    """The verdict that a DriftMonitor states, and the inputs of its DataDrift findings, the strongest first.

    `profile` and `windows` are those of the version that the verdict is about, and `time` is when it was given. Raises
    ValueError where there is no verdict, or the windows do not fit the profile.
    """
    parsed = DriftMonitor.parse(monitor)
    status, detected = parsed.status, parsed.condition("DriftDetected")
    if status.verdict == "" or detected is None:
        raise ValueError(f"DriftMonitor {parsed.metadata.name} has given no verdict")
    distances = {one.distance or "" for one in parsed.spec.checks if one.type == "DataDrift"}
    if len(distances) > 1:
        raise ValueError("inputs are compared by two distances, which have no common scale")
    distance = "".join(distances)
    pairs = merge_windows(profile, windows)
    found = [one for one in status.findings if one.check == "DataDrift" and one.low and one.subject in pairs]
    return Drift(
        verdict=status.verdict,
        words=detected.message,
        version=status.version,
        time=time,
        rows=status.rows,
        reference_rows=int(profile["rows"]),
        features=tuple(_feature(pairs[one.subject], one, distance) for one in found[:most]),
    )


def described(dataset: DatasetRecord) -> str:
    """A dataset in a few words: its partitions and rows."""
    ends = [one.strip("/") for one in (dataset.partitions[:1] + dataset.partitions[1:][-1:])]
    return ", ".join(part for part in (" to ".join(ends), f"{dataset.rows:,} rows".replace(",", "\u2009")) if part)


def figure_of(metric: Metric) -> Figure:
    """A metric of a ModelVersion."""
    return Figure(name=metric.name, value=float(metric.value), low=float(metric.low), high=float(metric.high))


def _feature(pair: Pair, finding: Finding, distance: str) -> Feature:
    figure = Figure(name=distance, value=float(finding.value), low=float(finding.low), high=float(finding.high))
    told = reach(pair.reference.extent, pair.window.extent)
    return compared(pair.reference, pair.window, figure, float(finding.threshold), shift=finding.shift, reach=told)


def _outcome(
    version: ModelVersion, champion: str, quarantined: Mapping[str, str], served: Collection[str]
) -> tuple[Outcome, str]:
    """What became of a version, and why where it did not become champion."""
    name = version.metadata.name
    if name == champion:
        return "Champion", ""
    if name in quarantined:
        return "RolledBack", quarantined[name]
    if version.status.phase == "Rejected":
        failed = (f"{gate.gate}: {gate.message}" for gate in version.status.gates if not gate.passed)
        return "Rejected", "; ".join(failed)
    return ("Replaced" if name in served else "Registered"), ""
