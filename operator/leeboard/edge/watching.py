"""kopf as a sensor: it lists, watches and reconnects; what it hears goes to the engine's sensor and nowhere else.

Only `on.event` handlers are used: they make kopf write nothing at all, no annotation, no finalizer, no status.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import kopf

from leeboard.edge.nothing_kept import NothingHandled, NothingUnderWay
from leeboard.engine.sensor import MANAGED, Sensor
from leeboard.kube.client import PAGE_SIZE
from leeboard.kube.resources import CHILDREN, PRIMARIES, Resource
from leeboard.planning.plan import Raw

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def registry(
    sensor: Sensor, heard: Callable[[str], None] = lambda kind: None, children: Iterable[Resource] = CHILDREN
) -> kopf.OperatorRegistry:
    """Handlers for the four kinds and for the children that carry our label; `heard` is told the kind of each event.

    kopf looks at its start which kinds there are. One that is missing then is not watched, which costs a warning; when
    it is there later, the first object of it that is made shows a watch that is behind, and the process starts anew.
    """
    handlers = kopf.OperatorRegistry()
    kopf.on.login(registry=handlers, id="login")(login)
    for resource in (*PRIMARIES, *children):
        on_event = kopf.on.event(
            group=resource.group, version=resource.version, plural=resource.plural, registry=handlers, id="observe"
        )
        on_event(_handler(sensor, resource, heard))
    return handlers


def settings(children: Iterable[Resource] = CHILDREN) -> kopf.OperatorSettings:
    """Nothing is posted, nothing is scanned for, and of the children only ours are sent by the server."""
    chosen = kopf.OperatorSettings()
    chosen.posting.enabled = False
    chosen.scanning.disabled = True
    chosen.peering.standalone = True
    chosen.watching.server_timeout = 300
    chosen.networking.request_timeout = 30
    chosen.process.ultimate_exiting_timeout = 30
    chosen.persistence.diffbase_storage = NothingHandled()
    chosen.persistence.progress_storage = NothingUnderWay()
    # of the first list every object gets a task, which ends after this many seconds without an event
    chosen.queueing.idle_timeout = 0.1
    chosen.watching.chunk_size = PAGE_SIZE
    for resource in children:
        chosen.watching.label_selectors[_selector(resource)] = MANAGED
    return chosen


def login(**options: Any) -> kopf.ConnectionInfo | None:
    """The pod's own ServiceAccount by the address that Kubernetes gives every container, else the kubeconfig."""
    token = SERVICE_ACCOUNT / "token"
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST"), os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    if not host or not token.exists():
        return kopf.login_with_kubeconfig(**options)
    address = f"[{host}]" if ":" in host else host
    return kopf.ConnectionInfo(
        server=f"https://{address}:{port}",
        ca_path=str(SERVICE_ACCOUNT / "ca.crt"),
        token=token.read_text(encoding="ascii").strip(),
    )


def _selector(resource: Resource) -> tuple[str, str, str]:
    return (resource.group, resource.version, resource.plural)


def _handler(sensor: Sensor, resource: Resource, heard: Callable[[str], None]) -> Callable[..., Any]:
    async def observe(event: Any, **_: Any) -> None:
        heard(resource.kind)
        raw: Raw = {"apiVersion": resource.api_version, "kind": resource.kind} | dict(event["object"])
        sensor.observed(raw, deleted=event["type"] == "DELETED")

    return observe
