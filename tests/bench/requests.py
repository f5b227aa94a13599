"""Every request of the operator, as the API server's audit log has it: also those that no counter of ours sees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from e2e.cluster.audit import Request
from e2e.cluster.control_plane import ControlPlane

OPERATOR = "system:serviceaccount:leeboard-system:leeboard-operator"
STANDING = frozenset({"watch", "list"})
"""What is sent although nothing happens: watches that begin anew, and the lists of the relist."""
LEASES = "leases"


class Requests:
    """The operator's requests to a control plane, from one mark to the next."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane

    def mark(self) -> int:
        """How many there were so far."""
        return len(self._plane.requests_of(OPERATOR))

    def since(self, mark: int) -> list[Request]:
        """Those after the mark; of a watch both its beginning and its end."""
        return self._plane.requests_of(OPERATOR)[mark:]


def counted(requests: Sequence[Request]) -> dict[str, int]:
    """How many there were of each verb and resource."""
    return dict(sorted(Counter(f"{request.verb} {request.resource}" for request in requests).items()))


def reconciling(requests: Sequence[Request]) -> list[Request]:
    """Those that a look at an object sent: no watch, no list, and nothing about the Lease."""
    return [request for request in requests if request.verb not in STANDING and request.resource != LEASES]
