"""A run's results become a ModelVersion: everything in it was observed by the run, and nothing is empty."""

from leeboard.api import names
from leeboard.api.base import API_VERSION
from leeboard.api.model_version import ModelVersion
from leeboard.api.reasons import Reason
from leeboard.api.termination import EvaluationResult, TrainingResult
from leeboard.api.training_job import Run, TrainingJob
from leeboard.planning.plan import Raw
from leeboard.planning.training.run_identity import version_name

ARCHIVED = "version.json"
"""The file beside a run's artefact that holds its ModelVersion."""


class RegistrationRefused(ValueError):
    """The results lack what a version has to have; `reason` is typed, the message names the field."""

    def __init__(self, reason: Reason, message: str) -> None:
        """Hold both."""
        super().__init__(message)
        self.reason = reason


def model_version(
    job: TrainingJob, run: Run, training: TrainingResult, evaluation: EvaluationResult, champion: ModelVersion | None
) -> Raw:
    """The ModelVersion of a run, without an owner: the registry outlives the TrainingJob.

    Raises RegistrationRefused where commit, image, data, artefact, metrics or profile is missing.
    """
    refuse_incomplete(job, run, training, evaluation)
    return completed(draft(job, run, training, champion), evaluation)


def draft(job: TrainingJob, run: Run, training: TrainingResult, champion: ModelVersion | None) -> Raw:
    """The ModelVersion of a run without what its evaluation measures."""
    spec: Raw = {
        "modelRef": job.spec.model_ref.dump(),
        "source": {"trainingJob": {"name": job.metadata.name, "uid": job.metadata.uid, "run": run.id}},
        "artifact": training.artifact.dump(),
        "code": training.code.dump(),
        "image": {"reference": run.image_id},
        "datasets": [dataset.dump() for dataset in training.datasets],
        "params": dict(training.params),
        "seed": training.seed,
        "environment": training.environment.dump(),
        "cause": run.cause.dump(),
    }
    if champion is not None:
        spec["parent"] = {"name": champion.metadata.name, "relation": "Retrained"}
    return {
        "apiVersion": API_VERSION,
        "kind": ModelVersion.KIND,
        "metadata": {
            "name": version_name(job.metadata.name, run.id),
            "namespace": job.metadata.namespace,
            "labels": {
                names.MANAGED_BY: names.MANAGER,
                names.MODEL: names.label_value(job.spec.model_ref.name),
                names.TRAINING_JOB: names.label_value(job.metadata.name),
                names.RUN: run.id,
            },
        },
        "spec": spec,
    }


def completed(drafted: Raw, evaluation: EvaluationResult) -> Raw:
    """The ModelVersion of a draft and what was measured: the operator registers it, the evaluation archives it."""
    spec: Raw = drafted["spec"] | {
        "signature": evaluation.signature.dump(),
        "metrics": [metric.dump() for metric in evaluation.metrics],
        "profile": evaluation.profile.dump(),
        "goldenSamples": evaluation.golden_samples.dump(),
    }
    if evaluation.accelerated is not None:
        spec["accelerated"] = evaluation.accelerated.dump()
    elif evaluation.not_accelerated:
        spec["notAccelerated"] = evaluation.not_accelerated
    if "parent" in spec:
        spec["comparison"] = {
            "champion": spec["parent"]["name"],
            "metrics": [metric.dump() for metric in evaluation.champion or ()],
            "differences": [metric.dump() for metric in evaluation.differences],
        }
    return {**drafted, "spec": spec}


def refuse_incomplete(job: TrainingJob, run: Run, training: TrainingResult, evaluation: EvaluationResult) -> None:
    """Raises RegistrationRefused naming the first field of the lineage that is missing."""
    roles = {dataset.role for dataset in training.datasets if dataset.digest}
    present = {
        "code.commit": training.code.commit or job.spec.code.from_ == "Image",
        "image.reference": run.image_id,
        "datasets with role Train": "Train" in roles,
        "datasets with role Holdout": "Holdout" in roles,
        "artifact.digest": training.artifact.digest,
        "artifact.bytes": training.artifact.bytes,
        "metrics": evaluation.metrics,
        "signature.inputs": evaluation.signature.inputs,
        "profile.digest": evaluation.profile.digest,
        "goldenSamples.digest": evaluation.golden_samples.digest,
    }
    for field, value in present.items():
        if not value:
            raise RegistrationRefused(Reason.RESULT_MISSING, f"the run left no {field}")
    for result in (training, evaluation):
        if result.run != run.id:
            raise RegistrationRefused(Reason.RESULT_MISSING, f"the result is that of run {result.run!r}, not {run.id}")
