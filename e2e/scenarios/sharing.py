"""Versions that share the requests of Envoy: a first one that has learnt nothing, and flights with labels for all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from e2e.cluster import gateway
from e2e.cluster.lifecycle import Cluster
from e2e.demo.traffic import Segment, Target, Traffic
from e2e.scenarios.steps import rows
from e2e.scenarios.tenant import CODE, Tenant
from e2e.support import installation
from e2e.support.kubectl import Document
from e2e.support.waiting import wait_for
from e2e.support.world import condition
from tests.support.trained import flights


def routed_tenant(cluster: Cluster, tenant: Tenant) -> Tenant:
    """A tenant on a cluster with a Gateway, where the operator may make routes."""
    gateway.start(cluster)
    installation.install(cluster, tenant.images, gateway__enabled="true")
    return tenant


def learnt_nothing(routed: Tenant, rollout: Document) -> Document:
    """A first version that has learnt nothing; a first version serves without a comparison."""
    text = CODE.read_text(encoding="utf-8")
    shuffled = text.replace("SHUFFLE_LABELS = False", "SHUFFLE_LABELS = True")
    assert shuffled != text
    commit = routed.code.commit({"train.py": shuffled}, "Learn nothing")
    job = routed.training_job()
    job["spec"]["code"]["revision"] = commit
    traffic = {"mode": "Gateway", "gateway": {"parentRefs": [gateway.parent("http")]}}
    routed.kubectl.apply(routed.model_object(traffic=traffic, rollout=rollout, promotion={"policy": "Automatic"}), job)
    version = routed.world.wait_new_version(set())
    routed.world.wait_champion(version["metadata"]["name"])
    return version


@contextmanager
def labelled_flights(routed: Tenant, folder: Path) -> Iterator[Traffic]:
    """Flights as those that were trained on, sent to Envoy, by callers who do not tell who they are; their labels come
    two seconds later."""
    wait_for_route(routed)
    feedback = routed.kubectl.get("service", f"{routed.model}-feedback")["spec"]["clusterIP"]  # type: ignore[index]
    target = Target(
        url=address(routed), model=routed.model, feedback_url=f"http://{feedback}:8081/feedback", label_delay=2
    )
    with Traffic(target, folder / "state.json") as sent:
        path = rows(folder, "usual", flights(4000, 11))
        sent.start(Segment(name="usual", rows=path, rate=160, rows_per_request=4, loop=True))
        yield sent


def wait_for_route(tenant: Tenant) -> None:
    """Wait until the Gateway has accepted the Model's routes."""
    wait_for("route", lambda: _is_accepted(tenant), seconds=60, narrator=tenant.world.narrator)


def address(tenant: Tenant) -> str:
    """Where Envoy takes requests."""
    return f"http://{tenant.cluster.place.node_address}:{gateway.HTTP_PORT}"


def _is_accepted(tenant: Tenant) -> tuple[bool | None, str]:
    status = tenant.world.model().get("status", {})
    return condition(status, "RouteAccepted") == "True" or None, f"{status.get('conditions')}"
