"""The part of a report that is about segments: which inputs lie furthest off within one, and how many were seen."""

from leeboard.planning.drift.figures import Figures, Subject
from leeboard.planning.drift.segments import Segment, SegmentInput
from leeboard.report.markup import Markup, element, paragraph
from leeboard.report.page import section
from leeboard.report.scales import count

HEAD = ("input", "where", "rows", "distance", "missing", "what moved")


def segments_section(figures: Figures) -> list[Markup]:
    """The section; none where no check looks by segment."""
    if not figures.segment_inputs:
        return []
    lines = [
        element("tr", *(paragraph("td", "", text) for text in _cells(segment, subject)))
        for segment in figures.segments
        for subject in segment.subjects
    ]
    head = element("tr", *(paragraph("th", "", title) for title in HEAD))
    table = [paragraph("div", "scroll", element("table", head, *lines, class_="findings"))] if lines else []
    told = [paragraph("p", "", _told(one)) for one in figures.segment_inputs]
    return [section("Within segments", "the furthest beyond what checks allow first", *table, *told)]


def _cells(segment: Segment, subject: Subject) -> tuple[str, ...]:
    distances = (f"{name} {it.value:.3g} [{it.low:.3g}, {it.high:.3g}]" for name, it in subject.distances.items())
    missing = "" if subject.missing_percent is None else f"{subject.missing_percent:.3g} %"
    where = f"{segment.feature}={segment.value}"
    return subject.name, where, count(segment.rows), ", ".join(distances), missing, subject.shift


def _told(one: SegmentInput) -> str:
    if one.refused:
        return f"No segments by {one.feature}, which {one.refused}."
    return f"By {one.feature}: {one.pairs} inputs within {one.enough} of {one.values} values had rows enough."
