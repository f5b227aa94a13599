"""What the controllers of Gateways say of a route, in `status.parents`.

Accepted and ResolvedRefs with the generation that they are about are what the Gateway API has every controller write;
that a route is programmed, none of them says.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from leeboard.api.reasons import Reason
from leeboard.planning.plan import Raw

_TEXT_LIMIT = 300


@dataclass(frozen=True)
class Acceptance:
    """Whether a parent takes a route, and what is said about it.

    `current`: one has accepted its newest generation, and none that has accepted an older one still goes by that.
    `refused`: one does not take it, whatever others do.
    """

    reason: Reason
    message: str
    current: bool = False
    refused: bool = False

    @property
    def accepted(self) -> bool:
        """Whether any parent has accepted the route, of whatever generation."""
        return self.reason == Reason.ROUTE_ACCEPTED


def acceptance(route: Raw) -> Acceptance:
    """What is said of one live route."""
    name = f"{route['kind']} {route['metadata']['name']}"
    told = [_Told.of(parent, route) for parent in route.get("status", {}).get("parents") or ()]
    taken = [one for one in told if one.accepted]
    if taken:
        message = f"{name} is accepted by {_listed(one.parent for one in taken)}"
        refused = [one for one in told if one.refusal]
        message += f"; not by {_listed(f'{one.parent} ({one.refusal})' for one in refused)}" if refused else ""
        current = all(one.current for one in taken)
        message += "" if current else ", as it was before"
        return Acceptance(Reason.ROUTE_ACCEPTED, message, current, bool(refused))
    refused = [one for one in told if one.refusal]
    if refused:
        return Acceptance(
            Reason.ROUTE_REJECTED,
            f"{name}: {_listed(f'{one.parent}: {one.refusal}' for one in refused)}",
            refused=True,
        )
    asked = _listed(_named(parent, route) for parent in route.get("spec", {}).get("parentRefs") or ())
    return Acceptance(Reason.ROUTE_PENDING, f"{name}: nothing was heard of {asked}")


def of_all(found: Iterable[Acceptance]) -> Acceptance:
    """The same of several routes: refused where one is, else pending where one is."""
    every = list(found)
    worst = next((one for reason in _WORST_FIRST for one in every if one.reason == reason), None)
    if worst is not None:
        return worst
    message, current = "; ".join(one.message for one in every), all(one.current for one in every)
    return Acceptance(Reason.ROUTE_ACCEPTED, message, current, any(one.refused for one in every))


_WORST_FIRST = (Reason.ROUTE_REJECTED, Reason.ROUTE_PENDING)


@dataclass(frozen=True)
class _Told:
    """What one parent says; `refusal` is why it does not send requests on, empty where it does or says nothing."""

    parent: str
    accepted: bool
    current: bool
    refusal: str

    @classmethod
    def of(cls, status: Mapping[str, Any], route: Raw) -> "_Told":
        conditions = {str(one.get("type")): one for one in status.get("conditions") or ()}
        accepted, resolved = conditions.get("Accepted", {}), conditions.get("ResolvedRefs", {})
        refused = next((one for one in (accepted, resolved) if one.get("status") == "False"), None)
        why = f"{refused.get('reason', '')}: {refused.get('message', '')}"[:_TEXT_LIMIT] if refused else ""
        generation = int(route["metadata"].get("generation", 0))
        return cls(
            parent=_named(status.get("parentRef") or {}, route),
            accepted=accepted.get("status") == "True" and refused is None,
            current=int(accepted.get("observedGeneration", 0)) >= generation,
            refusal=why,
        )


def _named(parent: Mapping[str, Any], route: Raw) -> str:
    namespace = parent.get("namespace") or route["metadata"].get("namespace", "")
    listener = f", listener {parent['sectionName']}" if parent.get("sectionName") else ""
    return f"Gateway {namespace}/{parent.get('name', '')}{listener}"


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(texts))
