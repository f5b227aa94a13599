"""The part of a report that is about segments: what lies furthest off within one, and how much was looked at."""

from leeboard.planning.drift.figures import Figures, Subject
from leeboard.planning.drift.segments import Segment, SegmentInput
from leeboard.report.markup import Markup, element, paragraph
from leeboard.report.page import section
from leeboard.report.scales import count

HEAD = ("of", "where", "rows", "distance", "missing", "what moved")


def segments_section(figures: Figures) -> list[Markup]:
    """The section; none where no check looks by segment."""
    if not figures.segment_inputs and not figures.segment_predictions:
        return []
    lines = [
        element("tr", *(paragraph("td", "", text) for text in _cells(segment, subject, rows)))
        for segment in figures.segments
        for subject, rows in _subjects(segment)
    ]
    head = element("tr", *(paragraph("th", "", title) for title in HEAD))
    table = [paragraph("div", "scroll", element("table", head, *lines, class_="findings"))] if lines else []
    told = [paragraph("p", "", _told(one, "inputs")) for one in figures.segment_inputs]
    told += [paragraph("p", "", _told(one, "predictions")) for one in figures.segment_predictions]
    return [section("Within segments", "the furthest beyond what checks allow first", *table, *told)]


def _subjects(segment: Segment) -> list[tuple[Subject, int]]:
    found = [(one, segment.rows) for one in segment.subjects]
    return found if segment.prediction is None else [*found, (segment.prediction, segment.predicted_rows)]


def _cells(segment: Segment, subject: Subject, rows: int) -> tuple[str, ...]:
    distances = (f"{name} {it.value:.3g} [{it.low:.3g}, {it.high:.3g}]" for name, it in subject.distances.items())
    missing = "" if subject.missing_percent is None else f"{subject.missing_percent:.3g} %"
    where = f"{segment.feature}={segment.value}"
    return subject.name, where, count(rows), ", ".join(distances), missing, subject.shift


def _told(one: SegmentInput, what: str) -> str:
    if one.refused:
        return f"No segments by {one.feature}, which {one.refused}."
    return f"By {one.feature}: {one.pairs} {what} within {one.enough} of {one.values} values had rows enough."
