"""What checks say about inputs within segments, such as wind_speed where carrier=UA.

A segment says drift or nothing. That many of them have too few rows to be called stable holds no verdict back: the
whole is looked at beside them.
"""

from collections.abc import Callable, Collection
from dataclasses import replace

from leeboard.api.drift_check import Check
from leeboard.planning.drift.figures import Figures, Subject
from leeboard.planning.drift.results import Result, by_value, nothing
from leeboard.planning.drift.segments import Segment

LONGEST_SUBJECT = 128
LONGEST_NAME, LONGEST_FEATURE, LONGEST_VALUE = 48, 32, 32
"""Of a subject that would be longer as a whole."""

Judge = Callable[[Check, Subject, int, Figures], Result]


def in_segments(check: Check, figures: Figures, excluded: Collection[str], judge: Judge) -> list[Result]:
    """Every input that drifted within a segment; where none did, one result that says so, or why nobody can tell.

    `judge` is what the check says of an input, with the rows that it is of.
    """
    found = [
        judge(check, replace(subject, name=_named(subject, segment)), segment.rows, figures)
        for segment in figures.segments
        if segment.feature == check.by
        for subject in segment.subjects
        if subject.name not in excluded
    ]
    drifted = [one for one in found if one.finding.verdict == "Drift"]
    return drifted or [_otherwise(check, figures)]


def _otherwise(check: Check, figures: Figures) -> Result:
    by, subject = check.by or "", f"inputs by {check.by}"
    told = next((one for one in figures.segment_inputs if one.feature == by), None)
    if told is None:
        why = f"the version's profile has no segments by {by}: name it in prediction.segments of the Model, and train"
        return nothing(check, subject, why)
    if told.refused:
        return nothing(check, subject, f"there are no segments by {by}, which {told.refused}")
    if not told.pairs:
        return nothing(check, subject, f"none of {told.values} values of {by} has rows enough in the window")
    shift = f"none of {told.pairs} inputs within {told.enough} of {told.values} values drifted"
    return by_value(check, subject, 0.0, 0.0, written="", shift=shift)


def _named(subject: Subject, segment: Segment) -> str:
    whole = f"{subject.name} where {segment.feature}={segment.value}"
    if len(whole) <= LONGEST_SUBJECT:
        return whole
    parts = ((subject.name, LONGEST_NAME), (segment.feature, LONGEST_FEATURE), (segment.value, LONGEST_VALUE))
    name, feature, value = (text if len(text) <= most else f"{text[: most - 1]}…" for text, most in parts)
    return f"{name} where {feature}={value}"
