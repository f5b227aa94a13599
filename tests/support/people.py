"""Who asks the API server for something in the tests of policies."""

from tests.support.installation import SYSTEM

TENANT = "tenant"
OPERATOR = f"system:serviceaccount:{SYSTEM}:leeboard-operator"
DEPLOYMENTS, REPLICA_SETS, JOBS, STATEFUL_SETS, NAMESPACES = (
    f"system:serviceaccount:kube-system:{name}-controller"
    for name in ("deployment", "replicaset", "job", "statefulset", "namespace")
)
ADMINISTRATOR = ""
"""The cluster's own, who may do everything: no policy asks who it is."""

PEOPLE = {
    "editor": ["edit"],
    "admin": ["admin"],
    "approver": ["leeboard-approver"],
    "registrar": ["edit", "leeboard-registrar"],
    "restorer": ["leeboard-registrar", "leeboard-approver"],
    "viewer": ["view"],
}
"""Users of the tenant's namespace and the ClusterRoles they have there."""
