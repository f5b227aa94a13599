"""The Services of a Model: the apex that callers know, the candidate's, and the one that takes feedback."""

from collections.abc import Iterable

from leeboard.api import names
from leeboard.api.model import Model
from leeboard.planning.plan import Raw
from leeboard.planning.serving.deployment import owner_reference
from leeboard.planning.serving.pod import selector
from leeboard.planning.serving.ports import FEEDBACK_PORT, GRPC_PORT, HTTP_PORT

CHAMPION = "leeboard.dev/champion"
"""Annotation of the apex Service: the champion, also while the selector takes in its candidate."""


def apex(model: Model, champion: str, *, with_candidate: bool) -> Raw:
    """The Service that callers know. It selects the champion, and during a canary every version that has pods."""
    name = model.metadata.name
    chosen = selector(name) if with_candidate else selector(name, champion)
    service = serving_service(model, names.child_name(name), chosen)
    service["metadata"]["annotations"] = {CHAMPION: champion}
    return service


def candidate_name(model: str) -> str:
    """The name of the Service of a Model's candidate."""
    return names.child_name(model, "candidate")


def candidate(model: Model, version: str) -> Raw:
    """The Service by which a candidate is tried: it selects that version alone, and no user's request goes there."""
    return serving_service(model, candidate_name(model.metadata.name), selector(model.metadata.name, version))


def serving_service(model: Model, name: str, chosen: dict[str, str]) -> Raw:
    """A Service of that name for requests to the pods with these labels."""
    return service_of(model, name, chosen, _inference())


def feedback(model: Model) -> Raw:
    """The Service that takes labels; every version's exporter does, whichever version had predicted."""
    name = model.metadata.name
    return service_of(model, names.child_name(name, "feedback"), selector(name), [_port("feedback", FEEDBACK_PORT)])


def live_apex(model: Model, services: Iterable[Raw]) -> Raw | None:
    """The apex Service as it is in the cluster, or None."""
    name = names.child_name(model.metadata.name)
    return next((one for one in services if one["metadata"]["name"] == name), None)


def champion_of(service: Raw | None) -> str | None:
    """The champion that an apex Service was last told, or None."""
    if service is None:
        return None
    annotation: str | None = service["metadata"].get("annotations", {}).get(CHAMPION)
    return annotation or service.get("spec", {}).get("selector", {}).get(names.VERSION)


def selects_only(service: Raw | None, version: str) -> bool:
    """Whether traffic through the apex reaches that version and no other."""
    return service is not None and service.get("spec", {}).get("selector", {}).get(names.VERSION) == names.label_value(
        version
    )


def _inference() -> list[Raw]:
    # without the word for HTTP/2 a gateway speaks HTTP/1.1 to the port
    grpc = _port("grpc", GRPC_PORT) | {"appProtocol": "kubernetes.io/h2c"}
    return [_port("http", HTTP_PORT), grpc]


def _port(name: str, number: int) -> Raw:
    """A port by its name in the pods: those of an older release, which lack it, are no endpoints of it."""
    return {"name": name, "port": number, "targetPort": name, "protocol": "TCP"}


def service_of(model: Model, name: str, chosen: dict[str, str], ports: list[Raw]) -> Raw:
    """A Service of a Model, which goes with it."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": name,
            "namespace": model.metadata.namespace,
            "labels": {names.MODEL: names.label_value(model.metadata.name), names.MANAGED_BY: names.MANAGER},
            "ownerReferences": [owner_reference(model)],
        },
        "spec": {
            "type": "ClusterIP",
            "selector": chosen,
            "ports": ports,
        },
    }
