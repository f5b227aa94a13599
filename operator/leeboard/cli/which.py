"""Which object a user means by a name, with or without its kind before it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.api.training_job import Run, TrainingJob
from leeboard.cli.errors import CommandError, unknown
from leeboard.cli.objects import Objects
from leeboard.planning.training.run_history import find_run


@dataclass(frozen=True)
class Meant:
    """The object, and the run where one of a TrainingJob is meant."""

    word: str
    object: Model | ModelVersion | TrainingJob | DriftMonitor
    run: Run | None = None


WORDS: dict[str, tuple[str, ...]] = {
    "model": ("models", "mdl"),
    "version": ("versions", "modelversion", "modelversions", "mv"),
    "run": ("runs",),
    "trainingjob": ("trainingjobs", "tj", "job"),
    "monitor": ("monitors", "driftmonitor", "driftmonitors", "dm"),
}
"""What a user may write for a kind, in the order in which a bare name is looked up."""
_OF_ALIAS = {alias: word for word, aliases in WORDS.items() for alias in (word, *aliases)}


def meant(words: Sequence[str], objects: Objects, namespace: str, kinds: Sequence[str] = tuple(WORDS)) -> Meant:
    """What `[KIND] NAME`, `KIND/NAME` or `MODEL/VERSION` stands for. Raises CommandError.

    A bare name is that of the first of `kinds` that has it: a Model's comes before its TrainingJob's.
    """
    word, name = _parted(words, kinds)
    if word:
        found = _FINDERS[word](objects, namespace, name)
        if found is None:
            raise unknown(_TITLES[word], name, namespace, _names(word, objects, namespace))
        return found
    for kind in kinds:
        found = _FINDERS[kind](objects, namespace, name)
        if found is not None:
            return found
    there = {one for kind in kinds for one in _names(kind, objects, namespace)}
    raise unknown(" or ".join(_TITLES[kind] for kind in kinds), name, namespace, there)


def version_of(target: str, objects: Objects, namespace: str) -> ModelVersion:
    """The version that `VERSION`, `RUN`, `MODEL/VERSION` or `MODEL/RUN` stands for. Raises CommandError."""
    found = meant([target], objects, namespace, ("version",)).object
    if not isinstance(found, ModelVersion):
        raise TypeError(f"{target} was taken for a {found.kind}")
    return found


def _parted(words: Sequence[str], kinds: Sequence[str]) -> tuple[str, str]:
    """The kind, empty where none is given, and the name."""
    if len(words) > 2 or not words[-1]:
        raise CommandError(f"{' '.join(words)!r} is neither [KIND] NAME nor KIND/NAME")
    first, slash, rest = words[0].partition("/")
    kind = _OF_ALIAS.get(first.lower(), "")
    if len(words) == 2:
        if kind not in kinds:
            raise CommandError(f"{words[0]} is none of {', '.join(kinds)}")
        return kind, words[1]
    if slash and kind in kinds and rest:
        return kind, rest
    return ("version", words[0]) if slash and "version" in kinds else ("", words[0])


def _model(objects: Objects, namespace: str, name: str) -> Meant | None:
    found = objects.model(namespace, name)
    return Meant("model", found) if found is not None else None


def _version(objects: Objects, namespace: str, name: str) -> Meant | None:
    """By its own name, or by that of its run; `MODEL/` before it keeps it to that Model."""
    model, _, wanted = name.rpartition("/")
    for one in objects.versions:
        source = one.spec.source.training_job
        names = {one.metadata.name, source.run if source is not None else one.metadata.name}
        if one.metadata.namespace == namespace and wanted in names and model in ("", one.spec.model_ref.name):
            return Meant("version", one)
    return None


def _run(objects: Objects, namespace: str, name: str) -> Meant | None:
    job, _, wanted = name.rpartition("/")
    for one in objects.training_jobs:
        run = find_run(one.status.runs, wanted)
        if run is not None and one.metadata.namespace == namespace and job in ("", one.metadata.name):
            return Meant("run", one, run)
    return None


def _training_job(objects: Objects, namespace: str, name: str) -> Meant | None:
    found = objects.training_job(namespace, name)
    return Meant("trainingjob", found) if found is not None else None


def _monitor(objects: Objects, namespace: str, name: str) -> Meant | None:
    found = objects.monitor(namespace, name)
    return Meant("monitor", found) if found is not None else None


_FINDERS: dict[str, Callable[[Objects, str, str], Meant | None]] = {
    "model": _model,
    "version": _version,
    "run": _run,
    "trainingjob": _training_job,
    "monitor": _monitor,
}
_TITLES = {
    "model": "Model",
    "version": "version",
    "run": "run",
    "trainingjob": "TrainingJob",
    "monitor": "DriftMonitor",
}


def _names(word: str, objects: Objects, namespace: str) -> list[str]:
    if word == "run":
        return [run.id for job in objects.training_jobs for run in job.status.runs]
    metadata = {
        "model": [one.metadata for one in objects.models],
        "version": [one.metadata for one in objects.versions],
        "trainingjob": [one.metadata for one in objects.training_jobs],
        "monitor": [one.metadata for one in objects.monitors],
    }
    return [one.name for one in metadata[word] if one.namespace == namespace]
