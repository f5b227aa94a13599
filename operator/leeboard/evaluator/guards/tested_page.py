"""The part of a report that an A/B test or a bandit has: what every version earned, by how much the challenger is
better, and what each is worth by the shares under which predictions were made.
"""

from leeboard.evaluator.guards.record import RolloutRecord
from leeboard.evaluator.guards.tested import Tested
from leeboard.planning.rollout.arms.logged import worth
from leeboard.report.course import Point, course
from leeboard.report.markup import Markup, element, paragraph
from leeboard.report.page import section
from leeboard.report.scales import bare, count
from leeboard.stats.off_policy import Method, Value

_TONES = {"Pass": "stable", "Lost": "drift", "Abort": "drift"}


def tested_sections(record: RolloutRecord) -> list[Markup]:
    """None of a rollout that is no test, or has no look."""
    tests = [(one, one.tested) for one in record.looks if one.tested is not None]
    if not tests:
        return []
    newest, tested = tests[-1]
    metric, margin = tested.test.metric, float(tested.test.margin)
    goal = "more is better" if metric.maximizes else "less is better"
    told = f"{metric.metric or metric.type}: {goal}; {bare(margin)} better is asked for"
    better = [(one.at, it.better_by(record.analysis, record.candidate)) for one, it in tests]
    points = [Point(at, one.value, one.low, one.high) for at, one in better]
    name = f"better than {record.champion} by"
    drawing = course(name, points, margin, _TONES.get(newest.verdict, "unsure"))
    panel = paragraph("figure", "panel", paragraph("h3", "input", name), drawing)
    return [section("What the versions earned", told, _table(tested), panel), *_shared(tested)]


def _shared(tested: Tested) -> list[Markup]:
    """None of an A/B test, whose shares do not follow rewards."""
    if not tested.shared:
        return []
    log = [one.epoch for one in tested.shared]
    methods: tuple[Method, ...] = ("InversePropensity", "SelfNormalised", "DoublyRobust")
    titles = ("version", "share at the last look", "inverse propensity", "self-normalised", "doubly robust")
    lines = [element("tr", *(paragraph("th", "", title) for title in titles))]
    for arm in tested.arms:
        values = [worth(log, arm.name, method) for method in methods]
        cells = (arm.name, f"{log[-1].percent.get(arm.name, 0)} %", *(_value(one) for one in values))
        lines.append(element("tr", *(paragraph("td", "", text) for text in cells)))
    told = "what a prediction would have earned, had this version made all of them; with its standard error"
    table = paragraph("div", "scroll", element("table", *lines, class_="findings"))
    return [section("What they are worth, whatever the shares followed", told, table)]


def _value(found: Value | None) -> str:
    return f"{bare(found.value)} ± {found.standard_error:.2g}" if found is not None else "?"


def _table(tested: Tested) -> Markup:
    """The versions at the newest look."""
    titles = ("version", "a prediction earns", "predictions", "requests", "guards say")
    lines = [element("tr", *(paragraph("th", "", title) for title in titles))]
    earned = tested.earned()
    for arm in tested.arms:
        trials = int(sum(one.trials for one in earned[arm.name]))
        total = sum(one.total for one in earned[arm.name])
        cells = (arm.name, bare(total / trials) if trials else "?", count(trials), count(arm.requests), arm.guarded)
        lines.append(element("tr", *(paragraph("td", "", text) for text in cells)))
    return paragraph("div", "scroll", element("table", *lines, class_="findings"))
