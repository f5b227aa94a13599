"""Train-serve skew: inputs of logged rows beside those that a team computes anew for the same ids."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leeboard.api.drift_monitor import DriftMonitorSpec
from leeboard.api.model import Model
from leeboard.api.request_log import column_name
from leeboard.evaluator.drift_figures import Profile, Reference, watched
from leeboard.evaluator.false_alarms import drift_alpha
from leeboard.evaluator.figures import figure
from leeboard.evaluator.observations import Observations
from leeboard.evaluator.requests import newest_of_each
from leeboard.stats.intervals import share_interval
from leeboard.stats.skew import typical_ratio, unequal_numbers, unequal_texts

CHECK = "TrainServeSkew"
ALPHA = 0.05
NO_LOG = "the Model logs no requests: set serving.logging"
NO_ROWS = "no logged row of the window has its inputs computed anew below observations/<version>/recomputed/"
NOT_COMPUTED = "the recomputed rows lack it"


@dataclass(frozen=True, eq=False)
class Both:
    """The same rows twice: as they were served, and as they are computed."""

    served: pd.DataFrame
    computed: pd.DataFrame

    @classmethod
    def of(cls, logged: pd.DataFrame, recomputed: Sequence[pd.DataFrame], since: datetime) -> "Both":
        """Logged rows from `since` on that were computed anew, by id; what is computed last counts."""
        rows, _ = newest_of_each(logged[logged["time"] >= since])
        whole = pd.concat([pd.DataFrame({"id": pd.Series(dtype=object)}), *recomputed], ignore_index=True)
        whole = whole.drop_duplicates("id", keep="last").set_index("id")
        served = rows[rows["id"].isin(whole.index)].reset_index(drop=True)
        return cls(served, whole.loc[served["id"].to_numpy(dtype=object)].reset_index(drop=True))


def skew_figures(
    observations: Observations, spec: DriftMonitorSpec, model: Model, version: str, profile: Profile, *, since: datetime
) -> dict[str, Any]:
    """`skew` of `status.evaluation`, where a check asks for it: by input the share of the rows from `since` on whose
    values differ, in percent, or why there is none. Raises StorageError."""
    if CHECK not in {check.type for check in spec.checks}:
        return {}
    logging = model.spec.serving.logging
    if logging is None:
        return {"skew": {"rows": 0, "message": NO_LOG}}
    recomputed = observations.recomputed(version)
    both = Both.of(observations.requests(version, since), recomputed, since) if recomputed else None
    if both is None or not len(both.served):
        return {"skew": {"rows": 0, "message": NO_ROWS}}
    inputs = watched(profile, spec.features.exclude)
    kept = [one for one in inputs if one.distribution.name not in logging.redact]
    alpha, surely = ALPHA / max(1, len(kept)), drift_alpha(spec, len(inputs))
    return {"skew": {"rows": len(both.served), "features": [_compared(one, both, alpha, surely) for one in kept]}}


def _compared(reference: Reference, both: Both, alpha: float, drift_alpha: float) -> dict[str, Any]:
    name, numeric = reference.distribution.name, reference.distribution.bins.kind == "Numeric"
    column = column_name(name)
    anew = next((one for one in (name, column) if one in both.computed and one != "id"), None)
    if column not in both.served or anew is None:
        return {"name": name, "message": NOT_COMPUTED}
    pair = both.served[column], both.computed[anew]
    row: dict[str, Any] = {"name": name}
    if numeric:
        served, computed = (_numbers(one) for one in pair)
        unequal = unequal_numbers(served, computed)
        if (ratio := typical_ratio(served[unequal], computed[unequal])) is not None:
            row["ratio"] = figure(ratio)
    else:
        unequal = unequal_texts(*(_texts(one) for one in pair))
    share = share_interval(int(unequal.sum()), len(unequal), alpha=alpha, drift_alpha=drift_alpha)
    ends = {"value": share.value, "low": share.low, "high": share.high}
    return row | {key: figure(100 * end) for key, end in ends.items()}


def _numbers(values: "pd.Series[Any]") -> NDArray[np.float64]:
    return pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64)


def _texts(values: "pd.Series[Any]") -> NDArray[Any]:
    return np.array([None if pd.isna(value) else str(value) for value in values], dtype=object)
