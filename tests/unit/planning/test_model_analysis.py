"""The verdict of a canary's figures."""

from datetime import UTC, datetime, timedelta

import pytest

from leeboard.api.rollout import Analysis
from leeboard.planning.rollout.guards.analysis import analyse, is_about
from leeboard.planning.rollout.guards.counts import Counts, counts_of

ERRORS = {"guards": [{"type": "ErrorRate", "margin": "0.01"}], "minSamples": 500}
LATENCY = {"guards": [{"type": "LatencyP99", "maxRatio": "1.3"}], "minSamples": 0}


def counts(requests, errors=0, low=10.0, high=11.0):
    return Counts(requests, errors, low, high)


@pytest.mark.parametrize(
    ("analysis", "candidate", "champion", "verdict", "reason"),
    [
        (ERRORS, counts(3000), counts(6000), "Pass", "AnalysisPassed"),
        (ERRORS, counts(100, 20), counts(200), "Abort", "ErrorRateTooHigh"),
        (ERRORS, counts(100), counts(200), "Continue", "NotEnoughSamples"),
        (ERRORS, counts(600), counts(1200), "Continue", "NotEnoughSamples"),
        (ERRORS, counts(3000, 150), counts(6000, 300), "Continue", "NotEnoughSamples"),
        (ERRORS, None, counts(5), "Continue", "NotEnoughSamples"),
        (LATENCY, counts(9, 0, 10, 12), counts(9, 0, 10, 12), "Pass", "AnalysisPassed"),
        (LATENCY, counts(9, 0, 20, 30), counts(9, 0, 10, 12), "Abort", "LatencyTooHigh"),
        (LATENCY, counts(9, 0, 10, 30), counts(9, 0, 10, 12), "Continue", "NotEnoughSamples"),
        (LATENCY, counts(9, 0, float("nan"), 30), counts(9, 0, 10, 12), "Continue", "NotEnoughSamples"),
        (LATENCY | {"minSamples": 10}, counts(9, 0, 20, 30), counts(9, 0, 10, 12), "Continue", "NotEnoughSamples"),
        ({"minSamples": 10}, counts(10), counts(5), "Pass", "AnalysisPassed"),
        ({"minSamples": 11}, counts(10), counts(5), "Continue", "NotEnoughSamples"),
    ],
)
def test_verdicts(analysis, candidate, champion, verdict, reason):
    result = analyse(Analysis.model_validate(analysis), candidate, champion)
    assert (result.verdict, result.reason) == (verdict, reason)


def test_an_undecided_error_rate_says_how_many_requests_are_missing():
    result = analyse(Analysis.model_validate(ERRORS), counts(600), counts(1200))
    assert "more requests to the candidate are needed" in result.message
    assert "0/600" in result.message


def test_alpha_is_shared_out_between_the_guards():
    both = {"guards": [*ERRORS["guards"], *LATENCY["guards"]], "minSamples": 0}
    alone, shared = (
        analyse(Analysis.model_validate(spec | {"minSamples": 0}), counts(60, 5), counts(120))
        for spec in (ERRORS, both)
    )
    assert alone.verdict == shared.verdict == "Continue"
    assert alone.message != shared.message


@pytest.mark.parametrize(
    "row",
    [{"requests": 5, "errors": 6}, {"requests": "x"}, {"requests": -1, "errors": -1}, {"latencyP99": {"low": []}}],
)
def test_figures_that_make_no_sense_are_none(row):
    assert counts_of({"versions": [{"name": "v1"} | row]}, "v1") is None
    assert counts_of(None, "v1") is None


def test_figures_of_other_versions_or_earlier_moments_do_not_count():
    now = datetime(2026, 3, 2, tzinfo=UTC)
    figures = {"candidate": "v2", "champion": "v1", "observedAt": "2026-03-02T00:00:00Z"}
    assert is_about(figures, "v2", "v1", now)
    assert not is_about(figures, "v2", "v0", now)
    assert not is_about(figures, "v2", "v1", now + timedelta(seconds=1))
    assert not is_about(figures | {"observedAt": "yesterday"}, "v2", "v1", now)
    assert not is_about(None, "v2", "v1", now)
