"""What the evaluator does for challengers: it says who gets copies, and what the pairs have been so far."""

from datetime import datetime
from typing import Any

from leeboard.api.model import Model
from leeboard.api.model_status import ServedVersion
from leeboard.evaluator.observations import Observations
from leeboard.evaluator.pairs import paired_performance
from leeboard.evaluator.shadow_figures import Comparison
from leeboard.evaluator.shadow_targets import targets_file, targets_key


def compared(observations: Observations, model: Model, champion: ServedVersion, now: datetime) -> dict[str, Any]:
    """`challengers` of `status.evaluation`, where there are any. Raises StorageError."""
    told = targets_file(model, now)
    if told is not None:
        observations.store.put(targets_key(champion.name), told, overwrite=True)
    rows: list[dict[str, Any]] = []
    copied = model.status.challengers if model.spec.rollout.strategy == "Shadow" else ()
    for one in copied:
        if one.phase == "Comparing" and one.compared_since is not None:
            since = max(one.compared_since, champion.since)
            windows = observations.windows(champion.name, since, now).windows
            row = Comparison.of(windows, one.name).described(one.name, since)
            rows.append(row | (_labelled(observations, model, champion.name, one.name, since, now=now)))
    return {"challengers": rows} if rows else {}


def _labelled(
    observations: Observations, model: Model, champion: str, challenger: str, since: datetime, *, now: datetime
) -> dict[str, Any]:
    """What labels say of both, wherever these landed; pairs are read only where there are labels."""
    status = model.status
    places = (status.candidate, status.draining, *status.challengers)
    others = {one.name for one in places if one is not None} - {champion}
    feedback = observations.feedback([champion, *sorted(others)], since)
    if not feedback:
        return {}
    pairs = observations.pairs(champion, since)
    return paired_performance(pairs, challenger, feedback, since, now, task=model.spec.prediction.task)
