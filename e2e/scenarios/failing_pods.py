"""A pod that does not work, what Leeboard has to make of what a real kubelet writes of it, and waiting for that."""

import json
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from e2e.cluster.lifecycle import Cluster
from e2e.support import installation
from e2e.support.kubectl import Document, Kubectl
from e2e.support.narrator import Narrator
from e2e.support.waiting import wait_for
from leeboard.api.reasons import Reason
from leeboard.planning.pod_problems import Problem
from leeboard.planning.serving.problems import problems_of as problems_of_server
from leeboard.planning.training.problems import problems_of as problems_of_run

VERSION = "v1"


@dataclass(frozen=True)
class FailingPod:
    """A pod that fails, and what has to be told of it: the reason, and words of the fact.

    `serves`: it is a version's pod, whose containers start again for ever; else it is a run's. `last_look`: how much
    later than now it is looked at. `evicted`: it is asked to leave once it runs.
    """

    title: str
    spec: Document
    reason: Reason
    fact: str
    serves: bool = False
    last_look: timedelta = timedelta(0)
    evicted: bool = False
    metadata: Document = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The pod's name."""
        return self.title.lower().replace(" ", "-")

    def document(self) -> Document:
        """The pod."""
        spec: Document = {
            "restartPolicy": "Always" if self.serves else "Never",
            "terminationGracePeriodSeconds": 1,
            "automountServiceAccountToken": False,
            **self.spec,
        }
        labels = {"leeboard.dev/version": VERSION} if self.serves else {}
        metadata = {"name": self.name, "labels": labels, **self.metadata}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}

    def problems(self, pod: Document, events: list[Document], now: datetime) -> tuple[Problem, ...]:
        """What the planner that looks at such pods finds."""
        warnings = {pod["metadata"]["uid"]: tuple(events)}
        if self.serves:
            return problems_of_server([pod], VERSION, now + self.last_look, warnings)
        return problems_of_run([pod], Reason.SCRIPT_FAILED, now + self.last_look, warnings)

    def told(self, pod: Document, events: list[Document], now: datetime) -> bool:
        """Whether it is told of as it has to be."""
        return any(
            problem.reason == self.reason and self.fact in problem.fact for problem in self.problems(pod, events, now)
        )


def seen(kubectl: Kubectl, failing: FailingPod) -> tuple[Document, list[Document], datetime]:
    """The pod, its warnings, and the moment."""
    pod = kubectl.get("pod", failing.name)
    assert pod is not None
    events = kubectl.all("events.v1.events.k8s.io", None)
    mine = [
        one
        for one in events
        if one["type"] == "Warning" and one.get("regarding", {}).get("uid") == pod["metadata"]["uid"]
    ]
    return pod, mine, datetime.now(UTC)


def wait_told(kubectl: Kubectl, failing: FailingPod) -> tuple[Document, list[Document], datetime]:
    """Wait until it is told of; gives pod, warnings and the moment. Raises NotReached with what is told instead."""

    def look() -> tuple[tuple[Document, list[Document], datetime] | None, str]:
        found = seen(kubectl, failing)
        if failing.told(*found):
            return found, ""
        if failing.evicted and found[0]["status"]["phase"] == "Running":
            _evict(kubectl, failing.name)
        return None, f"{failing.problems(*found)} of {found[0]['status']}"

    return wait_for(failing.title, look, seconds=150, narrator=Narrator())


@contextmanager
def applied(cluster: Cluster, pods: Sequence[FailingPod]) -> Iterator[Kubectl]:
    """All these pods in a fresh namespace, which goes in the end."""
    name = f"failing-{secrets.token_hex(3)}"
    kubectl = cluster.kubectl(name)
    cluster.kubectl("").apply(
        installation.namespace(name, level="privileged"), installation.secret(name, "keys", {"key": "value"})
    )
    kubectl.apply(*(one.document() for one in pods))
    try:
        yield kubectl
    finally:
        for one in pods:
            if one.metadata.get("finalizers"):
                kubectl("patch", "pod", one.name, "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
        cluster.kubectl()("delete", "namespace", name, "--wait=false")


def _evict(kubectl: Kubectl, name: str) -> None:
    """What `kubectl drain` asks for."""
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}}
    path = f"/api/v1/namespaces/{kubectl.namespace}/pods/{name}/eviction"
    kubectl("create", "--raw", path, "-f", "-", input=json.dumps(eviction))
