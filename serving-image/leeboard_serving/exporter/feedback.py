"""What `POST /feedback` takes: labels for predictions, by the ids of their rows."""

import json
import math
from datetime import datetime
from typing import Any, NamedTuple

from leeboard_serving.exporter.texts import LONGEST, is_moment, is_usable, moment_of

MOST_LABELS = 10_000
LARGEST_BODY = 4 << 20
"""Bytes."""
_FIELDS = {"id", "label", "time"}


class TooManyLabelsError(ValueError):
    """More labels than one request may have."""


class Label(NamedTuple):
    """A row of the feedback file: `time` is RFC 3339 in UTC, `label` the text of a number, a class, 1 or 0."""

    id: str
    time: str
    label: str


def parse_labels(body: bytes, now: float) -> list[Label]:
    """The labels of a request that arrives `now`, in seconds since 1970.

    Raises ValueError that names the first label which is none, TooManyLabelsError for too many.
    """
    try:
        raw = json.loads(body, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("not JSON that anything is made of") from error
    except ValueError as error:
        raise ValueError(f"not JSON: {error}") from error
    if not isinstance(raw, dict) or set(raw) != {"labels"} or not isinstance(raw["labels"], list):
        raise ValueError('not {"labels": [{"id": …, "label": …}]}')
    if len(raw["labels"]) > MOST_LABELS:
        raise TooManyLabelsError(f"{len(raw['labels'])} labels; at most {MOST_LABELS} are taken at once")
    arrival = moment_of(now)
    return [_label(f"labels[{position}]", item, arrival) for position, item in enumerate(raw["labels"])]


def _label(place: str, item: Any, arrival: str) -> Label:
    if not isinstance(item, dict):
        raise ValueError(f"{place} is no object")
    unknown = sorted(set(item) - _FIELDS)
    if unknown:
        raise ValueError(f"{place} has a field that is not known: {unknown[0][:LONGEST]!r}")
    name = item.get("id")
    if not isinstance(name, str) or not is_usable(name):
        raise ValueError(f"{place}.id is no text of 1 to {LONGEST} characters without control characters")
    time = _time(f"{place}.time", item["time"]) if "time" in item else arrival
    return Label(name, time, _value(f"{place}.label", item.get("label")))


def _value(place: str, value: Any) -> str:
    if isinstance(value, str) and is_usable(value):
        return value
    # a class that is true or false, and a number that is 1 or 0, are the same to the evaluator
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int | float) and abs(value) < math.inf:
        return _number(place, value)
    raise ValueError(f"{place} is no number, boolean, or text of 1 to {LONGEST} characters without control characters")


def _number(place: str, value: float) -> str:
    try:
        float(value)
    except OverflowError:
        raise ValueError(f"{place} is larger than any number of 64 bits") from None
    return str(value)


def _time(place: str, text: Any) -> str:
    try:
        moment = datetime.fromisoformat(text)
        seconds = moment.timestamp()
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{place} is no time in RFC 3339") from None
    if moment.tzinfo is None or not is_moment(seconds):
        raise ValueError(f"{place} has no time zone, or is before 1970 or after 2255")
    return moment_of(seconds)


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON number")
