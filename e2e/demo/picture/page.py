"""The page as a whole."""

from datetime import UTC

from e2e.demo.picture.drift import verdict
from e2e.demo.picture.keys import Keys, keys_of
from e2e.demo.picture.lineage import lineage
from e2e.demo.picture.performance import comparison
from e2e.demo.picture.report import Report
from e2e.demo.picture.story import story
from e2e.demo.picture.traffic_chart import legend
from e2e.demo.traffic.state import UNKNOWN
from leeboard.report.markup import Markup, element, join, paragraph
from leeboard.report.page import page, section
from leeboard.report.panels import panels
from leeboard.report.scales import count, duration


def draw(report: Report) -> str:
    """One HTML file that needs nothing else: no scripts, no fonts, nothing from a network. Light and dark."""
    keys = keys_of(report)
    sections = [
        section("Who answered, and when", "", legend(report.traffic, keys), story(report, keys)),
        *_drift(report, keys),
    ]
    if report.performance:
        drawn = [comparison(one, keys) for one in report.performance]
        sections.append(section("Did retraining help?", "with 95 % intervals", *drawn))
    if report.versions:
        sections.append(section("Where each version comes from", "", lineage(report, keys)))
    return page(report.title, _header(report), *sections, _footer(report))


def _drift(report: Report, keys: Keys) -> list[Markup]:
    if report.drift is None:
        return []
    parts = [verdict(report, report.drift, keys)]
    if report.drift.features:
        parts.append(panels(report.drift.features))
    return [section("What the monitor saw", "", *parts)]


def _header(report: Report) -> Markup:
    titles = [element("h1", report.title)]
    if report.subtitle:
        titles.append(paragraph("p", "subtitle", report.subtitle))
    tiles = [
        paragraph("div", "tile" + tone, paragraph("b", "", value), paragraph("span", "", name))
        for value, name, tone in _tiles(report)
    ]
    return paragraph("header", "", paragraph("div", "titles", *titles), paragraph("div", "tiles", *tiles))


def _tiles(report: Report) -> list[tuple[str, str, str]]:
    totals, labels = report.traffic.totals, report.traffic.labels
    served = {name for second in report.traffic.seconds for name in second.versions} - {UNKNOWN}
    tiles = [
        (count(totals.failed), f"failed of {count(totals.requests)} requests", " bad" if totals.failed else " good"),
        (count(totals.rows), "rows sent", ""),
    ]
    if labels.accepted:
        tiles.append((count(labels.accepted), "labels came back", ""))
    tiles += [
        (str(len(served)), "versions served" if len(served) != 1 else "version served", ""),
        *((value, name, "") for name, value in report.facts.items()),
        (duration((report.end - report.start).total_seconds()), "in all", ""),
    ]
    return tiles


def _footer(report: Report) -> Markup:
    start, connections = report.start.astimezone(UTC), report.traffic.totals.connections
    kinds = "; ".join(
        f"{kind}: {count(one.requests)} requests, {count(one.failed)} failed"
        for kind, one in sorted(connections.items())
    )
    late = f"; {count(report.traffic.totals.late)} not sent, all connections busy" if report.traffic.totals.late else ""
    return paragraph("footer", "", join(f"Began {start:%Y-%m-%d %H:%M:%S} UTC. Connections: {kinds or 'none'}{late}."))
