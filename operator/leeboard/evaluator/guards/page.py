"""The report of one rollout: what was decided, by which figures, and how they came about; drawn from its record."""

import math

from leeboard.api.durations import parse_duration
from leeboard.api.guard import Guard
from leeboard.evaluator.guards.record import Looked, RolloutRecord
from leeboard.evaluator.guards.tested_page import tested_sections
from leeboard.planning.conditions import timestamp
from leeboard.planning.rollout.guards.figures import GuardFigures, guard_figures
from leeboard.planning.rollout.guards.rule import Judged, judge, limit_of, share_of
from leeboard.report.course import Point, course
from leeboard.report.markup import Markup, element, paragraph
from leeboard.report.page import page, section
from leeboard.report.scales import bare, count

MOST_COURSES = 12
_TONES = {"Abort": "drift", "Pass": "stable", "Continue": "unsure", "Idle": "unsure"}
_OUTCOMES = {
    "Aborted": "drift",
    "Promoted": "stable",
    "Lost": "drift",
    "Inconclusive": "unsure",
    "Superseded": "unsure",
}
_SAYS = {"Abort": "worse", "Pass": "not worse", "Continue": "undecided", "Idle": "nothing found"}


def record_page(record: RolloutRecord) -> str:
    """One HTML file that needs nothing else. The figures are those of the newest look."""
    decision = record.decision
    outcome = decision.outcome if decision is not None else "under way"
    return page(
        f"{record.namespace}/{record.model}: {record.candidate} {outcome}",
        _header(record),
        section("What was decided", _by(record), _badge(record), *([_figures(record)] if record.looks else [])),
        *tested_sections(record),
        *_courses(record),
        _footer(record),
    )


def _header(record: RolloutRecord) -> Markup:
    subtitle = f"{record.candidate} against {record.champion}, since {timestamp(record.started_at)}"
    tiles = [(str(len(record.looks)), "looks that are kept")]
    if record.looks:
        one = record.looks[-1]
        tiles += [
            (count(one.candidate.requests), "requests to the candidate"),
            (count(one.champion.requests), "requests to the champion"),
            (_span((one.at - record.started_at).total_seconds()), "from the first to the last look"),
        ]
    drawn = [paragraph("div", "tile", paragraph("b", "", value), paragraph("span", "", text)) for value, text in tiles]
    name = f"{record.namespace}/{record.model}"
    titles = paragraph("div", "titles", element("h1", name), paragraph("p", "subtitle", subtitle))
    return paragraph("header", "", titles, paragraph("div", "tiles", *drawn))


def _by(record: RolloutRecord) -> str:
    if record.decision is None:
        return "nothing yet"
    who = {"Analysis": "by the analysis", "Command": "by a person's command", "Other": "by other causes"}
    return f"{who[record.decision.by]}, {timestamp(record.decision.at)}"


def _badge(record: RolloutRecord) -> Markup:
    decision = record.decision
    outcome = decision.outcome if decision is not None else "Under way"
    text = f"{decision.reason}: {decision.message}" if decision is not None else ""
    badge = paragraph("p", "badge", outcome)
    words = paragraph("div", "words", paragraph("p", "clause", text))
    return paragraph("blockquote", f"verdict {_OUTCOMES.get(outcome, 'unsure')}", badge, words)


def _figures(record: RolloutRecord) -> Markup:
    """The guards at the newest look."""
    titles = ("guard", "says", "worse by", "interval", "allowed", "alpha", "candidate", "champion", "")
    lines = [element("tr", *(paragraph("th", "", title) for title in titles))]
    for guard, figures in _judgeable(record, record.looks[-1]):
        judged = judge(guard, figures, share_of(record.analysis))
        candidate, champion = figures.samples
        cells = (
            figures.name,
            _SAYS[judged.verdict],
            _number(figures.value),
            f"{_number(figures.low)} to {_number(figures.high)}",
            bare(limit_of(guard)),
            f"{figures.alpha:.3g}",
            count(candidate),
            count(champion),
            figures.worst or figures.message,
        )
        tone = f"tone-{_TONES[judged.verdict]}"
        lines.append(element("tr", *(paragraph("td", tone if i == 1 else "", text) for i, text in enumerate(cells))))
    return paragraph("div", "scroll", element("table", *lines, class_="findings"))


def _judgeable(record: RolloutRecord, look: Looked) -> list[tuple[Guard, GuardFigures]]:
    rows = guard_figures({"guards": list(look.guards)})
    return [(guard, one) for one in rows for guard in record.analysis.guards if one.is_of(guard)]


def _courses(record: RolloutRecord) -> list[Markup]:
    """Of the figures of the newest look that have an interval, those that abort first."""
    if not record.looks:
        return []
    alpha = share_of(record.analysis)
    newest = [(guard, one, judge(guard, one, alpha)) for guard, one in _judgeable(record, record.looks[-1])]
    newest = [triple for triple in newest if math.isfinite(triple[1].value)]
    newest.sort(key=lambda triple: triple[2].verdict != "Abort")
    drawn = [_panel(record, guard, one.name, judged) for guard, one, judged in newest[:MOST_COURSES]]
    if not drawn:
        return []
    note = "how much worse the candidate is; shaded: the interval that is valid at every look; times in UTC"
    return [section("Look by look", note, *drawn)]


def _panel(record: RolloutRecord, guard: Guard, name: str, judged: Judged) -> Markup:
    points = [
        Point(look.at, one.value, one.low, one.high)
        for look in record.looks
        for one in guard_figures({"guards": list(look.guards)})
        if one.name == name and not one.lacks
    ]
    drawing = course(name, points, limit_of(guard), _TONES[judged.verdict])
    return paragraph("figure", "panel", paragraph("h3", "input", name), drawing)


def _footer(record: RolloutRecord) -> Markup:
    analysis = record.analysis
    guards = len(analysis.guards)
    told = f"alpha {analysis.alpha} over {guards} guard{'s' if guards != 1 else ''}, {analysis.min_samples} requests"
    longest = f", {analysis.max_duration} at most" if analysis.max_duration else ""
    again = "leeboard replay computes figures and decision again from the record beside this file."
    return paragraph("footer", "", f"Analysis: {told}{longest}. {again} No row of data is in either.")


def _number(value: float) -> str:
    return bare(value) if math.isfinite(value) else "?"


def _span(seconds: float) -> str:
    for unit in ("d", "h", "m"):
        length = parse_duration(f"1{unit}").total_seconds()
        if seconds >= length:
            return f"{seconds / length:.1f} {'min' if unit == 'm' else unit}"
    return f"{seconds:.0f} s"
