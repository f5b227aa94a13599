"""How often an action may be carried out: its cooldown, and its limit within a day."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from leeboard.api.drift_action import Action
from leeboard.api.drift_status import Acted
from leeboard.api.durations import parse_duration

MOST_REMEMBERED = 40
DAY = timedelta(days=1)


def is_free(action: Action, acted: Sequence[Acted], now: datetime) -> bool:
    """Whether nothing holds the action back."""
    times = [one.at for one in acted if one.action == _name(action)]
    if action.cooldown is not None and times and now - max(times) < parse_duration(action.cooldown):
        return False
    return action.max_per_day is None or sum(now - at < DAY for at in times) < action.max_per_day


def remembered(acted: tuple[Acted, ...], actions: Sequence[Action], now: datetime) -> tuple[Acted, ...]:
    """What was carried out, with those of `actions` that are limited; the oldest are forgotten first."""
    names = dict.fromkeys(_name(one) for one in actions if one.cooldown is not None or one.max_per_day is not None)
    return (*acted, *(Acted(action=name, at=now) for name in names))[-MOST_REMEMBERED:]


def _name(action: Action) -> str:
    reference = action.training_job_ref or (action.webhook.secret_ref if action.webhook is not None else None)
    return f"{action.type} {reference.name}" if reference is not None else action.type
