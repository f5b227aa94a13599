"""Why the evaluator had no figures: one reading for rollouts and for drift."""

from collections.abc import Mapping
from typing import Any

from leeboard.api.reasons import Reason

LONGEST_MESSAGE = 512


def evaluation_error(evaluation: Mapping[str, Any] | None) -> tuple[Reason, str] | None:
    """The typed reason and what the evaluator says about it, or None where there are figures.

    A reason that this operator does not know is that of another release's evaluator: the evaluation failed.
    """
    error = (evaluation or {}).get("error")
    if not isinstance(error, Mapping):
        return None
    said, message = str(error.get("reason", "")), str(error.get("message", ""))[:LONGEST_MESSAGE]
    reason = Reason(said) if said in set(Reason) else Reason.EVALUATION_FAILED
    return reason, message or "no figures"
