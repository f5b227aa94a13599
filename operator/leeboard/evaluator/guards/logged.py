"""The predictions of a version within segments: ledgers have scores alone, the request log has inputs beside them."""

import numpy as np

from leeboard.api.guard import Guard
from leeboard.api.request_log import column_name
from leeboard.evaluator.guards.evidence import Evidence
from leeboard.evaluator.guards.look import Look, Side
from leeboard.evaluator.labels import Rows
from leeboard.evaluator.requests import newest_of_each
from leeboard.stats.segments import SegmentReference


def segments_of(look: Look, guard: Guard, alpha: float) -> SegmentReference | Evidence:
    """The segments that a guard looks by, as the champion's reference has them; evidence of nothing without them."""
    reference = next((one for one in look.champion.profile.segments if one.feature == guard.by), None)
    if reference is not None and reference.values:
        return reference
    text = f"the champion has no segments by {guard.by}: train versions with it"
    return look.nothing(guard, alpha, "Figures", text).model_copy(update={"segment": str(guard.by)})


def logged(look: Look, side: Side, reference: SegmentReference) -> dict[int, Rows]:
    """The logged predictions by the place of their segment."""
    frame = look.observations.requests(side.name, look.since)
    column = column_name(reference.feature)
    if not len(frame) or column not in frame.columns:
        return {}
    rows, hashes = newest_of_each(frame)
    times = rows["time"].dt.as_unit("ns").astype("int64").to_numpy()
    codes = reference.codes(rows[column].to_numpy(dtype=object if reference.kind == "Categorical" else np.float64))
    scores = rows["score"].to_numpy(dtype=np.float64)
    usable = np.isfinite(scores) & (codes < len(reference.values))
    return {
        int(place): Rows(hashes[at], times[at], scores[at])
        for place in np.unique(codes[usable])
        if len(at := np.flatnonzero(usable & (codes == place)))
    }
