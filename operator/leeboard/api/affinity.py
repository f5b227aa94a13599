"""Where pods should and should not run, in Kubernetes' own words: the part of `affinity` that users of models need."""

from typing import Literal

from leeboard.api.base import SpecModel
from leeboard.api.cel import rules
from leeboard.api.fields import ATOMIC, LabelValue, described

_KEY = r"^([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$"


class NodeRequirement(SpecModel):
    """What one label of a node has to be."""

    model_config = SpecModel.model_config | {
        "json_schema_extra": rules(
            (
                "(self.operator in ['Exists', 'DoesNotExist']) == (!has(self.values) || size(self.values) == 0)",
                "Exists and DoesNotExist take no values, the other operators need some",
            ),
            (
                "!(self.operator in ['Gt', 'Lt']) || has(self.values) && size(self.values) == 1"
                " && self.values[0].matches('^[0-9]+$')",
                "Gt and Lt take one whole number",
            ),
        )
    }

    key: str = described("Key of the label.", min_length=1, max_length=317, pattern=_KEY)
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"] = described("How values are compared.")
    values: tuple[LabelValue, ...] = described(
        "What the label is compared with.", default=(), max_length=32, json_schema_extra=ATOMIC
    )


class NodeTerm(SpecModel):
    """Requirements that a node has to meet all."""

    match_expressions: tuple[NodeRequirement, ...] = described(
        "Requirements, all of which have to hold.", min_length=1, max_length=16, json_schema_extra=ATOMIC
    )


class NodeSelection(SpecModel):
    """Terms of which a node has to meet one."""

    node_selector_terms: tuple[NodeTerm, ...] = described(
        "Terms, one of which has to hold.", min_length=1, max_length=8, json_schema_extra=ATOMIC
    )


class NodeAffinity(SpecModel):
    """Nodes by their labels."""

    required_during_scheduling_ignored_during_execution: NodeSelection = described("Nodes that the pods may run on.")


class PodSelection(SpecModel):
    """Pods of the same namespace."""

    match_labels: dict[str, LabelValue] = described("Labels that they have.", default={}, max_length=16)


class PodTerm(SpecModel):
    """A place in which certain pods are."""

    label_selector: PodSelection = described("Which pods, in the same namespace.")
    topology_key: str = described(
        "Label of the nodes that makes a place, such as kubernetes.io/hostname.",
        min_length=1,
        max_length=317,
        pattern=_KEY,
    )


class PreferredPods(SpecModel):
    """A place to avoid."""

    weight: int = described("How much it matters, 1 to 100.", ge=1, le=100)
    pod_affinity_term: PodTerm = described("The place.")


class PodAntiAffinity(SpecModel):
    """Places by the pods that are in them."""

    required_during_scheduling_ignored_during_execution: tuple[PodTerm, ...] = described(
        "Places that the pods keep out of.", default=(), max_length=8, json_schema_extra=ATOMIC
    )
    preferred_during_scheduling_ignored_during_execution: tuple[PreferredPods, ...] = described(
        "Places that the pods avoid.", default=(), max_length=8, json_schema_extra=ATOMIC
    )


class Affinity(SpecModel):
    """Where pods should and should not run."""

    node_affinity: NodeAffinity | None = described("By the labels of the nodes.", default=None)
    pod_anti_affinity: PodAntiAffinity | None = described("Away from certain pods.", default=None)
