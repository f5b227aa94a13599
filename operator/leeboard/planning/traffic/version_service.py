"""The Service of one version: what the weights of a route are given to."""

from leeboard.api import names
from leeboard.api.model import Model
from leeboard.planning.plan import Raw
from leeboard.planning.serving.pod import selector
from leeboard.planning.serving.service import serving_service

ROUTED_VERSION = "leeboard.dev/routed-version"
"""Annotation of such a Service: the version's name in full."""
_TAKEN = ("candidate", "feedback")
"""Endings of the names of a Model's other Services."""


def version_service_name(model: str, version: str) -> str:
    """The name of the Service of a version."""
    return names.child_name(model, version, "version") if version in _TAKEN else names.child_name(model, version)


def version_service(model: Model, version: str) -> Raw:
    """The Service that reaches the pods of one version and no other."""
    name = model.metadata.name
    service = serving_service(model, version_service_name(name, version), selector(name, version))
    service["metadata"]["labels"] |= {names.VERSION: names.label_value(version)}
    service["metadata"]["annotations"] = {ROUTED_VERSION: version}
    return service


def is_version_service(service: Raw) -> bool:
    """Whether a live Service is one that routes give weights to."""
    return ROUTED_VERSION in (service["metadata"].get("annotations") or {})
