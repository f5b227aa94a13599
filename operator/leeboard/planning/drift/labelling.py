"""The action QueueLabeling: asked for once an episode, and told of once the evaluator has written the rows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.drift_status import Episode
from leeboard.api.labelling import MOST_INPUTS, MOST_ROWS, Labelling
from leeboard.api.reasons import Reason, explain
from leeboard.planning.drift.episode import Course, is_open
from leeboard.planning.drift.limits import is_free, remembered
from leeboard.planning.drift.raw_values import read_count
from leeboard.planning.drift.verdict import Verdict
from leeboard.planning.plan import Event

_OF_INPUTS = ("DataDrift", "DataQuality", "OutOfRange", "NewCategories", "UnitChange", "MeanShift")
NO_LOG = "rows for labelling cannot be chosen: the Model has no serving.logging"
EMPTY_LOG = "rows for labelling cannot be chosen yet: none of the window is in the request log"


@dataclass(frozen=True)
class _Answer:
    """What the evaluator says of an episode: a file, or that the log had no rows."""

    key: str
    rows: int
    log_is_empty: bool


def with_labelling(
    monitor: DriftMonitor, course: Course, verdict: Verdict, now: datetime, *, has_request_log: bool
) -> Course:
    """The course, with what is asked of the evaluator and what it answered."""
    episode = course.episode
    if episode is None:
        return course
    if episode.labelling is not None:
        return _answered(course, episode, episode.labelling, _answer(monitor.status.evaluation, episode.id))
    if not is_open(episode) or verdict.verdict != "Drift":
        return course
    due = [
        one
        for one in monitor.spec.actions
        if one.type == "QueueLabeling" and (not one.when or any(found.check in one.when for found in verdict.drifted))
    ]
    free = [one for one in due if is_free(one, course.acted, now)]
    if not free:
        return course
    inputs = dict.fromkeys(one.subject for one in verdict.drifted if one.check in _OF_INPUTS)
    asked = Labelling(
        reason="LabelingRequested" if has_request_log else "RequestLogMissing",
        most=max(one.most or MOST_ROWS for one in free),
        inputs=tuple(inputs)[:MOST_INPUTS],
    )
    return replace(
        course,
        episode=episode.model_copy(update={"labelling": asked}),
        events=course.events if has_request_log else (*course.events, _missing(NO_LOG)),
        acted=remembered(course.acted, free[:1], now),
    )


def _answered(course: Course, episode: Episode, asked: Labelling, answer: _Answer | None) -> Course:
    """What the evaluator found out is remembered, and told once."""
    if answer is None or asked.reason == "LabelingQueued":
        return course
    if answer.key:
        text = f"{answer.rows} rows of {episode.version} are worth a label: {answer.key}"
        told = Event("Normal", Reason.LABELING_QUEUED, text)
        update = {"reason": "LabelingQueued", "key": answer.key, "rows": answer.rows}
    elif answer.log_is_empty and asked.reason == "LabelingRequested":
        told, update = _missing(EMPTY_LOG), {"reason": "RequestLogMissing"}
    else:
        return course
    labelling = asked.model_copy(update=update)
    return replace(course, episode=episode.model_copy(update={"labelling": labelling}), events=(*course.events, told))


def _missing(text: str) -> Event:
    return Event("Warning", Reason.REQUEST_LOG_MISSING, explain(Reason.REQUEST_LOG_MISSING, text))


def _answer(evaluation: Mapping[str, Any] | None, episode: str) -> _Answer | None:
    """Read with care: None where it says nothing of this episode."""
    raw = (evaluation or {}).get("labelling")
    if not isinstance(raw, Mapping) or raw.get("episode") != episode:
        return None
    error = raw.get("error")
    is_empty = isinstance(error, Mapping) and error.get("reason") == Reason.REQUEST_LOG_MISSING
    return _Answer(str(raw.get("key") or "")[:1024], read_count(raw.get("rows")) or 0, is_empty)
