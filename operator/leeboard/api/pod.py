"""The fields of a pod that users may change: an allow-list."""

from typing import Literal

from leeboard.api.base import SpecModel
from leeboard.api.fields import ATOMIC, described, list_map


class Toleration(SpecModel):
    """A taint that the pods tolerate."""

    key: str = described("Key of the taint; empty for every key.", default="", max_length=316)
    operator: Literal["Exists", "Equal"] = described("How the value is compared.", default="Equal")
    value: str = described("Value of the taint.", default="", max_length=63)
    effect: Literal["", "NoSchedule", "PreferNoSchedule", "NoExecute"] = described(
        "Effect of the taint; empty for all.", default=""
    )


class EnvironmentVariable(SpecModel):
    """A variable with a plain value."""

    name: str = described("Name of the variable.", min_length=1, max_length=128, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    value: str = described("Value of the variable.", default="", max_length=4096)


class PodTemplateOverrides(SpecModel):
    """What may be changed in the pods. Nothing here widens what a pod may do."""

    node_selector: dict[str, str] = described("Labels that a node must have.", default={}, max_length=32)
    tolerations: tuple[Toleration, ...] = described(
        "Taints that the pods tolerate.", default=(), max_length=16, json_schema_extra=ATOMIC
    )
    env: tuple[EnvironmentVariable, ...] = described(
        "More variables for the main container.", default=(), max_length=64, json_schema_extra=list_map("name")
    )
    labels: dict[str, str] = described("More labels for the pods.", default={}, max_length=32)
    annotations: dict[str, str] = described("More annotations for the pods.", default={}, max_length=32)
