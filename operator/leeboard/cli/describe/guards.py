"""What is said of the guards of a rollout: every figure with its interval, and what it says."""

import math
from collections.abc import Iterator

from leeboard.api.model import Model
from leeboard.api.model_status import Candidate
from leeboard.cli.describe.page import Fact
from leeboard.cli.show.quantities import count
from leeboard.planning.rollout.guards.analysis import is_about
from leeboard.planning.rollout.guards.figures import GuardFigures, guard_figures
from leeboard.planning.rollout.guards.rule import Judged, judge, limit_of, share_of

_SAYS = {"Abort": "worse", "Pass": "not worse", "Continue": "undecided", "Idle": "nothing found"}


def guards(model: Model, candidate: Candidate) -> Iterator[Fact]:
    """One line a figure, as the evaluator has them; nothing outside a canary, or of other versions."""
    champion, evaluation = model.status.champion, model.status.evaluation
    about = champion is not None and is_about(evaluation, candidate.name, champion.name, candidate.compared_since)
    if candidate.phase != "Canary" or not about:
        return
    analysis = model.spec.rollout.analysis
    for figures in guard_figures(evaluation):
        for guard in (one for one in analysis.guards if figures.is_of(one)):
            yield "guard", _line(figures, limit_of(guard), judge(guard, figures, share_of(analysis)))


def _line(figures: GuardFigures, limit: float, judged: Judged) -> str:
    counted = " against ".join(count(one) for one in figures.samples)
    worst = f" ({figures.worst})" if figures.worst else ""
    if figures.lacks:
        return f"{figures.name}: {figures.message}"
    ends = f"{_number(figures.value)} [{_number(figures.low)}, {_number(figures.high)}], allowed {limit:g}"
    evidence = f", e-value {figures.evidence:.3g}" if math.isfinite(figures.evidence) else ""
    return f"{figures.name}{worst}: {_SAYS[judged.verdict]}, {ends}{evidence}, {counted} samples"


def _number(value: float) -> str:
    return f"{value:.4g}" if math.isfinite(value) else "?"
