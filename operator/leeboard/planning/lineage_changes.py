"""What differs between a version and the one before it, among what bears on a training."""

from collections.abc import Callable

from leeboard.api.model_version import ModelVersion, ModelVersionSpec

Part = str
"""A part of the lineage under the name it is shown with."""

CODE, IMAGE, TRAINING_DATA, HOLDOUT_DATA, PARAMETERS, ENVIRONMENT = (
    "code",
    "image",
    "training data",
    "holdout data",
    "parameters",
    "environment",
)


def _datasets(spec: ModelVersionSpec, role: str) -> object:
    return sorted((one.name, one.digest) for one in spec.datasets if one.role == role)


_PARTS: dict[Part, Callable[[ModelVersionSpec], object]] = {
    CODE: lambda spec: spec.code and (spec.code.repository, spec.code.commit),
    IMAGE: lambda spec: spec.image and spec.image.reference.rpartition("@")[2],
    TRAINING_DATA: lambda spec: _datasets(spec, "Train"),
    HOLDOUT_DATA: lambda spec: _datasets(spec, "Holdout"),
    PARAMETERS: lambda spec: (spec.params, spec.seed),
    ENVIRONMENT: lambda spec: spec.environment,
}


def changed_parts(version: ModelVersion, before: ModelVersion) -> tuple[Part, ...]:
    """The parts that differ, by digest where there is one."""
    return tuple(part for part, value in _PARTS.items() if value(version.spec) != value(before.spec))


def unchanged_parts(version: ModelVersion, before: ModelVersion) -> tuple[Part, ...]:
    """The parts that are the same."""
    changed = changed_parts(version, before)
    return tuple(part for part in _PARTS if part not in changed)
