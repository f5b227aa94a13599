"""The pieces of every pod that the operator makes: restricted, without a token, credentials by reference only."""

import json
from collections.abc import Iterable
from typing import Any

from leeboard.api.pod import PodTemplateOverrides
from leeboard.api.storage import StorageAccess
from leeboard.planning.plan import Raw

USER = 65532
_USERS = "user-"
TEMPORARY = "/tmp"  # noqa: S108 - an emptyDir of the pod's own


def pod_spec(overrides: PodTemplateOverrides, pull_secrets: Iterable[str], *, grace_period: int) -> Raw:
    """A pod without containers and without a token; the grace period is in seconds."""
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": grace_period,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "imagePullSecrets": [{"name": name} for name in pull_secrets],
        "nodeSelector": dict(overrides.node_selector),
        "tolerations": [toleration.dump() for toleration in overrides.tolerations],
    } | _affinity(overrides)


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


def storage_environment(storage: StorageAccess) -> list[Raw]:
    """Endpoint and credentials of the object storage, the latter by reference."""
    variables = [variable("LEEBOARD_STORAGE_ENDPOINT", storage.endpoint)] if storage.endpoint else []
    if storage.secret_ref is not None:
        secret = storage.secret_ref.name
        variables += [secret_variable(key, secret, key) for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")]
        variables += [secret_variable(key, secret, key, optional=True) for key in ("AWS_SESSION_TOKEN", "AWS_REGION")]
        variables.append(secret_variable("LEEBOARD_STORAGE_CA", secret, "ca.crt", optional=True))
    return variables


def variable(name: str, value: str) -> Raw:
    """A plain environment variable."""
    return {"name": name, "value": value}


def secret_variable(name: str, secret: str, key: str, *, optional: bool = False) -> Raw:
    """A variable that the kubelet fills from a Secret; the operator never reads it."""
    reference: Raw = {"name": secret, "key": key}
    return {"name": name, "valueFrom": {"secretKeyRef": reference | ({"optional": True} if optional else {})}}


def volumes_of_user(overrides: PodTemplateOverrides) -> list[Raw]:
    """The volumes that a user asked for, under names that none of ours has."""
    found: list[Raw] = []
    for one in overrides.volumes:
        sources = one.model_copy(update={"name": _USERS + one.name}).dump()
        found.append({name: value for name, value in sources.items() if name not in ("mountPath", "readOnly")})
    return found


def mounts_of_user(overrides: PodTemplateOverrides) -> list[Raw]:
    """Where the main container finds them."""
    return [
        mount(_USERS + one.name, one.mount_path, read_only=one.read_only and one.empty_dir is None)
        for one in overrides.volumes
    ]


def _affinity(overrides: PodTemplateOverrides) -> Raw:
    asked = {name: value for name, value in overrides.affinity.dump().items() if any(value.values())}
    return {"affinity": asked} if asked else {}


def mount(name: str, path: str, *, read_only: bool = False) -> Raw:
    """A mounted volume."""
    return {"name": name, "mountPath": path} | ({"readOnly": True} if read_only else {})


def empty_directory(name: str, size: str) -> Raw:
    """A volume that lives as long as the pod."""
    return {"name": name, "emptyDir": {"sizeLimit": size}}


def compact(value: Any) -> str:
    """Canonical JSON."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
