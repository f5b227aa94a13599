"""What happened to one version, from its cause on, as far as anything still remembers it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from leeboard.api import names
from leeboard.api.lineage import Cause
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.api.reasons import Reason
from leeboard.cli.describe.happenings import Happening
from leeboard.cli.lineage.origin import Origin, origin
from leeboard.cli.objects import Objects, Raw
from leeboard.cli.why.run import run_entries
from leeboard.cli.why.timeline import Entry, Reference
from leeboard.planning.rollout.selection import registered_at

_ROLLOUT_REASONS = frozenset(
    {"Progressing", "CanaryStarted", "StepStarted", "AnalysisPassed", "Promoted", "RolledBack", "Superseded", "Serving"}
)


@dataclass(frozen=True)
class Sources:
    """What a timeline is made of: the objects, the raw Jobs, the raw ModelVersions by name, and Events by UID."""

    objects: Objects
    jobs: tuple[Raw, ...]
    raws: dict[str, Raw]
    told: dict[str, tuple[Happening, ...]]


def version_entries(version: ModelVersion, sources: Sources) -> Iterator[Entry]:
    """Cause, run, evaluation, registration, gates, approval, rollout and end of a version."""
    known = origin(version, sources.objects)
    if version.spec.cause is not None:
        yield _cause(version.spec.cause, known)
    if known.run is not None:
        yield from run_entries(known.run, sources.jobs)
    elif version.spec.source.training_job is not None:
        source = version.spec.source.training_job
        reference = Reference("TrainingJob", source.name, source.run)
        yield Entry("run", None, f"run {source.run}", "its TrainingJob does not remember it", source="spec.source",
                    references=(reference,))  # fmt: skip
    yield _registered(version)
    yield from _elsewhere(version)
    yield from _verdict(version, sources)
    model = sources.objects.model(version.metadata.namespace, version.spec.model_ref.name)
    if model is not None:
        yield from _rollout(version, model, sources.told.get(model.metadata.uid, ()))


def _cause(cause: Cause, known: Origin) -> Entry:
    reference = cause.ref
    episode = known.episode
    references: tuple[Reference, ...] = ()
    if reference is not None:
        references = (Reference(reference.kind, reference.name, reference.uid),)
    if reference is not None and reference.episode:
        references += (Reference("Episode", reference.episode),)
    found = f", found by {reference.kind} {reference.name}" if reference is not None and reference.name else ""
    gone = f" ({known.monitor})" if known.monitor else ""
    return Entry(
        "cause",
        episode.started_at if episode is not None else known.run.started_at if known.run is not None else None,
        f"{cause.kind}{found}{gone}",
        cause.reason,
        cause.kind,
        "DriftMonitor.status.episode" if episode is not None else "spec.cause",
        references,
    )


def _registered(version: ModelVersion) -> Entry:
    artefact, source = version.spec.artifact, version.spec.source.import_
    return Entry(
        "registered",
        registered_at(version),
        f"{version.metadata.name} {'imported' if source is not None else 'registered'}",
        source.reason if source is not None else "",
        "Registered",
        "metadata",
        (
            Reference("ModelVersion", version.metadata.name, version.metadata.uid),
            Reference("artefact", artefact.uri, artefact.digest),
        ),
    )


def _elsewhere(version: ModelVersion) -> Iterator[Entry]:
    """What a restored version brought along: it happened where it was exported."""
    past, source = version.status.restored, "status.restored"
    if past is None:
        return
    for one in past.approvals:
        yield Entry("approval", one.at, f"approved by {one.by}, before it was restored", "", "Approved", source)
    if past.champion_since is not None:
        yield Entry("champion", past.champion_since, "champion, before it was restored", "", "Serving", source)
    out = past.rolled_back
    if out is not None and out.reason == Reason.PAST_UNKNOWN:
        yield Entry("end", out.at, "held back when it was restored", out.message, out.reason, source)
    elif out is not None:
        yield Entry("end", out.at, "rolled back, before it was restored", out.message, out.reason, source)


def _verdict(version: ModelVersion, sources: Sources) -> Iterator[Entry]:
    """Gates and approval. When a person approved stands in managedFields, who in status."""
    judged, status = version.condition("GatesPassed"), version.status
    ready = version.condition("Ready")
    if status.gates or status.phase == "Rejected":
        condition = judged or ready
        said = "; ".join(
            f"{'passed' if gate.passed else 'FAILED'} {gate.gate}: {gate.message}" for gate in status.gates
        )
        yield Entry(
            "gate",
            condition.last_transition_time if condition is not None else None,
            "refused" if status.phase == "Rejected" else "gates passed",
            said or (ready.message if ready is not None else ""),
            condition.reason if condition is not None else "",
            "status.gates",
        )
    if status.approved_by:
        raw = sources.raws.get(version.metadata.name, {})
        moment = annotated_at(raw, names.APPROVED_BY)
        yield Entry("approval", moment, f"approved by {status.approved_by}", "", "Approved", "status.approvedBy")


def annotated_at(raw: Raw, annotation: str) -> datetime | None:
    """When an annotation was written last, as the API server records who manages it; None where that is gone."""
    for entry in raw.get("metadata", {}).get("managedFields") or ():
        fields = entry.get("fieldsV1", {}).get("f:metadata", {}).get("f:annotations", {})
        if f"f:{annotation}" in fields and entry.get("time"):
            return datetime.fromisoformat(entry["time"])
    return None


def _rollout(version: ModelVersion, model: Model, told: Iterable[Happening]) -> Iterator[Entry]:
    name, status = version.metadata.name, model.status
    reference = (Reference("Model", model.metadata.name, model.metadata.uid),)
    for one in told:
        if one.reason in _ROLLOUT_REASONS and name in one.message:
            yield Entry("rollout", one.at, one.reason, one.message, one.reason, "Event", reference)
    candidate = status.candidate
    if candidate is not None and candidate.name == name:
        waits = candidate.message
        yield Entry("rollout", candidate.since, "rollout began", "", "", "status.candidate", reference)
        if candidate.canary_started_at is not None:
            moment = candidate.canary_started_at
            yield Entry("rollout", moment, "first requests", "", "CanaryStarted", "status.candidate", reference)
        title = f"{candidate.phase}, stage {candidate.step + 1}" if candidate.phase == "Canary" else candidate.phase
        yield Entry("rollout", candidate.step_started_at, title, waits, candidate.reason, "status.candidate", reference)
    for challenger in status.challengers:
        if challenger.name == name:
            place, began = "status.challengers", challenger.phase_started_at
            yield Entry("rollout", challenger.since, "challenger", "", "", place, reference)
            waits, reason = challenger.message, challenger.reason
            yield Entry("rollout", began, challenger.phase, waits, reason, place, reference)
    yield from _ends(name, model, reference)


def _ends(name: str, model: Model, reference: tuple[Reference, ...]) -> Iterator[Entry]:
    """When a version became champion, and when it was rolled back."""
    status = model.status
    records = [one for one in status.history if one.name == name]
    for one in records:
        yield Entry("champion", one.since, "champion", one.message, one.reason, "status.history", reference)
    champion = status.champion
    if champion is not None and champion.name == name and not records:
        yield Entry("champion", champion.since, "champion", "", "Serving", "status.champion", reference)
    for out in status.quarantined:
        if out.name == name:
            yield Entry("end", out.at, "rolled back", out.message, out.reason, "status.quarantined", reference)
