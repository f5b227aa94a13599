"""By which Services the versions of a Model are reached, and what keeps them so."""

from leeboard.planning.plan import ObjectRef, Raw
from leeboard.planning.rollout.view import View
from leeboard.planning.serving.disruption_budget import disruption_budget
from leeboard.planning.serving.service import apex, candidate, candidate_name, feedback


def services(view: View) -> list[Raw]:
    """The Services that there have to be: callers', the one for labels, and that of a candidate with pods."""
    champion, tried = view.status.champion, view.status.candidate
    if champion is None:
        return []
    found = [apex(view.model, champion.name, with_candidate=view.shares_traffic()), feedback(view.model)]
    if tried is not None and tried.phase != "RollingBack" and view.live(tried.name) is not None:
        found.append(candidate(view.model, tried.name))
    return [*found, *view.routing.services]


def budgets(view: View) -> list[Raw]:
    """How many of the champion's pods may be taken at a time."""
    champion = view.status.champion
    return [disruption_budget(view.model, champion.name)] if champion is not None else []


def services_to_go(view: View) -> list[ObjectRef]:
    """The candidate's Service, where there is no candidate any more, or one that is being rolled back."""
    tried, name = view.status.candidate, candidate_name(view.model.metadata.name)
    if tried is not None and tried.phase != "RollingBack":
        return []
    live = (one for one in view.snapshot.services if one["metadata"]["name"] == name)
    return [ObjectRef.of({"apiVersion": "v1", "kind": "Service"} | one) for one in live]
