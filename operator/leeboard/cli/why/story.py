"""The timeline of what a user asked about, and what is no longer known of it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.api.training_job import Run
from leeboard.cli.errors import CommandError
from leeboard.cli.which import Meant
from leeboard.cli.why.run import run_entries
from leeboard.cli.why.timeline import Entry, Reference, ordered
from leeboard.cli.why.version import Sources, version_entries


@dataclass(frozen=True)
class Story:
    """Entries in their order, and sentences about what nothing remembers any more."""

    kind: str
    namespace: str
    name: str
    entries: list[Entry]
    unknown: tuple[str, ...]


def story(found: Meant, sources: Sources) -> Story:
    """The story of a Model, a version or a run. Raises CommandError for a Model that serves nothing and never did."""
    thing, namespace = found.object, found.object.metadata.namespace
    if isinstance(thing, Model):
        entries = [*_of_model(thing, sources), *_champion(thing, sources)]
        name, kind = thing.metadata.name, "Model"
    elif isinstance(thing, ModelVersion):
        entries, name, kind = [*version_entries(thing, sources)], thing.metadata.name, "ModelVersion"
    elif found.run is not None:
        entries, name, kind = [*_of_run(found.run, namespace, sources)], found.run.id, "run"
    else:
        raise CommandError(f"{thing.metadata.name} is a {thing.kind}", "why is asked of a Model, a version or a run")
    if not entries:
        raise CommandError(f"nothing is known of {name} yet")
    chosen = ordered(_once(entries))
    return Story(kind, namespace, name, chosen, tuple(_unknown(chosen)))


def _champion(model: Model, sources: Sources) -> Iterator[Entry]:
    champion, candidate = model.status.champion, model.status.candidate
    for place in (champion, candidate):
        version = next((one for one in sources.objects.versions if place and one.metadata.name == place.name), None)
        if version is not None:
            yield from (replace(one, about=version.metadata.name) for one in version_entries(version, sources))
        elif place is not None:
            yield Entry("registered", None, place.name, "it is not in the registry any more", "", "status.champion")


def _of_model(model: Model, sources: Sources) -> Iterator[Entry]:
    """What concerns the Model as a whole: its champions, those that were rolled back, commands, and open episodes."""
    reference = (Reference("Model", model.metadata.name, model.metadata.uid),)
    for record in model.status.history:
        title = f"champion {record.name}"
        yield Entry("champion", record.since, title, record.message, record.reason, "status.history", reference)
    for one in model.status.quarantined:
        title = f"rolled back {one.name}"
        yield Entry("end", one.at, title, one.message, one.reason, "status.quarantined", reference)
    answer = model.status.commands.answer
    if answer is not None:
        came = "done" if answer.accepted else "refused"
        title = f"{answer.command} {answer.id}: {came}"
        yield Entry("command", answer.at, title, answer.message, "", "status.commands.answer", reference)
    for monitor in sources.objects.monitors:
        if monitor.spec.model_ref.name == model.metadata.name:
            yield from _episode(monitor)


def _episode(monitor: DriftMonitor) -> Iterator[Entry]:
    episode = monitor.status.episode
    if episode is None:
        return
    reference = (
        Reference("DriftMonitor", monitor.metadata.name, monitor.metadata.uid),
        Reference("Episode", episode.id),
    )
    title = f"drift of {episode.version}, found by {monitor.metadata.name}"
    yield Entry("cause", episode.started_at, title, episode.reason, "Drift", "DriftMonitor.status.episode", reference)
    if episode.ended_at is not None:
        title = f"drift over, says {monitor.metadata.name}"
        yield Entry("end", episode.ended_at, title, "", "Stable", "DriftMonitor.status.episode", reference)


def _of_run(run: Run, namespace: str, sources: Sources) -> Iterator[Entry]:
    version = next(
        (
            one
            for one in sources.objects.versions
            if one.metadata.name == run.model_version and one.metadata.namespace == namespace
        ),
        None,
    )
    if version is not None:
        yield from version_entries(version, sources)
        return
    cause = run.cause
    references = (Reference(cause.ref.kind, cause.ref.name, cause.ref.uid),) if cause.ref is not None else ()
    yield Entry("cause", run.started_at, cause.kind, cause.reason, cause.kind, "TrainingJob.status.runs", references)
    yield from run_entries(run, sources.jobs)


def _once(entries: list[Entry]) -> list[Entry]:
    """Champions and rollbacks that both the Model and its version tell of stand there once."""
    kept: dict[tuple[object, ...], Entry] = {}
    for one in entries:
        key = (one.at, one.message, one.reason) if one.step in ("champion", "end") and one.at else (id(one),)
        kept.setdefault(key, one)
    return list(kept.values())


def _unknown(entries: list[Entry]) -> Iterator[str]:
    steps = {one.step for one in entries}
    for one in entries:
        if one.at is None:
            yield f"when: {one.title}" + (f" ({one.about})" if one.about else "")
    if "champion" in steps and not any(one.source == "Event" for one in entries):
        yield "the stages of finished rollouts: Events told of them, and the API server keeps those for an hour"
    if any(one.message == "its TrainingJob does not remember it" for one in entries):
        yield "how that run went: a TrainingJob remembers its 20 newest runs; what it read stands in the version's spec"
