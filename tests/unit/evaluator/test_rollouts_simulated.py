"""Whole rollouts of streams that are drawn: from counts by the evaluator's figures and the operator's rule to an end.

The candidate's share of the traffic rises from stage to stage, and how many requests fail changes with the time, as
they do in a cluster. Two hundred streams each, with seeds.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from leeboard.api.guard import Guard
from leeboard.api.rollout import Analysis
from leeboard.evaluator.guards import losses
from leeboard.evaluator.guards.evidence import Estimate, Evidence, Metrics, Part, Predictions, Rates, Share
from leeboard.evaluator.guards.record import Traffic, looked
from leeboard.planning.rollout.guards.rule import share_of
from leeboard.stats import performance
from leeboard.stats.intervals import z_value

STREAMS = 200
STAGES = ((0.1, 8000), (0.1, 8000), (0.3, 8000), (0.3, 8000), (0.5, 8000), (0.5, 8000), (0.5, 16000), (0.5, 16000))
"""The candidate's share of each stretch of time, and the requests in it."""
LOOKS = (1, 3, 5, 8)
START = datetime(2026, 1, 1, tzinfo=UTC)
BINS = np.array([0.3, 0.2, 0.15, 0.1, 0.1, 0.05, 0.05, 0.05])
Draw = Callable[[np.random.Generator], Callable[[int], Part]]
"""Of one stream: what was counted in its first stretches."""


def sizes():
    return [(round(share * requests), round((1 - share) * requests)) for share, requests in STAGES]


def failing(worse: float) -> Draw:
    """Requests that fail, more at some times than at others; the candidate's by so much more."""

    def draw(rng):
        base = rng.uniform(0.0, 0.05, len(STAGES))
        blocks = [
            (int(rng.binomial(a, rate + worse)), a, int(rng.binomial(b, rate)), b)
            for (a, b), rate in zip(sizes(), base, strict=True)
        ]

        def counted(stretches):
            sums = np.array(blocks[:stretches]).sum(axis=0).tolist()
            sides = [Share(failures=bad, trials=rows) for bad, rows in (sums[:2], sums[2:])]
            return Rates(candidate=sides[0], champion=sides[1], blocks=tuple(blocks[:stretches]))

        return counted

    return draw


def predicting(moved: float) -> Draw:
    """Predictions, of which a share of the candidate's moved from the first bin to the last."""
    shifted = BINS + np.array([-moved, *[0.0] * (len(BINS) - 2), moved])

    def draw(rng):
        a, b = zip(*((rng.multinomial(m, shifted), rng.multinomial(n, BINS)) for m, n in sizes()), strict=True)
        edges = tuple(float(one) for one in range(1, len(BINS)))

        def counted(stretches):
            first, second = (tuple(tuple(row.tolist()) for row in side[:stretches]) for side in (a, b))
            return Predictions(edges=edges, candidate=first, champion=second)

        return counted

    return draw


def labelled(flipped: float) -> Callable[[str], Draw]:
    """Half of the requests get a label; a share of the candidate's answers is turned round."""

    def of_metric(metric):
        def draw(rng):
            sides = []
            for position in (0, 1):
                rows = np.array([one[position] // 2 for one in sizes()])
                blocks = np.repeat(np.arange(len(rows)), rows)
                scores = rng.beta(0.8, 0.8, len(blocks))
                truth = (rng.random(len(blocks)) < scores).astype(float)
                turned = (rng.random(len(blocks)) < flipped) & (position == 0)
                sides.append((truth, np.where(turned, 1 - scores, scores), blocks))

            def counted(stretches):
                if metric == "roc_auc":
                    return areas(sides, stretches)
                kept = [(t, s, np.where(at < stretches, at, -1)) for t, s, at in sides]
                a, b = (losses.Lost.of_rows(losses.of_labels(metric, t, s), at) for t, s, at in kept)
                make = losses.rates if metric in losses.SHARES else losses.losses
                return make(*(() if make is losses.rates else (metric,)), a, b, stretches)

            return counted

        return draw

    return of_metric


def areas(sides, stretches):
    found = []
    for truth, scores, at in sides:
        kept = at < stretches
        measured = performance.measure("roc_auc", truth[kept], scores[kept])
        error = (measured.high - measured.low) / 2 / z_value(0.05)
        found.append(Estimate(n=int(kept.sum()), value=measured.value, error=error))
    return Metrics(higher_is_better=True, look=LOOKS.index(stretches), candidate=found[0], champion=found[1])


def rollout(rng, guards: list[tuple[Guard, Draw]]):
    """The verdict at which it ends, and its reason; Continue where it never does."""
    analysis = Analysis(min_samples=100, guards=tuple(guard for guard, _ in guards))
    streams = [(guard, draw(rng)) for guard, draw in guards]
    result = None
    for stretches in LOOKS:
        sums = np.array(sizes()[:stretches]).sum(axis=0).tolist()
        evidence = tuple(
            Evidence(
                guard=guard.type, subject=guard.subject, alpha=share_of(analysis),
                parts=(counted(stretches),), samples=(sums[0], sums[1]),
            )
            for guard, counted in streams
        )  # fmt: skip
        sides = tuple(Traffic(requests=one, errors=0) for one in sums)
        at = START + timedelta(minutes=stretches)
        result = looked(analysis, START, at, (sides[0], sides[1]), evidence)
        if result.verdict != "Continue":
            break
    return result.verdict, result.reason


def ends(guards, seed, streams=STREAMS):
    """How often each end came about."""
    found: dict[tuple[str, str], int] = {}
    for stream in range(streams):
        end = rollout(np.random.default_rng([seed, stream]), guards)
        found[end] = found.get(end, 0) + 1
    return found


def aborted(found):
    return sum(times for (verdict, _), times in found.items() if verdict == "Abort")


def guard(kind, **fields):
    return Guard.model_validate({"type": kind} | fields)


ERRORS = guard("ErrorRate", margin="0.01")
DRIFT = guard("PredictionDrift", max="0.05")
LOSS = guard("Performance", metric="log_loss", margin="0.1")
ACCURACY = guard("Performance", metric="accuracy", margin="0.05")
AREA = guard("Performance", metric="roc_auc", margin="0.05")
MOST = round(0.05 * STREAMS)
"""Wrong aborts of a rollout at alpha 0.05."""


def test_an_equal_candidate_is_hardly_ever_aborted():
    found = ends([(ERRORS, failing(0.0)), (DRIFT, predicting(0.0)), (LOSS, labelled(0.0)("log_loss"))], 1)
    assert aborted(found) <= MOST, found
    assert sum(times for (verdict, _), times in found.items() if verdict == "Pass") >= 0.8 * STREAMS, found


@pytest.mark.parametrize(
    ("asked", "draw"), [(ERRORS, failing(0.01)), (DRIFT, predicting(0.05))], ids=["errors", "predictions"]
)
def test_one_that_is_worse_by_just_what_is_allowed_is_hardly_ever_aborted(asked, draw):
    found = ends([(asked, draw)], 2)
    assert aborted(found) <= MOST, found


@pytest.mark.parametrize(
    ("asked", "draw", "reason"),
    [
        (ERRORS, failing(0.02), "ErrorRateTooHigh"),
        (guard("PredictionDrift", max="0.1"), predicting(0.2), "PredictionsShifted"),
        (ACCURACY, labelled(0.18)("accuracy"), "PerformanceWorse"),
        (LOSS, labelled(1.0)("log_loss"), "PerformanceWorse"),
        (AREA, labelled(1.0)("roc_auc"), "PerformanceWorse"),
    ],
    ids=["errors", "predictions", "accuracy", "flipped labels by log_loss", "flipped labels by roc_auc"],
)
def test_one_that_is_worse_by_twice_what_is_allowed_is_aborted(asked, draw, reason):
    found = ends([(asked, draw)], 3)
    assert found.get(("Abort", reason), 0) >= 0.95 * STREAMS, found


def test_the_candidates_share_and_the_hour_do_not_mislead():
    """More requests fail just while the candidate has more of them: sums over all of the time would accuse it."""
    sums_abort = 0
    for stream in range(STREAMS):
        rng = np.random.default_rng([4, stream])
        blocks = [
            (int(rng.binomial(a, r)), a, int(rng.binomial(b, r)), b)
            for (a, b), r in zip(sizes(), np.linspace(0.001, 0.15, 8), strict=True)
        ]
        a, m, b, n = np.array(blocks).sum(axis=0).tolist()
        sides = {"candidate": Share(failures=a, trials=m), "champion": Share(failures=b, trials=n)}
        analysis = Analysis(min_samples=100, guards=(ERRORS,))
        for told in (None, tuple(blocks)):
            part = Rates(**sides, blocks=told)
            evidence = (Evidence(guard="ErrorRate", alpha=0.05, parts=(part,), samples=(m, n)),)
            traffic = Traffic(requests=m, errors=0), Traffic(requests=n, errors=0)
            verdict = looked(analysis, START, START, traffic, evidence).verdict
            sums_abort += told is None and verdict == "Abort"
            assert told is None or verdict != "Abort"
    assert sums_abort > STREAMS / 2
