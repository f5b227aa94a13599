"""The evidence of every guard of a rollout, in the order of the spec."""

from collections.abc import Callable, Sequence

from leeboard.api.guard import QUERIES, Guard
from leeboard.evaluator.failures import EvaluationError
from leeboard.evaluator.guards.estimated import estimated
from leeboard.evaluator.guards.evidence import Evidence
from leeboard.evaluator.guards.inputs import inputs
from leeboard.evaluator.guards.labelled import labelled_predictions
from leeboard.evaluator.guards.look import Look
from leeboard.evaluator.guards.predictions import predictions
from leeboard.evaluator.guards.requests import failed_requests, latencies
from leeboard.planning.rollout.guards.rule import share_of
from leeboard.storage import StorageError

_GATHER: dict[str, Callable[[Look, Guard, float], list[Evidence]]] = {
    "ErrorRate": failed_requests,
    "LatencyP99": latencies,
    "PredictionDrift": predictions,
    "DataQuality": inputs,
    "Performance": labelled_predictions,
    "EstimatedPerformance": estimated,
}


def gathered(look: Look, queried: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """`queried` is the evidence of the guards that ask Prometheus. What one guard lacks costs no other its figures."""
    analysis = look.model.spec.rollout.analysis
    alpha, found = share_of(analysis), list[Evidence]()
    for guard in analysis.guards:
        if guard.type in QUERIES:
            found += [one for one in queried if (one.guard, one.subject) == (guard.type, guard.subject)]
            continue
        try:
            found += _GATHER[guard.type](look, guard, alpha)
        except (EvaluationError, StorageError) as error:
            found.append(look.nothing(guard, alpha, "Figures", f"{error.reason}: {error.message}"))
    return tuple(found)
