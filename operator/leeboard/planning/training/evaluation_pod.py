"""The evaluation Job: candidate and champion on the same holdout, in Leeboard's own image."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from leeboard.api import names
from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.api.termination import CONTRACT, TrainingResult
from leeboard.api.training_job import Run, TrainingJob
from leeboard.planning import restricted_pod
from leeboard.planning.artifact_mount import artifact_environment, artifact_mounts, artifact_volumes
from leeboard.planning.plan import Raw
from leeboard.planning.snapshot import TrainingJobSnapshot
from leeboard.planning.training import workload
from leeboard.planning.training.registration import draft

EVALUATE = "evaluate"
_USUAL_METRICS = {
    "BinaryClassification": ("roc_auc", "log_loss", "average_precision", "brier", "accuracy"),
    "Regression": ("rmse", "mae", "r2"),
}


def evaluation_job_name(job: TrainingJob, run: str) -> str:
    """The name of the evaluation Job of a run."""
    return names.child_name(job.metadata.name, run, "evaluation")


@dataclass(frozen=True)
class Candidate:
    """What a run trained, and the champion it is compared with."""

    run: Run
    training: TrainingResult
    champion: ModelVersion | None


def evaluation_job_object(snapshot: TrainingJobSnapshot, model: Model, candidate: Candidate, now: datetime) -> Raw:
    """The Job that measures, to be created once and never applied."""
    job, settings = snapshot.job, snapshot.settings
    # the candidate lies in a bucket, but its champion may have been imported from a claim or an image
    champions_place = candidate.champion.spec.artifact.uri if candidate.champion else ""
    specification = evaluation_specification(job, model, candidate, measured_metrics(model, snapshot.monitors))
    measure = restricted_pod.container(
        EVALUATE, settings.runtime_image, ["python", "-m", "leeboard.evaluator.holdout"]
    ) | {
        "env": [
            restricted_pod.variable("LEEBOARD_EVALUATION_SPEC", restricted_pod.compact(specification)),
            restricted_pod.variable("HOME", restricted_pod.TEMPORARY),
            *restricted_pod.storage_environment(job.spec.storage),
            *artifact_environment(champions_place),
        ],
        "resources": job.spec.resources.dump(),
        "volumeMounts": [
            restricted_pod.mount("temporary", restricted_pod.TEMPORARY),
            *artifact_mounts(champions_place),
            *restricted_pod.mounts_of_user(job.spec.pod_template_overrides),
        ],
    }
    pod = workload.pod_spec(job, settings) | {
        "containers": [measure],
        "volumes": [
            restricted_pod.empty_directory("temporary", "50Gi"),
            *artifact_volumes(champions_place),
            *restricted_pod.volumes_of_user(job.spec.pod_template_overrides),
        ],
    }
    run = candidate.run
    return workload.job_object(
        job, name=run.evaluation_job, run=run, part=names.EVALUATION, pod=pod, retried=(EVALUATE,), now=now
    )


def evaluation_specification(job: TrainingJob, model: Model, candidate: Candidate, metrics: list[str]) -> Raw:
    """What the evaluation is told, without any secret."""
    prediction, training, champion = model.spec.prediction, candidate.training, candidate.champion
    segments = {"segments": list(prediction.segments)} if prediction.segments else {}
    return {
        "contract": CONTRACT,
        "run": candidate.run.id,
        "task": prediction.task,
        "positiveClass": prediction.positive_class,
        "scoreOutput": prediction.score_output,
        "holdout": [dataset.dump() for dataset in training.datasets if dataset.role == "Holdout"],
        "candidate": {"artifact": training.artifact.dump(), "reference": training.reference.dump()},
        "champion": {"artifact": champion.spec.artifact.dump()} if champion is not None else None,
        "metrics": metrics,
        **segments,
        "allowUnsafeFormats": model.spec.serving.allow_unsafe_formats,
        "acceleration": "Auto" if model.spec.serving.as_onnx else "Never",
        "registration": draft(job, candidate.run, training, champion),
        "output": job.spec.output.dump(),
        "storage": {"endpoint": job.spec.storage.endpoint},
    }


def measured_metrics(model: Model, monitors: Iterable[DriftMonitor]) -> list[str]:
    """The usual metrics of the task, those of the gates, and those that drift monitors compare with later."""
    gates = [gate.metric for gate in model.spec.promotion.gates]
    checks = [
        check.metric
        for monitor in sorted(monitors, key=lambda one: one.metadata.name)
        if monitor.spec.model_ref.name == model.metadata.name
        for check in monitor.spec.checks
        if check.metric
    ]
    return list(dict.fromkeys([*_USUAL_METRICS[model.spec.prediction.task], *gates, *checks]))
