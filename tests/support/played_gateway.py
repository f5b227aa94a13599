"""A Gateway's controller as tests play it: it says of routes what it is told to say."""

from typing import Any, Literal

from leeboard.planning.plan import Raw

Mood = Literal["accepts", "rejects", "silent", "lags"]
CONTROLLER = "example.com/gateway-controller"


def answered(route: Raw, mood: Mood) -> Raw:
    """The route with what the controller says of its present generation; of a silent one it says what it said.

    One that lags says so of the first generation alone, whatever its proxies go by.
    """
    if mood == "silent" or (mood == "lags" and "status" in route):
        return route
    generation = int(route["metadata"].get("generation", 0))
    accepted = ("False", "NoMatchingParent", "no such listener") if mood == "rejects" else ("True", "Accepted", "")
    parents = [
        {
            "parentRef": reference,
            "controllerName": CONTROLLER,
            "conditions": [
                _condition("Accepted", generation, *accepted),
                _condition("ResolvedRefs", generation, "True", "ResolvedRefs", ""),
            ],
        }
        for reference in route["spec"]["parentRefs"]
    ]
    return {**route, "status": {"parents": parents}}


def _condition(kind: str, generation: int, status: str, reason: str, message: str) -> dict[str, Any]:
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "observedGeneration": generation,
        "lastTransitionTime": "2026-03-02T10:00:00Z",
    }
