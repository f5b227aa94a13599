"""Which run this is: a hash over the fields that bear on the training, and over what caused it.

Limits, triggers, resources, credentials and where results go are left out: changing them trains nothing.
"""

import hashlib
import json
from typing import Any

from leeboard.api import names
from leeboard.api.training_job import TrainingJobSpec

RUN_ID_LENGTH = 10
"""Hex digits of a run's identity: 40 bits, with which two of 10,000 runs meet in one case of 20,000."""


def training_fields(spec: TrainingJobSpec) -> dict[str, Any]:
    """The fields that bear on what is trained, in a canonical shape: lists whose order says nothing are sorted."""
    volumes = sorted(
        (volume.dump() for volume in spec.pod_template_overrides.volumes), key=lambda one: str(one["name"])
    )
    return {
        "model": spec.model_ref.name,
        "code": {"from": spec.code.from_, "repository": spec.code.repository, "revision": spec.code.revision},
        "image": spec.image,
        "command": list(spec.command),
        "params": spec.params,
        "seed": spec.seed,
        "datasets": sorted((dataset.dump() for dataset in spec.datasets), key=lambda one: str(one["name"])),
        "env": sorted((one.name, one.value) for one in spec.pod_template_overrides.env),
    } | ({"volumes": volumes} if volumes else {})


def fingerprint(spec: TrainingJobSpec) -> str:
    """``sha256:`` and the digest of the canonical training fields."""
    return f"sha256:{_digest(training_fields(spec))}"


def run_id(fingerprint: str, cause: str, occasion: str = "") -> str:
    """The identity of a run; `occasion` tells two runs of the same cause apart (an episode, a time, a command's id)."""
    return _digest([fingerprint, cause, occasion])[:RUN_ID_LENGTH]


def version_name(training_job: str, run: str) -> str:
    """The name of the ModelVersion that a run becomes."""
    return names.child_name(training_job, run)


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
