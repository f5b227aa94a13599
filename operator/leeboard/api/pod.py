"""What users may say about pods: resources, and an allow-list of other fields."""

from typing import Literal

from leeboard.api.affinity import Affinity
from leeboard.api.base import SpecModel
from leeboard.api.cel import rules, within_limit
from leeboard.api.fields import ATOMIC, LabelValue, Quantity, described, list_map
from leeboard.api.volume import Volume

_KEYS = (
    "self.all(k, k.matches('^([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$'))",
    "keys are names of at most 63 characters, with or without a prefix and a slash",
)
_OWN_LABELS = (
    "self.all(k, !k.startsWith('leeboard.dev/') && k != 'app.kubernetes.io/managed-by')",
    "labels of leeboard.dev and app.kubernetes.io/managed-by are Leeboard's own",
)
_OWN_ANNOTATIONS = (
    "self.all(k, !k.startsWith('leeboard.dev/'))",
    "annotations of leeboard.dev are Leeboard's own",
)


class ResourceAmounts(SpecModel):
    """CPU in cores and memory in bytes, as Kubernetes quantities."""

    cpu: Quantity | None = described("CPU in cores, such as 500m.", default=None)
    memory: Quantity | None = described("Memory in bytes, such as 1Gi.", default=None)


class Resources(SpecModel):
    """What the container asks for and may use."""

    model_config = SpecModel.model_config | {
        "json_schema_extra": rules(
            (within_limit("cpu"), "requests.cpu must not exceed limits.cpu"),
            (within_limit("memory"), "requests.memory must not exceed limits.memory"),
        )
    }

    requests: ResourceAmounts = described("What the scheduler reserves.", default=ResourceAmounts())
    limits: ResourceAmounts = described("The most the container may use.", default=ResourceAmounts())


class Toleration(SpecModel):
    """A taint that the pods tolerate."""

    model_config = SpecModel.model_config | {
        "json_schema_extra": rules(
            (
                "has(self.key) && self.key != '' || has(self.operator) && self.operator == 'Exists'",
                "without key, operator has to be Exists",
            ),
            (
                "!has(self.operator) || self.operator != 'Exists' || !has(self.value) || self.value == ''",
                "operator Exists takes no value",
            ),
        )
    }

    key: str = described("Key of the taint; empty for every key.", default="", max_length=316)
    operator: Literal["Exists", "Equal"] = described("How the value is compared.", default="Equal")
    value: str = described("Value of the taint that is tolerated.", default="", max_length=63)
    effect: Literal["", "NoSchedule", "PreferNoSchedule", "NoExecute"] = described(
        "Effect of the taint; empty for all.", default=""
    )


class EnvironmentVariable(SpecModel):
    """A variable with a plain value."""

    name: str = described(
        "Name of the variable; LEEBOARD_ and AWS_ are reserved.",
        min_length=1,
        max_length=128,
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        json_schema_extra=rules(
            ("!self.startsWith('LEEBOARD_') && !self.startsWith('AWS_')", "LEEBOARD_ and AWS_ are reserved")
        ),
    )
    value: str = described("Value of the variable, as it is.", default="", max_length=4096)


class PodTemplateOverrides(SpecModel):
    """What may be changed in the pods. Nothing here widens what a pod may do."""

    node_selector: dict[str, LabelValue] = described(
        "Labels that a node must have.", default={}, max_length=32, json_schema_extra=rules(_KEYS)
    )
    tolerations: tuple[Toleration, ...] = described(
        "Taints that the pods tolerate.", default=(), max_length=16, json_schema_extra=ATOMIC
    )
    affinity: Affinity = described("Where the pods should and should not run.", default=Affinity())
    volumes: tuple[Volume, ...] = described(
        "Volumes for the main container. What is read from them is no part of a version's lineage.",
        default=(),
        max_length=16,
        json_schema_extra=list_map("name")
        | rules(
            (
                "self.all(one, self.exists_one(other, other.mountPath == one.mountPath))",
                "every volume needs a mountPath of its own",
            )
        ),
    )
    env: tuple[EnvironmentVariable, ...] = described(
        "More variables for the main container.", default=(), max_length=64, json_schema_extra=list_map("name")
    )
    labels: dict[str, LabelValue] = described(
        "More labels for the pods; Leeboard's own cannot be replaced.",
        default={},
        max_length=32,
        json_schema_extra=rules(_KEYS, _OWN_LABELS),
    )
    annotations: dict[str, str] = described(
        "More annotations for the pods; Leeboard's own cannot be replaced.",
        default={},
        max_length=32,
        json_schema_extra=rules(_KEYS, _OWN_ANNOTATIONS),
    )
