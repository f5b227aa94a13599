"""What checks say about inputs and predictions within segments, such as wind_speed where carrier=UA.

A segment says drift or nothing. That many of them have too few rows to be called stable holds no verdict back: the
whole is looked at beside them.
"""

from collections.abc import Callable, Collection
from dataclasses import replace

from leeboard.api.drift_check import Check
from leeboard.planning.drift.figures import Figures, Subject
from leeboard.planning.drift.results import Result, by_value, nothing
from leeboard.planning.drift.segments import Segment, SegmentInput

LONGEST_SUBJECT = 128
LONGEST_NAME, LONGEST_FEATURE, LONGEST_VALUE = 48, 32, 32
"""Of a subject that would be longer as a whole."""

Judge = Callable[[Check, Subject, int, Figures], Result]


def in_segments(check: Check, figures: Figures, excluded: Collection[str], judge: Judge) -> list[Result]:
    """Every input, or prediction, that drifted within a segment; where none did, one result that says so, or why nobody
    can tell.

    `judge` is what the check says of one, with the rows that it is of.
    """
    predicted = check.type == "PredictionDrift"
    found = [
        judge(check, replace(subject, name=_named(subject, segment)), rows, figures)
        for segment in figures.segments
        if segment.feature == check.by
        for subject, rows in (_predictions(segment) if predicted else _inputs(segment, excluded))
    ]
    drifted = [one for one in found if one.finding.verdict == "Drift"]
    if drifted:
        return drifted
    return [_no_prediction(check, figures) if predicted else _no_input(check, figures)]


def _inputs(segment: Segment, excluded: Collection[str]) -> list[tuple[Subject, int]]:
    return [(one, segment.rows) for one in segment.subjects if one.name not in excluded]


def _predictions(segment: Segment) -> list[tuple[Subject, int]]:
    return [] if segment.prediction is None else [(segment.prediction, segment.predicted_rows)]


def _no_input(check: Check, figures: Figures) -> Result:
    by, subject = check.by or "", f"inputs by {check.by}"
    told = next((one for one in figures.segment_inputs if one.feature == by), None)
    if told is None:
        why = f"the version's profile has no segments by {by}: name it in prediction.segments of the Model, and train"
        return nothing(check, subject, why)
    return _otherwise(check, subject, told, "rows", f"none of {told.pairs} inputs within")


def _no_prediction(check: Check, figures: Figures) -> Result:
    by, subject = check.by or "", f"predictions by {check.by}"
    told = next((one for one in figures.segment_predictions if one.feature == by), None)
    if told is None:
        why = f"the version's profile counts no predictions by {by}: name it in prediction.segments of the Model"
        return nothing(check, subject, f"{why}, and train; versions of earlier releases have none")
    return _otherwise(check, subject, told, "predictions", "no prediction within")


def _otherwise(check: Check, subject: str, told: SegmentInput, what: str, calm: str) -> Result:
    if told.refused:
        return nothing(check, subject, f"there are no segments by {told.feature}, which {told.refused}")
    if not told.pairs:
        return nothing(
            check, subject, f"none of {told.values} values of {told.feature} has {what} enough in the window"
        )
    return by_value(check, subject, 0.0, 0.0, written="", shift=f"{calm} {told.enough} of {told.values} values drifted")


def _named(subject: Subject, segment: Segment) -> str:
    whole = f"{subject.name} where {segment.feature}={segment.value}"
    if len(whole) <= LONGEST_SUBJECT:
        return whole
    parts = ((subject.name, LONGEST_NAME), (segment.feature, LONGEST_FEATURE), (segment.value, LONGEST_VALUE))
    name, feature, value = (text if len(text) <= most else f"{text[: most - 1]}…" for text, most in parts)
    return f"{name} where {feature}={value}"
