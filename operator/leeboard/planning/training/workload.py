"""What the training Job and the evaluation Job share: owner, retries, and the pod they run in."""

from datetime import datetime, timedelta

from leeboard.api.base import API_VERSION
from leeboard.api.durations import parse_duration
from leeboard.api.training_job import Run, TrainingJob
from leeboard.planning import restricted_pod
from leeboard.planning.plan import Raw
from leeboard.planning.settings import Settings
from leeboard.planning.training.job_state import labels
from leeboard.planning.training.problems import RETRIED_EXITS

_SHORTEST_DEADLINE = timedelta(minutes=1)


def job_object(
    job: TrainingJob, *, name: str, run: Run, part: str, pod: Raw, retried: tuple[str, ...], now: datetime
) -> Raw:
    """A Job that ends on the first failure that another attempt would not heal; `retried` names its containers."""
    spec = job.spec
    overrides = spec.pod_template_overrides
    own_labels = labels(spec.model_ref.name, job.metadata.name, run.id, part)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "namespace": job.metadata.namespace,
            "labels": own_labels,
            "ownerReferences": [
                {
                    "apiVersion": API_VERSION,
                    "kind": job.KIND,
                    "name": job.metadata.name,
                    "uid": job.metadata.uid,
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ],
        },
        "spec": {
            "completions": 1,
            "parallelism": 1,
            "backoffLimit": spec.limits.retries,
            "activeDeadlineSeconds": _seconds_left(job, run, now),
            # with a failure policy a pod is replaced only once it has ended
            "podReplacementPolicy": "Failed",
            "podFailurePolicy": {"rules": _failure_rules(retried)},
            "template": {
                "metadata": {"labels": overrides.labels | own_labels, "annotations": dict(overrides.annotations)},
                "spec": pod,
            },
        },
    }


def pod_spec(job: TrainingJob, settings: Settings) -> Raw:
    """A restricted pod without containers, which is never restarted in place."""
    spec = job.spec
    secrets = dict.fromkeys([*(one.name for one in spec.image_pull_secrets), *settings.image_pull_secrets])
    pod = restricted_pod.pod_spec(spec.pod_template_overrides, secrets, grace_period=30)
    return pod | {"restartPolicy": "Never", "serviceAccountName": spec.service_account_name}


def _failure_rules(containers: tuple[str, ...]) -> list[Raw]:
    # a drained node is not the run's fault, yet it counts: limits.retries bounds how often a run is begun anew
    disrupted: Raw = {"action": "Count", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
    hopeless = [
        {
            "action": "FailJob",
            "onExitCodes": {"containerName": name, "operator": "NotIn", "values": list(RETRIED_EXITS)},
        }
        for name in containers
    ]
    return [disrupted, *hopeless]


def _seconds_left(job: TrainingJob, run: Run, now: datetime) -> int:
    """What is left of the deadline of the whole run, a minute at least."""
    spent = now - run.started_at if run.started_at is not None else timedelta()
    left = parse_duration(job.spec.limits.deadline) - spent
    return int(max(left, _SHORTEST_DEADLINE).total_seconds())
