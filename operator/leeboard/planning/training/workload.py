"""What the training Job and the evaluation Job share: owner, retries, restricted pods, credentials by reference."""

import json
from datetime import datetime, timedelta
from typing import Any

from leeboard.api.base import API_VERSION
from leeboard.api.durations import parse_duration
from leeboard.api.training_job import Run, TrainingJob
from leeboard.planning.plan import Raw
from leeboard.planning.settings import Settings
from leeboard.planning.training.job_state import labels
from leeboard.planning.training.problems import RETRIED_EXITS

USER = 65532
TEMPORARY = "/tmp"  # noqa: S108 - an emptyDir of the pod's own
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
    """A restricted pod without containers."""
    spec = job.spec
    secrets = dict.fromkeys([*(one.name for one in spec.image_pull_secrets), *settings.image_pull_secrets])
    return {
        "restartPolicy": "Never",
        "serviceAccountName": spec.service_account_name,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 30,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "imagePullSecrets": [{"name": name} for name in secrets],
        "nodeSelector": dict(spec.pod_template_overrides.node_selector),
        "tolerations": [toleration.dump() for toleration in spec.pod_template_overrides.tolerations],
    }


def container(name: str, image: str, command: list[str]) -> Raw:
    """A container that may do nothing that a restricted namespace forbids."""
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": command,
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }


def storage_environment(job: TrainingJob) -> list[Raw]:
    """Endpoint and credentials of the object storage, the latter by reference."""
    storage = job.spec.storage
    variables = [variable("LEEBOARD_STORAGE_ENDPOINT", storage.endpoint)] if storage.endpoint else []
    if storage.secret_ref is not None:
        secret = storage.secret_ref.name
        variables += [secret_variable(key, secret, key) for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")]
        variables.append(secret_variable("AWS_REGION", secret, "AWS_REGION", optional=True))
    return variables


def variable(name: str, value: str) -> Raw:
    """A plain environment variable."""
    return {"name": name, "value": value}


def secret_variable(name: str, secret: str, key: str, *, optional: bool = False) -> Raw:
    """A variable that the kubelet fills from a Secret; the operator never reads it."""
    reference: Raw = {"name": secret, "key": key}
    return {"name": name, "valueFrom": {"secretKeyRef": reference | ({"optional": True} if optional else {})}}


def mount(name: str, path: str, *, read_only: bool = False) -> Raw:
    """A mounted volume."""
    return {"name": name, "mountPath": path} | ({"readOnly": True} if read_only else {})


def empty_directory(name: str, size: str) -> Raw:
    """A volume that lives as long as the pod."""
    return {"name": name, "emptyDir": {"sizeLimit": size}}


def compact(value: Any) -> str:
    """Canonical JSON."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


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
