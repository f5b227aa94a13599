"""The kinds this operator talks about, and where the API server keeps them.

A fixed table instead of discovery: one request less at start, no discovery cache on disk, and a typo in a
kind fails at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True)
class Resource:
    """One namespaced kind: `group` is empty for the core group."""

    group: str
    version: str
    kind: str
    plural: str

    @property
    def api_version(self) -> str:
        """`group/version`, or `version` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str | None, name: str | None = None, subresource: str | None = None) -> str:
        """The URL path; `namespace` None means all namespaces. Every segment is quoted."""
        segments = ["apis", self.group, self.version] if self.group else ["api", self.version]
        if namespace is not None:
            segments += ["namespaces", namespace]
        segments.append(self.plural)
        segments += [segment for segment in (name, subresource) if segment is not None]
        return "/" + "/".join(quote(segment, safe="") for segment in segments)


LEEBOARD_GROUP = "leeboard.dev"

MODEL = Resource(LEEBOARD_GROUP, "v1alpha1", "Model", "models")
MODEL_VERSION = Resource(LEEBOARD_GROUP, "v1alpha1", "ModelVersion", "modelversions")
TRAINING_JOB = Resource(LEEBOARD_GROUP, "v1alpha1", "TrainingJob", "trainingjobs")
DRIFT_MONITOR = Resource(LEEBOARD_GROUP, "v1alpha1", "DriftMonitor", "driftmonitors")
JOB = Resource("batch", "v1", "Job", "jobs")
POD = Resource("", "v1", "Pod", "pods")
DEPLOYMENT = Resource("apps", "v1", "Deployment", "deployments")
SERVICE = Resource("", "v1", "Service", "services")
DISRUPTION_BUDGET = Resource("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets")
AUTOSCALER = Resource("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers")
HTTP_ROUTE = Resource("gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes")
GRPC_ROUTE = Resource("gateway.networking.k8s.io", "v1", "GRPCRoute", "grpcroutes")
EVENT = Resource("events.k8s.io", "v1", "Event", "events")
SECRET = Resource("", "v1", "Secret", "secrets")
LEASE = Resource("coordination.k8s.io", "v1", "Lease", "leases")

PRIMARIES = (MODEL, MODEL_VERSION, TRAINING_JOB, DRIFT_MONITOR)
CHILDREN = (JOB, POD, DEPLOYMENT, SERVICE, DISRUPTION_BUDGET, AUTOSCALER)
ROUTES = (HTTP_ROUTE, GRPC_ROUTE)
"""Children of kinds that a cluster need not have, and that only some installations make."""

_BY_KIND = {(r.api_version, r.kind): r for r in (*PRIMARIES, *CHILDREN, *ROUTES, EVENT, SECRET, LEASE)}


def resource_of(api_version: str, kind: str) -> Resource:
    """The table's entry.

    Raises:
        KeyError: the kind is not one this operator handles.
    """
    return _BY_KIND[(api_version, kind)]
