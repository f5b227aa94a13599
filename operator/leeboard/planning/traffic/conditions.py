"""What a Model says of its routes."""

from leeboard.api.model_status import ModelStatus
from leeboard.api.reasons import Reason, explain
from leeboard.planning.conditions import Wanted, timestamp
from leeboard.planning.traffic.leaving import UNSEEN
from leeboard.planning.traffic.routing import Routing


def route_accepted(routing: Routing, status: ModelStatus) -> Wanted | None:
    """The condition RouteAccepted, None where no route is asked for. Callers in the cluster do not depend on it."""
    if not routing.asked_for or status.champion is None:
        return None
    told = routing.acceptance
    message = explain(told.reason, told.message)
    if status.draining is not None and told.accepted:
        until = timestamp(status.draining.since + UNSEEN)
        message += f"; {status.draining.name} goes when its exporters count no request for a window, or at {until}"
    return Wanted("RouteAccepted", "True" if told.accepted else "False", told.reason, message)


def unrouted(routing: Routing, status: ModelStatus) -> Wanted | None:
    """Reconciling or Stalled where requests by a Gateway do not arrive at all; None where they do, or none should."""
    condition = route_accepted(routing, status)
    if condition is None or condition.status == "True":
        return None
    waits = condition.reason == Reason.ROUTE_PENDING
    return Wanted("Reconciling" if waits else "Stalled", "True", condition.reason, condition.message)
