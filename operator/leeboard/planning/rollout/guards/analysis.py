"""Whether the figures of candidate and champion, at the same moment on the same traffic, say promote, abort or wait.

One rule for every guard, on its interval of how much worse the candidate is: it aborts where the whole interval lies
above what is allowed, passes where it lies at or below that, and waits in between.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from leeboard.api.guard import Guard
from leeboard.api.reasons import Reason
from leeboard.api.rollout import Analysis
from leeboard.planning.rollout.guards.counted import counted_figures
from leeboard.planning.rollout.guards.counts import Counts
from leeboard.planning.rollout.guards.figures import GuardFigures
from leeboard.planning.rollout.guards.rule import Judged, judge, share_of

Verdict = Literal["Pass", "Abort", "Continue", "Inconclusive"]


@dataclass(frozen=True)
class Result:
    """What the analysis says, with its figures.

    A wrong abort for the error rate has a chance of at most alpha over the whole rollout, whatever the number of looks.
    """

    verdict: Verdict
    reason: Reason
    message: str


def is_about(evaluation: Mapping[str, Any] | None, candidate: str, champion: str, not_before: datetime) -> bool:
    """Whether the figures are those of this pair of versions, and were taken at or after a moment."""
    if evaluation is None or (evaluation.get("candidate"), evaluation.get("champion")) != (candidate, champion):
        return False
    try:
        observed = datetime.fromisoformat(str(evaluation.get("observedAt", "")).replace("Z", "+00:00"))
    except ValueError:
        return False
    return observed.tzinfo is not None and observed >= not_before


def analyse(
    analysis: Analysis, candidate: Counts | None, champion: Counts | None, figures: Sequence[GuardFigures] = ()
) -> Result:
    """The verdict over all guards; alpha is shared out between them (Bonferroni).

    `figures` are the evaluator's rows; of a guard that has none the counts tell, as far as they can. The first guard
    that aborts decides. All guards have to pass, with `min_samples` requests, before it is a pass. Any may abort
    earlier save latency: the first requests of a new pod are slow, and say nothing of later ones.
    """
    if candidate is None or champion is None:
        return Result("Continue", Reason.NOT_ENOUGH_SAMPLES, "no figures of both versions yet")
    judged = [one for guard in analysis.guards for one in _judged(guard, analysis, candidate, champion, figures)]
    enough = candidate.requests >= analysis.min_samples
    aborts = (one for one in judged if one.verdict == "Abort")
    aborted = next((one for one in aborts if enough or one.reason != Reason.LATENCY_TOO_HIGH), None)
    if aborted is not None:
        return Result("Abort", aborted.reason, aborted.message)
    if not enough:
        missing = analysis.min_samples - candidate.requests
        text = f"{candidate.requests} of {analysis.min_samples} requests to the candidate; {missing} more are needed"
        return Result("Continue", Reason.NOT_ENOUGH_SAMPLES, text)
    undecided = [one for one in judged if one.verdict == "Continue"]
    if undecided:
        # who waits for labels waits longest: nothing that a user sends by itself ends it
        first = next((one for one in undecided if one.reason == Reason.LABELS_AWAITED), undecided[0])
        return Result("Continue", first.reason, first.message)
    passed = [one.message for one in judged if one.verdict == "Pass"]
    text = "; ".join(passed) or f"{candidate.requests} requests to the candidate, no guards"
    return Result("Pass", Reason.ANALYSIS_PASSED, text)


def out_of_time(result: Result, max_duration: str) -> Result:
    """What an analysis that has not come to a verdict says once it may take no longer."""
    if result.verdict != "Continue":
        return result
    starved = result.reason == Reason.LABELS_AWAITED
    reason = Reason.LABEL_STARVED if starved else Reason.ANALYSIS_INCONCLUSIVE
    return Result("Inconclusive", reason, f"no verdict within {max_duration}: {result.message}")


def _judged(
    guard: Guard, analysis: Analysis, candidate: Counts, champion: Counts, figures: Sequence[GuardFigures]
) -> Sequence[Judged]:
    """The whole first, then its segments; one that waits where there is no figure of the whole."""
    alpha = share_of(analysis)
    rows = sorted((one for one in figures if one.is_of(guard)), key=lambda one: bool(one.segment))
    if not any(not one.segment for one in rows):
        rows = [*counted_figures(guard, candidate, champion, alpha), *rows]
    return [judge(guard, one, alpha) for one in rows]
