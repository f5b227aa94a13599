"""The rule that every guard of a rollout is judged by, and how an analysis runs out of time."""

import math
from datetime import timedelta

import pytest

from leeboard.api.guard import Guard
from leeboard.api.reasons import hint
from leeboard.api.rollout import Analysis
from leeboard.planning.rollout.guards.analysis import analyse, out_of_time
from leeboard.planning.rollout.guards.counts import Counts
from leeboard.planning.rollout.guards.figures import guard_figures
from leeboard.planning.rollout.guards.rule import WORSE, judge, limit_of, share_of
from tests.support.model_world import World

GUARDS = {
    "ErrorRate": {"margin": "0.1"},
    "LatencyP99": {"maxRatio": "0.1"},
    "PredictionDrift": {"max": "0.1"},
    "DataQuality": {"margin": "0.1"},
    "Performance": {"metric": "log_loss", "margin": "0.1"},
    "EstimatedPerformance": {"metric": "accuracy", "margin": "0.1"},
    "KPI": {"name": "bookings", "margin": "0.1"},
    "Prometheus": {"name": "memory", "query": "1", "margin": "0.1"},
}
WHOLE = Counts(10_000, 0, math.nan, math.nan)


def guard(kind, **fields):
    return Guard.model_validate({"type": kind} | GUARDS[kind] | fields)


def row(kind, low, high, **fields):
    name = f"{guard(kind).title} {fields.get('segment', '')}".rstrip()
    figures = {"name": name, "type": kind, "value": str((low + high) / 2), "low": str(low), "high": str(high)}
    return figures | {"alpha": "0.05", "samples": {"candidate": 1000, "champion": 9000}} | fields


def read(**fields):
    (found,) = guard_figures({"guards": [row(**fields)]})
    return found


@pytest.mark.parametrize("kind", GUARDS)
@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.11, 0.3, "Abort"),
        (0.1, 0.3, "Continue"),
        (-0.2, 0.11, "Continue"),
        (-0.2, 0.1, "Pass"),
        (-0.2, -0.1, "Pass"),
    ],
)
def test_one_rule_for_every_guard(kind, low, high, verdict):
    judged = judge(guard(kind), read(kind=kind, low=low, high=high), 0.05)
    assert judged.verdict == verdict
    assert judged.reason == {"Abort": WORSE[kind], "Pass": "AnalysisPassed"}.get(verdict, "NotEnoughSamples")
    assert kind in judged.message
    assert hint(WORSE[kind])


@pytest.mark.parametrize(("low", "high", "verdict"), [(0.11, 0.3, "Abort"), (-1, 1, "Idle"), (-1, 0, "Idle")])
def test_a_segment_aborts_and_says_nothing_else(low, high, verdict):
    figures = read(kind="DataQuality", low=low, high=high, segment="carrier=UA")
    assert judge(guard("DataQuality"), figures, 0.05).verdict == verdict


def test_figures_of_an_earlier_spec_decide_nothing():
    figures = read(kind="ErrorRate", low=0.5, high=0.6)
    assert judge(guard("ErrorRate"), figures, 0.025).verdict == "Continue"
    assert judge(guard("ErrorRate"), figures, 0.05).verdict == "Abort"


def test_what_is_lacking_is_told():
    figures = read(kind="Performance", low=-1, high=1, lacks="Labels", message="12 labels of 500")
    judged = judge(guard("Performance"), figures, 0.05)
    assert (judged.verdict, judged.reason) == ("Continue", "LabelsAwaited")
    assert "12 labels of 500" in judged.message


def test_how_many_samples_are_missing_follows_from_the_width():
    wide = read(kind="ErrorRate", low=-0.2, high=0.2)
    assert wide.missing(0.1) == 3000
    assert wide.missing(-0.1) is None
    assert read(kind="ErrorRate", low=-0.2, high=0.0).missing(0.1) is None
    assert "about 3000 more requests" in judge(guard("ErrorRate"), wide, 0.05).message


@pytest.mark.parametrize(
    "broken",
    [
        "x",
        {},
        row("ErrorRate", 0, 1) | {"alpha": "much"},
        row("ErrorRate", 0, 1) | {"low": "nan"},
        row("ErrorRate", 1, 0),
        row("ErrorRate", 0, 1) | {"samples": 3},
        {"name": "x", "type": "ErrorRate"},
    ],
)
def test_rows_that_make_no_sense_are_left_out(broken):
    good = row("KPI", 0, 1)
    assert [one.type for one in guard_figures({"guards": [broken, good]})] == ["KPI"]
    assert guard_figures({"guards": "x"}) == guard_figures(None) == ()


def analysis(*kinds, **fields):
    guards = [{"type": kind} | GUARDS[kind] for kind in kinds]
    return Analysis.model_validate({"minSamples": 500, "guards": guards} | fields)


def figured(spec, *rows):
    alpha = f"{share_of(spec):.6g}"
    return guard_figures({"guards": [one | {"alpha": alpha} for one in rows]})


def test_the_first_that_aborts_decides_and_all_have_to_pass():
    spec = analysis("PredictionDrift", "DataQuality")
    good, bad, open_ = (0.0, 0.05), (0.2, 0.3), (0.0, 0.3)

    def verdict(drift, quality):
        rows = figured(spec, row("PredictionDrift", *drift), row("DataQuality", *quality))
        return analyse(spec, WHOLE, WHOLE, rows)

    assert verdict(good, good).verdict == "Pass"
    assert verdict(good, open_).verdict == "Continue"
    assert (verdict(open_, bad).verdict, verdict(open_, bad).reason) == ("Abort", "DataQualityWorse")
    assert verdict(bad, bad).reason == "PredictionsShifted"


def test_a_guard_without_a_figure_waits():
    spec = analysis("KPI")
    assert analyse(spec, WHOLE, WHOLE).verdict == "Continue"
    only_a_segment = figured(spec, row("KPI", 0, 0.01, segment="a=b"))
    assert analyse(spec, WHOLE, WHOLE, only_a_segment).verdict == "Continue"


def test_guards_of_one_type_are_judged_by_their_own_figures():
    spec = Analysis.model_validate(
        {"guards": [guard("KPI", name="a").dump(), guard("KPI", name="ab").dump(), guard("Prometheus").dump()]}
    )

    def verdict(first, second):
        rows = [row("KPI", 0, first, name="KPI a"), row("KPI", second, 1, name="KPI ab"), row("Prometheus", 0, 0)]
        return analyse(spec, WHOLE, WHOLE, figured(spec, *rows))

    assert (verdict(0.1, 0.2).verdict, "KPI ab: worse by" in verdict(0.1, 0.2).message) == ("Abort", True)
    waiting = verdict(0.3, 0.0)
    assert (waiting.verdict, waiting.message.startswith("KPI a: ")) == ("Continue", True)
    inside = figured(spec, row("KPI", 0.2, 0.3, name="KPI ab carrier=UA", segment="carrier=UA"))
    assert analyse(spec, WHOLE, WHOLE, inside).message.startswith("KPI ab carrier=UA: ")


def test_latency_waits_for_min_samples_and_the_others_do_not():
    few = Counts(100, 0, math.nan, math.nan)
    for kind, verdict in (("LatencyP99", "Continue"), ("Performance", "Abort")):
        spec = analysis(kind)
        assert analyse(spec, few, WHOLE, figured(spec, row(kind, 0.2, 0.3))).verdict == verdict


def test_who_waits_for_labels_is_told_before_others():
    spec = analysis("PredictionDrift", "Performance")
    starved = row("Performance", -1, 1, lacks="Labels", message="no labels")
    result = analyse(spec, WHOLE, WHOLE, figured(spec, row("PredictionDrift", 0, 0.5), starved))
    assert result.reason == "LabelsAwaited"
    ended = out_of_time(result, "2d")
    assert (ended.verdict, ended.reason) == ("Inconclusive", "LabelStarved")
    assert "within 2d" in ended.message


def test_only_what_is_open_runs_out_of_time():
    spec = analysis("PredictionDrift")
    passed = analyse(spec, WHOLE, WHOLE, figured(spec, row("PredictionDrift", 0, 0.05)))
    assert out_of_time(passed, "1h") is passed
    waiting = analyse(spec, WHOLE, WHOLE, figured(spec, row("PredictionDrift", 0, 0.5)))
    ended = out_of_time(waiting, "1h")
    assert (ended.verdict, ended.reason) == ("Inconclusive", "AnalysisInconclusive")
    assert "more requests to the candidate are needed" in ended.message


@pytest.mark.parametrize(
    ("kind", "fields", "limit"),
    [("LatencyP99", {"maxRatio": "1.3"}, 1.3), ("PredictionDrift", {"max": "0.2"}, 0.2), ("KPI", {"margin": "7"}, 7)],
)
def test_what_is_allowed(kind, fields, limit):
    assert limit_of(guard(kind, **fields)) == limit
    assert limit_of(Guard.model_validate({"type": "Prometheus", "name": "a", "query": "1", "max": "9"})) == 0


# -- in a rollout ----------------------------------------------------------------------------------------------------
STEPS = [{"weight": 50, "duration": "10m"}]


def canary(**fields):
    """v2 is in its stage beside v1, with a guard on predictions and an hour for the analysis."""
    spec = {"minSamples": 100, "maxDuration": "1h", "guards": [{"type": "PredictionDrift", "max": "0.1"}]} | fields
    world = World(rollout={"strategy": "Canary", "steps": STEPS, "analysis": spec})
    for name in ("v1", "v2"):
        world.add_version(name)
        world.settle()
    assert world.status["candidate"]["phase"] == "Canary"
    return world


def look(world, low, high, *, minutes=1):
    """Figures come, and time passes."""
    world.wait(minutes=minutes)
    world.count(candidate=(1000, 0), champion=(1000, 0))
    world.status["evaluation"]["guards"] = [row("PredictionDrift", low, high)]
    world.settle()


def test_the_rollout_is_held_when_the_analysis_is_out_of_time():
    world = canary()
    look(world, 0.0, 0.3)
    assert world.status["candidate"]["reason"] == "NotEnoughSamples"
    look(world, 0.0, 0.3, minutes=60)
    candidate = world.status["candidate"]
    assert (candidate["phase"], candidate["reason"]) == ("Canary", "AnalysisInconclusive")
    assert candidate["inconclusiveSince"]
    assert [reason for _, reason in world.events].count("AnalysisInconclusive") == 1
    ready = {one["type"]: one["status"] for one in world.status["conditions"]}
    assert ready["Ready"] == "True"
    assert "Stalled" not in ready


def test_what_is_held_is_not_promoted_by_figures_that_came_late():
    world = canary()
    look(world, 0.0, 0.3, minutes=61)
    look(world, 0.0, 0.05)
    candidate = world.status["candidate"]
    assert (candidate["phase"], candidate["reason"]) == ("Canary", "AnalysisInconclusive")
    assert "by now it passes" in candidate["message"]
    world.annotate(promote="p1")
    world.settle()
    assert world.status["champion"]["name"] == "v2"


def test_what_is_held_is_still_aborted_by_its_guards():
    world = canary()
    look(world, 0.0, 0.3, minutes=61)
    look(world, 0.2, 0.3)
    assert world.status["quarantined"][0]["reason"] == "PredictionsShifted"


def test_more_time_lets_it_go_on():
    world = canary()
    look(world, 0.0, 0.3, minutes=61)
    assert world.status["candidate"]["inconclusiveSince"]
    world.model["spec"]["rollout"]["analysis"]["maxDuration"] = "3h"
    world.settle()
    assert "inconclusiveSince" not in world.status["candidate"]
    look(world, 0.0, 0.05)
    world.wait(minutes=1)
    assert world.status["champion"]["name"] == "v2"


def test_a_pass_in_time_outlives_the_limit():
    world = canary(maxDuration="5m")
    look(world, 0.0, 0.05)
    assert world.status["candidate"]["phase"] == "Canary"
    world.wait(minutes=15)
    assert world.status["champion"]["name"] == "v2"


def test_the_operator_looks_again_when_the_time_is_over():
    world = canary()
    look(world, 0.0, 0.3, minutes=15)
    after = world.plan().requeue_after
    assert after is not None
    assert after <= timedelta(minutes=46)
