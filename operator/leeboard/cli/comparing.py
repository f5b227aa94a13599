"""How far the comparison of a challenger is, in words and figures."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from leeboard.api.durations import parse_duration
from leeboard.api.model import Model
from leeboard.api.model_status import Challenger
from leeboard.api.shadow import Shadow
from leeboard.cli.show.moments import span
from leeboard.cli.show.quantities import count


def staying(model: Model) -> tuple[Challenger, ...]:
    """The versions that are compared with the champion, or will be."""
    return tuple(one for one in model.status.challengers if one.stays)


def copied(one: Challenger) -> str:
    """The share of the champion's requests that it gets copies of, in percent: as asked for, and as counted."""
    observed = "?" if one.observed_weight is None else str(one.observed_weight)
    return f"{one.requested_weight}/{observed} %"


def copies(model: Model, one: Challenger) -> str:
    """Copies that were counted, of those that are needed; empty before the comparison begins."""
    if one.phase != "Comparing":
        return ""
    row = figures(model, one.name)
    counted = row.get("copies")
    needed = model.spec.rollout.analysis.min_samples
    return f"{count(counted) if isinstance(counted, int) else '?'}/{count(needed)}"


def time_left(model: Model, one: Challenger, now: datetime) -> str:
    """How long the comparison still takes at least."""
    champion, shadow = model.status.champion, model.spec.rollout.shadow or Shadow()
    if one.phase != "Comparing" or one.compared_since is None or champion is None:
        return ""
    if model.status.commands.pause:
        return "held"
    ends = max(one.compared_since, champion.since) + parse_duration(shadow.duration)
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


def figures(model: Model, name: str) -> Mapping[str, Any]:
    """A challenger's row in the evaluator's figures; empty without one."""
    rows = (model.status.evaluation or {}).get("challengers") or []
    return next((one for one in rows if isinstance(one, Mapping) and one.get("name") == name), {})
