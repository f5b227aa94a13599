"""How a bandit's shares move: who has how much now, what the next decision gives, and who has most of it.

A decision is made once a stretch of time, when the evaluator has settled what was earned in it. It follows from the
recorded shares and the figures alone, and is one status write: another operator that takes over decides the same.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import takewhile

from leeboard.api.bandit import Bandit
from leeboard.api.durations import parse_duration
from leeboard.api.model_status import Challenger, ModelStatus, Shares
from leeboard.planning.evaluation_error import evaluation_error
from leeboard.planning.rollout.arms.bandit import best_of, leader_of, next_shares
from leeboard.planning.rollout.arms.figures import ArmFigures
from leeboard.planning.rollout.arms.sharing import WHOLE
from leeboard.planning.rollout.challengers import moves
from leeboard.planning.rollout.challengers.judging import arms
from leeboard.planning.rollout.challengers.shadow_analysis import is_old
from leeboard.planning.rollout.challengers.terms import challenger_pods
from leeboard.planning.rollout.moves import Move
from leeboard.planning.rollout.pausing import paused
from leeboard.planning.rollout.view import View


def shares_of(status: ModelStatus) -> dict[str, int]:
    """What each version has of the requests now, in percent, the champion first; none without a champion."""
    champion, candidate = status.champion, status.candidate
    if champion is None:
        return {}
    given = {one.name: one.requested_weight for one in _sharing(status)}
    if candidate is not None and candidate.phase == "Promoting" and candidate.place is not None:
        given[candidate.name] = candidate.requested_weight
    return {champion.name: max(0, WHOLE - sum(given.values()))} | given


def entered_with(bandit: Bandit, shares: Mapping[str, int], name: str) -> dict[str, int]:
    """The shares once one more version is there, which gets the least there is."""
    return next_shares(bandit, {}, shares, dict.fromkeys((*shares, name)))


def reshared(view: View) -> Move | None:
    """The next decision of a bandit, where one is due and changes something."""
    bandit, status = view.model.spec.rollout.bandit, view.status
    if bandit is None or status.champion is None or not _may_move(view):
        return None
    before, figures = shares_of(status), arms(view)
    stretches = max((len(one.rewards) for one in figures.values()), default=0)
    decides = stretches > 0 and _is_due(view, bandit, stretches) and _is_fresh(view)
    earned = {name: one.rewards for name, one in figures.items()} if decides else {}
    percent = next_shares(bandit, earned, before, before)
    if percent == before or not _have_pods(view, percent):
        return None
    return moves.share_out(status, percent, stretches if decides else None, view.now)


def best_probabilities(view: View) -> dict[str, float]:
    """How probable it is that each version is the best, 0 to 1; none where too little is known."""
    bandit = view.model.spec.rollout.bandit
    figures: Mapping[str, ArmFigures] = arms(view) if bandit is not None else {}
    if bandit is None or not figures:
        return {}
    return best_of(bandit, {name: one.rewards for name, one in figures.items()})


def leads(view: View, one: Challenger) -> bool | None:
    """Whether a challenger has all requests that the least shares leave; None where they follow no rewards."""
    bandit = view.model.spec.rollout.bandit
    if bandit is None:
        return None
    leader = leader_of(bandit, view.status.shares)
    return leader is not None and leader[0] == one.name


def remembered(view: View, status: ModelStatus) -> ModelStatus:
    """The status with the shares that hold from now on, where they are others than were remembered last: versions
    come and go by other moves, too. Without a bandit nothing is remembered."""
    if view.model.spec.rollout.bandit is None or status.champion is None:
        return status.model_copy(update={"shares": ()}) if status.shares else status
    present = shares_of(status)
    last = status.shares[-1].percent if status.shares else {status.champion.name: WHOLE}
    return status if present == last else moves.noted(status, Shares(at=view.now, percent=present))


def _sharing(status: ModelStatus) -> Iterator[Challenger]:
    yield from (one for one in status.challengers if one.phase == "Comparing" and one.place is not None)


def next_decision(view: View) -> datetime | None:
    """Before when no decision may follow on the newest one; None without a bandit, and without one."""
    bandit, last = view.model.spec.rollout.bandit, _last_decision(view.status)
    return None if bandit is None or last is None else last.at + parse_duration(bandit.interval)


def _last_decision(status: ModelStatus) -> Shares | None:
    """The newest decision, since there is this champion and any challenger."""
    champion = status.champion.name if status.champion is not None else ""
    present = takewhile(lambda one: champion in one.percent and len(one.percent) > 1, reversed(status.shares))
    return next((one for one in present if one.stretches is not None), None)


def _is_due(view: View, bandit: Bandit, stretches: int) -> bool:
    """Whether so many stretches were not decided on yet, and the newest decision is an interval old."""
    last = _last_decision(view.status)
    return last is None or (last.stretches != stretches and view.now >= last.at + parse_duration(bandit.interval))


def _may_move(view: View) -> bool:
    """Not while anything else is under way, or held; nor before Gateways go by the shares of before."""
    status, shared = view.status, list(_sharing(view.status))
    if not shared or status.candidate is not None or view.returning or paused(view):
        return False
    if any(one.inconclusive_since is not None for one in shared):
        return False
    return view.routing.carries


def _is_fresh(view: View) -> bool:
    evaluation = view.status.evaluation
    return evaluation_error(evaluation) is None and not is_old(evaluation or {}, view.now)


def _have_pods(view: View, percent: Mapping[str, int]) -> bool:
    """Whether those that get more have the pods for it."""
    more = (one for one in _sharing(view.status) if percent.get(one.name, 0) > one.requested_weight)
    return all(view.available(one, challenger_pods(view, one)) for one in more)
