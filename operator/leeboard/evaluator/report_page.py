"""The report of one evaluation: what was found, drawn, in one small file without a row of data."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.drift_status import Finding
from leeboard.api.metrics import higher_is_better
from leeboard.evaluator.comparison import Basis, compare
from leeboard.evaluator.drift_figures import ALWAYS, Observed, Profile, Reference
from leeboard.evaluator.onsets import gain
from leeboard.evaluator.report_segments import segments_section
from leeboard.evaluator.windows import Window
from leeboard.planning.conditions import timestamp
from leeboard.planning.drift.checks import FINDINGS_LIMIT, run_checks
from leeboard.planning.drift.figures import Figures, read_figures
from leeboard.planning.drift.verdict import Verdict
from leeboard.report.bars import bars
from leeboard.report.extent import reach
from leeboard.report.feature import Feature, Figure, compared
from leeboard.report.markup import Markup, element, join, paragraph
from leeboard.report.page import page, section
from leeboard.report.panels import panels
from leeboard.report.scales import count
from leeboard.report.timeline import Slice, Timeline, timeline
from leeboard.stats.distributions import Distribution

MOST_INPUTS = 24
MOST_CLAUSES = 6
MOST_TIMELINES = 3
_NO_FINDING = 1.0
_SEASONS = {"HourOfDay": "hours of the day", "DayOfWeek": "days of the week", "HourOfWeek": "hours of the week"}
_TONES = {"Drift": "drift", "Stable": "stable", "Inconclusive": "unsure"}


def report_page(
    monitor: DriftMonitor,
    profile: Profile,
    observed: Observed,
    verdict: Verdict,
    windows: Sequence[Window],
) -> str:
    """One HTML file. The monitor's status has the evaluation that is written, and the verdict is the operator's;
    `windows` are those that count.

    Raises ValueError where the evaluation does not say when it was made.
    """
    evaluation: Mapping[str, Any] = monitor.status.evaluation or {}
    figures = read_figures(evaluation)
    if figures is None:
        raise ValueError("an evaluation without a time")
    # drawn also where the operator withholds its verdict: the figures are there
    findings = verdict.findings or tuple(one.finding for one in run_checks(monitor.spec, figures)[:FINDINGS_LIMIT])
    name, season = f"{monitor.metadata.namespace}/{monitor.metadata.name}", monitor.spec.reference.season
    return page(
        f"{name}: {verdict.verdict}",
        _header(name, figures, observed, [one.start for one in windows for _ in range(one.parts)], season),
        section("What was found", "by each check, the strongest first", _badge(verdict), _found(findings)),
        *_around(monitor),
        *_timelines(profile, figures, windows, Basis.of(season, observed.rows_by_hour)),
        *_inputs(monitor, profile, observed, findings),
        *segments_section(figures),
        *_scores(monitor, profile, observed),
        *_performance(figures),
        _footer(monitor, evaluation),
    )


def _header(name: str, figures: Figures, observed: Observed, windows: Sequence[datetime], season: str | None) -> Markup:
    span = f"windows since {timestamp(min(windows))}" if windows else "no windows"
    subtitle = f"{figures.version}, {span}, as of {timestamp(figures.observed_at)}"
    if season is not None:
        subtitle += f", beside the same {_SEASONS[season]} of the reference"
    tiles = [(count(observed.rows), "rows"), (count(observed.requests), "requests"), (str(len(windows)), "windows")]
    if observed.dropped:
        tiles.append((count(observed.dropped), "requests not seen"))
    if figures.labels is not None:
        tiles.append((count(figures.labels.rows), "labelled rows"))
    drawn = [paragraph("div", "tile", paragraph("b", "", value), paragraph("span", "", text)) for value, text in tiles]
    titles = paragraph("div", "titles", element("h1", name), paragraph("p", "subtitle", subtitle))
    return paragraph("header", "", titles, paragraph("div", "tiles", *drawn))


def _badge(verdict: Verdict) -> Markup:
    """The verdict in the operator's words; of drift the findings one by one."""
    words = [paragraph("p", "clause", _words(one)) for one in verdict.drifted[:MOST_CLAUSES]]
    if verdict.verdict != "Drift" or not words:
        words = [paragraph("p", "clause", verdict.message)]
    badge = paragraph("p", "badge", verdict.verdict)
    return paragraph("blockquote", f"verdict {_TONES[verdict.verdict]}", badge, paragraph("div", "words", *words))


def _words(one: Finding) -> str:
    """A finding as a sentence without its numbers, which stand in the table."""
    return f"{one.check} {one.subject}" + (f": {one.shift}" if one.shift else "")


def _found(findings: Sequence[Finding]) -> Markup:
    """What is not stable; what is, folded away below it."""
    loud, calm = ([one for one in findings if (one.verdict == "Stable") == stable] for stable in (False, True))
    parts = [_table(loud)] if loud else []
    if calm:
        summary = element("summary", f"{len(calm)} {'others are' if loud else 'are'} stable")
        parts.append(element("details", summary, _table(calm)))
    return join(*parts)


def _table(findings: Sequence[Finding]) -> Markup:
    head = ["check", "of", "verdict", "figure", "interval", "threshold"]
    weighed = any(one.importance for one in findings)
    titles = [*head, "importance"] if weighed else head
    rows = [element("tr", *(paragraph("th", "", title) for title in titles))]
    for one in findings:
        ends = f"{one.low} to {one.high}" if one.low else ""
        cells = [
            (one.check, ""),
            (one.subject, ""),
            (one.verdict, f"tone-{_TONES[one.verdict]}"),
            (one.value, ""),
            (ends, ""),
            (one.threshold, ""),
        ]
        if weighed:
            cells.append((f"{one.importance} %" if one.importance else "", ""))
        rows.append(element("tr", *(paragraph("td", class_, text) for text, class_ in cells)))
    return paragraph("div", "scroll", element("table", *rows, class_="findings"))


def _around(monitor: DriftMonitor) -> list[Markup]:
    """What else changed about the time when the open episode began."""
    episode = monitor.status.episode
    if episode is None or episode.ended_at is not None or not episode.circumstances:
        return []
    lines = [element("li", one) for one in episode.circumstances]
    return [section("At that time", f"episode {episode.id}", element("ul", *lines))]


def _timelines(profile: Profile, figures: Figures, windows: Sequence[Window], basis: Basis | None) -> list[Markup]:
    """Of the inputs that drifted most, in the order of the evaluation; with a season beside that of each hour."""
    known = {one.distribution.name: one for one in profile.features}
    drawn = []
    for one in figures.features[:MOST_TIMELINES]:
        strongest = one.distances.get(ALWAYS)
        drifted = one.name in known and strongest is not None and strongest.low > 0
        gained = gain(known[one.name], windows, basis) if drifted else None
        if gained is not None:
            counted = (gained.hits.tolist(), gained.rows.tolist(), gained.expected.tolist())
            slices = [Slice(*of_slice) for of_slice in zip(gained.starts, *counted, strict=True)]
            end = max(window.end for window in windows)
            told = Timeline(one.name, slices, end, one.since)
            drawn.append(paragraph("figure", "panel", paragraph("h3", "input", one.name), timeline(told)))
    beside = "in the reference" if basis is None else f"in the same {_SEASONS[basis.season]} of the reference"
    note = f"share of the rows in what gained; dashed: {beside}; below: rows; times in UTC"
    return [section("Over the window", note, *drawn)] if drawn else []


def _inputs(monitor: DriftMonitor, profile: Profile, observed: Observed, findings: Sequence[Finding]) -> list[Markup]:
    """Panels of the inputs whose distance was measured, in the order of the findings; one scale for one distance."""
    known = {one.distribution.name: one for one in profile.features}
    basis = Basis.of(monitor.spec.reference.season, observed.rows_by_hour)
    drawn = []
    for distance in dict.fromkeys(check.distance for check in monitor.spec.checks if check.type == "DataDrift"):
        threshold = {str(c.threshold) for c in monitor.spec.checks if c.type == "DataDrift" and c.distance == distance}
        features = [
            _feature(known[one.subject], observed.features[one.subject], basis, f"{distance}", one)
            for one in findings
            if one.check == "DataDrift" and one.low and one.threshold in threshold and one.subject in known
        ]
        if features:
            more = f"the first {MOST_INPUTS} of {len(features)}" if len(features) > MOST_INPUTS else ""
            drawn.append(section(f"Inputs by {distance}", more, panels(features[:MOST_INPUTS])))
    return drawn


def _scores(monitor: DriftMonitor, profile: Profile, observed: Observed) -> list[Markup]:
    reference, window = profile.prediction, observed.prediction
    if not reference.distribution.count or not window.count:
        return []
    nothing = Finding(check="PredictionDrift", subject=reference.distribution.name[:128], verdict="Stable")
    basis = Basis.of(monitor.spec.reference.season, observed.rows_by_hour)
    feature = _feature(reference, window, basis, "", nothing)
    drawn = [bars(feature), *([paragraph("p", "reach", feature.reach)] if feature.reach else [])]
    return [section("Scores", "reference and window", paragraph("div", "panels", paragraph("figure", "panel", *drawn)))]


def _feature(reference: Reference, window: Distribution, basis: Basis | None, distance: str, one: Finding) -> Feature:
    """Beside what the window was compared with; beside the whole where there was nothing."""
    beside = compare(reference.distribution, reference.noise, reference.seasons, window, basis)
    told = reach(reference.distribution.extent, window.extent)
    known, window = (reference.distribution, window) if beside is None else (beside.reference, beside.window)
    value, low, high = (float(text) if text else 0.0 for text in (one.value, one.low, one.high))
    threshold = float(one.threshold) if one.threshold else _NO_FINDING
    measured = Figure(name=distance, value=value, low=low, high=high)
    return compared(known, window, measured, threshold, shift=one.shift, reach=told)


def _performance(figures: Figures) -> list[Markup]:
    rows = [("by the labels that have come", one) for one in figures.performance]
    rows += [("estimated, without labels", one) for one in figures.estimated]
    if not rows:
        return []
    head = ("metric", "", "now", "interval", "on the holdout", "rows")
    lines = [element("tr", *(paragraph("th", "", title) for title in head))]
    for how, one in rows:
        value = one.interval
        better = value.value >= one.reference if higher_is_better(one.name) else value.value <= one.reference
        cells = (
            one.name,
            how,
            f"{value.value:.4g}",
            f"{value.low:.4g} to {value.high:.4g}",
            f"{one.reference:.4g}",
            count(one.rows),
        )
        tone = "tone-stable" if better else ""
        lines.append(element("tr", *(paragraph("td", tone if i == 2 else "", text) for i, text in enumerate(cells))))
    return [section("How good it is", "", paragraph("div", "scroll", element("table", *lines, class_="findings")))]


def _footer(monitor: DriftMonitor, evaluation: Mapping[str, Any]) -> Markup:
    budget = monitor.spec.false_alarms
    alarms, alpha = "false alarm" if budget.budget == 1 else "false alarms", evaluation.get("driftAlpha", "?")
    sure = f"Drift is as sure as {budget.budget} {alarms} in {budget.per} asks: an alpha of {alpha} for each look."
    return paragraph("footer", "", sure, " Counts on the reference's own bins: no row of data is in this file.")
