"""How many of the champion's pods may be taken at a time, such as when a node is drained."""

from leeboard.api import names
from leeboard.api.model import Model
from leeboard.planning.plan import Raw
from leeboard.planning.serving.deployment import owner_reference
from leeboard.planning.serving.pod import selector


def disruption_budget(model: Model, champion: str) -> Raw:
    """One pod at a time, and none while another one is missing: of two or more the last ready one is never taken.

    The only pod of a champion may be taken: a budget that forbids that holds up every drain of its node for ever. A pod
    that is not ready may always go.
    """
    name = model.metadata.name
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {
            "name": names.child_name(name),
            "namespace": model.metadata.namespace,
            "labels": {names.MODEL: names.label_value(name), names.MANAGED_BY: names.MANAGER},
            "ownerReferences": [owner_reference(model)],
        },
        "spec": {
            "maxUnavailable": 1,
            "selector": {"matchLabels": selector(name, champion)},
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }
