"""Checks of whether anything comes at all: rows in the window, and how long no request or label came."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from leeboard.api.drift_check import Check
from leeboard.api.durations import parse_duration
from leeboard.planning.conditions import timestamp
from leeboard.planning.drift.figures import Figures, Subject
from leeboard.planning.drift.results import Result, by_value, nothing

TOO_NEW = "the version has served for less than that"


def volume(check: Check, _: Sequence[Subject], figures: Figures) -> list[Result]:
    """Too few rows are told of only where the champion has served for the whole window."""
    rows, least, most = figures.rows, check.min_rows, check.max_rows
    shown = f"{rows}"
    if least is not None and rows < least:
        if not _served_since(figures, figures.window_start):
            return [nothing(check, "rows", TOO_NEW)]
        shift = f"{rows} rows in the window, at least {least} are usual"
        return [by_value(check, "rows", (least + 1) / (rows + 1), 1.0, written=f"{least}", shift=shift, shown=shown)]
    if most is None:
        return [by_value(check, "rows", 0.0, 1.0, written=f"{least}", shift="", shown=shown)]
    shift = f"{rows} rows in the window, at most {most} are usual" if rows > most else ""
    return [by_value(check, "rows", rows, most, written=f"{most}", shift=shift, shown=shown)]


def staleness(check: Check, _: Sequence[Subject], figures: Figures) -> list[Result]:
    """How long ago the newest request or label came. Of nothing within the window it is known that it is older."""
    what, most = (check.of or "").lower(), parse_duration(check.max_age or "0s")
    labels = figures.labels.newest if figures.labels is not None else None
    newest = figures.newest_rows if check.of == "Requests" else labels
    if newest is None and not _served_since(figures, figures.observed_at - most):
        return [nothing(check, what, TOO_NEW)]
    if newest is None:
        shown, shift, age = f"more than {check.max_age}", "none came within the window", math.inf
    else:
        age = max(0.0, (figures.observed_at - newest) / timedelta(seconds=1))
        shown, shift = f"{age:.0f}s", f"the newest came at {timestamp(newest)}"
    late = age > most.total_seconds()
    written = f"{check.max_age}"
    return [by_value(check, what, age, most.total_seconds(), written=written, shift=shift if late else "", shown=shown)]


def _served_since(figures: Figures, moment: datetime | None) -> bool:
    """Whether the champion served from then on; where that is not known, nothing is told of what did not come."""
    return figures.serving_since is not None and moment is not None and figures.serving_since <= moment
