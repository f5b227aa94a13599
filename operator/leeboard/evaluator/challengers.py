"""What the evaluator does for challengers: it says who gets copies, and what the pairs have been so far."""

from datetime import datetime
from typing import Any

from leeboard.api.model import Model
from leeboard.api.model_status import ServedVersion
from leeboard.evaluator.observations import Observations
from leeboard.evaluator.shadow_figures import Comparison
from leeboard.evaluator.shadow_targets import targets_file, targets_key


def compared(observations: Observations, model: Model, champion: ServedVersion, now: datetime) -> dict[str, Any]:
    """`challengers` of `status.evaluation`, where there are any. Raises StorageError."""
    told = targets_file(model, now)
    if told is not None:
        observations.store.put(targets_key(champion.name), told, overwrite=True)
    rows: list[dict[str, Any]] = []
    for one in model.status.challengers:
        if one.phase == "Comparing" and one.compared_since is not None:
            since = max(one.compared_since, champion.since)
            windows = observations.windows(champion.name, since, now).windows
            rows.append(Comparison.of(windows, one.name).described(one.name, since))
    return {"challengers": rows} if rows else {}
