"""What the controllers of Gateways say of a route, and what is made of it."""

from __future__ import annotations

from typing import Any

import pytest

from leeboard.api.reasons import Reason
from leeboard.planning.traffic.acceptance import acceptance, of_all

GENERATION = 3


def route(*parents: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": "HTTPRoute",
        "metadata": {"name": "late-flights", "namespace": "ml", "generation": GENERATION},
        "spec": {"parentRefs": [{"name": "public", "namespace": "web"}, {"name": "inside"}]},
        "status": {"parents": list(parents)},
    }


def parent(name: str = "public", *, generation: int = GENERATION, **statuses: str) -> dict[str, Any]:
    """A parent's conditions by type: `True`, or the reason why not."""
    conditions = [
        {
            "type": kind,
            "status": "True" if value == "True" else "False",
            "reason": value,
            "message": "words",
            "observedGeneration": generation,
        }
        for kind, value in statuses.items()
    ]
    return {"parentRef": {"name": name}, "controllerName": "example.com/c", "conditions": conditions}


@pytest.mark.parametrize(
    ("parents", "reason", "current"),
    [
        ([], Reason.ROUTE_PENDING, False),
        ([parent()], Reason.ROUTE_PENDING, False),
        ([parent(Accepted="True")], Reason.ROUTE_ACCEPTED, True),
        ([parent(Accepted="True", ResolvedRefs="True")], Reason.ROUTE_ACCEPTED, True),
        ([parent(Accepted="True", generation=2)], Reason.ROUTE_ACCEPTED, False),
        ([parent(Accepted="NoMatchingParent")], Reason.ROUTE_REJECTED, False),
        ([parent(Accepted="True", ResolvedRefs="BackendNotFound")], Reason.ROUTE_REJECTED, False),
        ([parent(Accepted="True"), parent("inside", Accepted="NotAllowedByListeners")], Reason.ROUTE_ACCEPTED, True),
        ([parent(Accepted="True"), parent("inside", Accepted="True", generation=2)], Reason.ROUTE_ACCEPTED, False),
    ],
)
def test_what_parents_say(parents: list[dict[str, Any]], reason: Reason, current: bool) -> None:
    told = acceptance(route(*parents))
    assert (told.reason, told.current) == (reason, current)


def test_the_controllers_words_are_told() -> None:
    told = acceptance(route(parent("inside", Accepted="NoMatchingParent")))
    assert told.message == "HTTPRoute late-flights: Gateway ml/inside: NoMatchingParent: words"
    nothing = acceptance(route())
    assert nothing.message == "HTTPRoute late-flights: nothing was heard of Gateway web/public, Gateway ml/inside"


def test_of_several_routes_the_worst_is_told() -> None:
    good, waits = acceptance(route(parent(Accepted="True"))), acceptance(route())
    refused = acceptance(route(parent(Accepted="NoMatchingParent")))
    assert of_all([good, waits, refused]) == refused
    assert of_all([good, waits]) == waits
    assert of_all([good, good]).current
    assert not of_all([good, good]).refused


def test_a_refusal_is_told_beside_an_acceptance() -> None:
    told = acceptance(route(parent(Accepted="True", generation=2), parent("inside", Accepted="NotAllowedByListeners")))
    assert (told.accepted, told.current, told.refused) == (True, False, True)
    assert "as it was before" in told.message
    assert of_all([acceptance(route(parent(Accepted="True"))), told]).refused
