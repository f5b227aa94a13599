"""TrainingJob: from a trigger to a run, from a run to its Jobs, from their results to a ModelVersion."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from leeboard.api import names
from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.api.training_job import TrainingJob
from leeboard.controllers.base import Cache, Controller, Key, Look, model_of, namespace_of
from leeboard.controllers.champion import model_and_champion
from leeboard.controllers.lookup import (
    TRAINING_JOB_LABEL,
    named_by_label,
    of_model,
    owned,
    pods_labelled,
    warnings_about,
)
from leeboard.planning.plan import Plan, Raw
from leeboard.planning.settings import Settings
from leeboard.planning.snapshot import TrainingJobSnapshot
from leeboard.planning.training_job import plan_training_job


def observe(live: Raw, cache: Cache, settings: Settings) -> TrainingJobSnapshot:
    """The TrainingJob, its Model with champion, versions and monitors, and its Jobs with their pods."""
    namespace, name, uid = namespace_of(live), live["metadata"]["name"], live["metadata"]["uid"]
    model, champion = model_and_champion(cache, namespace, model_of(live))
    versions = of_model(cache, ModelVersion.KIND, namespace, model_of(live))
    monitors = of_model(cache, DriftMonitor.KIND, namespace, model_of(live))
    jobs = tuple(owned(cache, "Job", namespace, uid))
    pods = tuple(pods_labelled(cache, namespace, TRAINING_JOB_LABEL, name))
    return TrainingJobSnapshot(
        job=TrainingJob.parse(live),
        model=model,
        champion=champion,
        versions=tuple(ModelVersion.parse(raw) for raw in versions),
        jobs=jobs,
        pods=pods,
        monitors=tuple(DriftMonitor.parse(raw) for raw in monitors),
        settings=settings,
        warnings=warnings_about(cache, (*jobs, *pods)),
    )


def wakes(changed: Raw, cache: Cache) -> Iterable[str]:
    """Jobs and pods carry the label; a Model, its versions and its monitors concern all that train for it."""
    if changed["kind"] in ("Job", "Pod"):
        return named_by_label(cache, TrainingJob.KIND, changed, names.TRAINING_JOB)
    if changed["kind"] == Model.KIND:
        return _training_for(cache, changed, changed["metadata"]["name"])
    if changed["kind"] in (ModelVersion.KIND, DriftMonitor.KIND):
        return {*_training_for(cache, changed, model_of(changed)), *_asked_by(changed)}
    return []


def _training_for(cache: Cache, changed: Raw, model: str) -> list[str]:
    jobs = of_model(cache, TrainingJob.KIND, namespace_of(changed), model)
    return [raw["metadata"]["name"] for raw in jobs]


def _asked_by(monitor: Raw) -> Iterator[str]:
    for request in monitor.get("status", {}).get("requests") or ():
        name = request.get("trainingJobRef", {}).get("name")
        if name:
            yield name


def rests_on(live: Raw, plan: Plan, cache: Cache) -> Iterator[Look]:
    """Before a run begins, moves on or gets a Job: what asked for it, what is left of it, and whom it is compared with.

    A Job or pod that is not in the cache may be there: its run would end as one whose Job was deleted.
    """
    if not plan.decides and not plan.create:
        return
    namespace, name, model = namespace_of(live), live["metadata"]["name"], model_of(live)
    label = (names.TRAINING_JOB, names.label_value(name))
    yield Look("Job", namespace, labels=(label,))
    yield Look("Pod", namespace, labels=(label,))
    yield Look(Model.KIND, namespace, model)
    for raw in of_model(cache, DriftMonitor.KIND, namespace, model):
        yield Look(DriftMonitor.KIND, namespace, raw["metadata"]["name"])
    served = cache.get(Key(Model.KIND, namespace, model))
    champions = {(((served or {}).get("status") or {}).get("champion") or {}).get("name", "")}
    champions |= {run.get("champion", "") for run in ((live.get("status") or {}).get("runs") or ())[-1:]}
    for version in sorted(champions - {""}):
        yield Look(ModelVersion.KIND, namespace, version)


CONTROLLER = Controller(TrainingJob.KIND, observe, plan_training_job, wakes, rests_on)
