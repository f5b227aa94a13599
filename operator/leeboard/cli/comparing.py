"""How far the comparison of a challenger is, in words and figures."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from leeboard.api.model import Model
from leeboard.api.model_status import Challenger
from leeboard.cli.show.moments import span
from leeboard.cli.show.quantities import count
from leeboard.planning.rollout.arms.bandit import leader_of
from leeboard.planning.rollout.arms.figures import ArmFigures, arm_figures
from leeboard.planning.rollout.challengers.terms import terms_of


def staying(model: Model) -> tuple[Challenger, ...]:
    """The versions that are compared with the champion, or will be."""
    return tuple(one for one in model.status.challengers if one.stays)


def copied(one: Challenger) -> str:
    """The share of the champion's requests that it gets copies of, or of the callers, in percent: as asked for, and as
    counted."""
    observed = "?" if one.observed_weight is None else str(one.observed_weight)
    return f"{one.requested_weight}/{observed} %"


def copies(model: Model, one: Challenger) -> str:
    """Copies that were counted, or predictions that the metric knows, of those that are needed; empty before the
    comparison begins."""
    if one.phase != "Comparing":
        return ""
    arm = arm_of(model, one.name)
    counted = figures(model, one.name).get("copies") if one.place is None else arm.trials if arm is not None else None
    needed = model.spec.rollout.analysis.min_samples
    return f"{count(counted) if isinstance(counted, int) else '?'}/{count(needed)}"


def time_left(model: Model, one: Challenger, now: datetime) -> str:
    """How long the comparison still takes at least."""
    champion = model.status.champion
    if one.phase != "Comparing" or one.compared_since is None or champion is None:
        return ""
    if model.status.commands.pause or one.inconclusive_since is not None:
        return "held"
    terms, bandit = terms_of(model), model.spec.rollout.bandit
    if bandit is not None:
        leader = leader_of(bandit, model.status.shares)
        ends = leader[1].at + terms.duration if leader is not None else now
        return f"{span(ends - now)} left for {leader[0]}" if leader is not None and ends > now else ""
    # a test of callers lasts for as long as that of the challenger which came last
    began = [other.compared_since for other in staying(model) if terms.routed and other.compared_since is not None]
    ends = max(one.compared_since, champion.since, *began) + terms.duration
    return f"{span(ends - now)} left" if ends > now else "time is over"


def pairs(model: Model, one: Challenger) -> str:
    """What the pairs say, in one line; empty where there are none."""
    row = figures(model, one.name)
    said = []
    if isinstance(row.get("pairs"), int):
        said.append(f"{count(row['pairs'])} pairs")
    for name, word in (("disagreement", "disagree"), ("failureRate", "of the copies failed")):
        interval = row.get(name)
        if isinstance(interval, Mapping):
            said.append(f"{interval.get('value')} [{interval.get('low')}, {interval.get('high')}] {word}")
    difference = row.get("scoreDifference")
    if isinstance(difference, Mapping):
        said.append(f"score {difference.get('mean')} ± {difference.get('std')}")
    return ", ".join(said)


def earned(model: Model, one: Challenger) -> str:
    """What predictions of it and of the champion earned in the mean, in one line; empty where nothing is known."""
    champion = model.status.champion
    arms = [arm_of(model, name) for name in (one.name, champion.name if champion is not None else "")]
    told = [f"{_mean(arm)} of {count(arm.trials)}" for arm in arms if arm is not None and arm.trials]
    return f"earns {told[0]}, the champion {told[1]}" if len(told) == 2 else ""


def _mean(arm: ArmFigures) -> str:
    return f"{sum(one.total for one in arm.rewards) / arm.trials:.4g}"


def chance(one: Challenger) -> str:
    """How probable it is that it is the best; empty where too little is known."""
    return "" if one.best_probability is None else f"{one.best_probability} % probable to be the best"


def arm_of(model: Model, name: str) -> ArmFigures | None:
    """A version's figures in an A/B test or a bandit; None without any."""
    test = model.spec.rollout.shared
    return arm_figures(model.status.evaluation, test).get(name) if test is not None else None


def figures(model: Model, name: str) -> Mapping[str, Any]:
    """A challenger's row in the evaluator's figures; empty without one."""
    rows = (model.status.evaluation or {}).get("challengers") or []
    return next((one for one in rows if isinstance(one, Mapping) and one.get("name") == name), {})
