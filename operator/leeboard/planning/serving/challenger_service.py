"""The Services by which the champion's exporters reach challengers, one each: no pair is of two challengers."""

from leeboard.api import names
from leeboard.api.model import Model
from leeboard.api.model_status import Challenger
from leeboard.planning.plan import ObjectRef, Raw
from leeboard.planning.rollout.challengers.terms import terms_of
from leeboard.planning.rollout.view import View
from leeboard.planning.serving.pod import selector
from leeboard.planning.serving.ports import HTTP_PORT
from leeboard.planning.serving.service import service_of


def challenger_service(model: Model, version: str) -> Raw:
    """The Service of one challenger. Users are not told of it: what it answers is for exporters."""
    name = names.challenger_service(model.metadata.name, version)
    port = {"name": "http", "port": HTTP_PORT, "targetPort": "http", "protocol": "TCP"}
    service = service_of(model, name, selector(model.metadata.name, version), [port])
    service["metadata"]["labels"] |= {names.PART: names.CHALLENGER, names.VERSION: names.label_value(version)}
    return service


def challenger_services(view: View) -> list[Raw]:
    """Those of the versions that are compared on copies."""
    return [challenger_service(view.model, one.name) for one in _copied(view)]


def stale_services(view: View) -> list[ObjectRef]:
    """Those of versions that are compared no more, or by callers of their own."""
    staying = {names.label_value(one.name) for one in _copied(view)}
    return [
        ObjectRef.of({"apiVersion": "v1", "kind": "Service"} | live)
        for live in view.snapshot.services
        if _label(live, names.PART) == names.CHALLENGER and _label(live, names.VERSION) not in staying
    ]


def _copied(view: View) -> list[Challenger]:
    return [] if terms_of(view.model).routed else [one for one in view.status.challengers if one.stays]


def _label(live: Raw, label: str) -> str:
    return str((live["metadata"].get("labels") or {}).get(label, ""))
