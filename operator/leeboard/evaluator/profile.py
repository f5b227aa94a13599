"""profile.json: the distributions of a version's reference, which the exporter counts on and drift is measured from."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leeboard.evaluator.columns import SPLIT, Input, values_of
from leeboard.evaluator.event_times import EventTimes, Seconds
from leeboard.evaluator.figures import noise_key
from leeboard.evaluator.noise_document import noise_document
from leeboard.evaluator.score_meaning import ScoreMeaning
from leeboard.evaluator.seasons import described as by_hour
from leeboard.stats.distances import NAMES
from leeboard.stats.distributions import (
    Bins,
    Distribution,
    categorical_bins,
    count_values,
    numeric_bins,
    to_profile,
)
from leeboard.stats.measures import measure
from leeboard.stats.noise import block_noise
from leeboard.stats.performance import THRESHOLD

CONTRACT = 1
ROWS_OF_A_BLOCK = 500
MOST_BLOCKS = 50
LEAST_UNSEEN_ROWS = 500


@dataclass(frozen=True, eq=False)
class Labelled:
    """A classifier's scores of a holdout, and the labels beside them."""

    scores: NDArray[np.float64]
    truth: NDArray[np.float64]


def make_profile(
    served: pd.DataFrame,
    inputs: tuple[Input, ...],
    scores: NDArray[np.float64],
    score_output: str,
    labelled: Labelled | None = None,
    *,
    times: EventTimes | None = None,
) -> dict[str, Any]:
    """The document. `scores` are those of the rows on which the model's answers are as they will be when serving.

    Of a classifier, `labelled` tells what its scores mean, where it has rows enough. With `times`, distributions are
    told by hour of the week too.
    """
    columns = ((one, values_of(served, one)) for one in inputs)
    at, scored_at = (None, None) if times is None else (times.rows, times.scored)
    features = [_described(one.name, _bins(one.kind, values), values, at) for one, values in columns]
    # the threshold is an edge, so that counts tell what was called what
    bins = numeric_bins(scores, also=(THRESHOLD,) if labelled is not None else ())
    prediction = _described(score_output, bins, scores, scored_at)
    document = {"contract": CONTRACT, "rows": len(served), "features": features, "prediction": prediction}
    meaning = None if labelled is None else ScoreMeaning.learned(bins, labelled.scores, labelled.truth)
    return document | ({"calibration": meaning.document()} if meaning is not None else {})


def unseen_rows(reference: pd.DataFrame) -> NDArray[np.bool_]:
    """The rows that were not trained on, where `split` tells them and they are enough, else all.

    A model is surer of what it was trained on than of anything it will be asked.
    """
    every = np.ones(len(reference), dtype=np.bool_)
    if SPLIT not in reference.columns:
        return every
    unseen = np.array([not str(value).lower().startswith("train") for value in reference[SPLIT]], dtype=np.bool_)
    return unseen if np.count_nonzero(unseen) >= LEAST_UNSEEN_ROWS else every


def _bins(kind: str, values: NDArray[Any]) -> Bins:
    return numeric_bins(values) if kind == "Numeric" else categorical_bins(list(values))


def _described(name: str, bins: Bins, values: NDArray[Any], times: Seconds | None) -> dict[str, Any]:
    distribution = count_values(name, bins, values)
    codes = bins.codes(values)
    # of a reference that was shuffled stretches would look too calm
    in_order = codes if times is None else codes[np.argsort(times, kind="stable")]
    document = to_profile(distribution) | {"noise": _noise(in_order, distribution)}
    if times is not None:
        document["seasons"] = by_hour(distribution, values, times, _blocks(len(values)))
    return document


def _noise(codes: NDArray[np.int64], reference: Distribution) -> dict[str, Any]:
    measures = {name: found for name in NAMES if (found := measure(name, reference)) is not None}
    if len(codes) < 2:
        return {"rows": len(codes)} | {noise_key(name): 0.0 for name in measures}
    return noise_document(block_noise(codes, reference.bins.size, _blocks(len(codes)), measures))


def _blocks(rows: int) -> int:
    return max(2, min(MOST_BLOCKS, rows // ROWS_OF_A_BLOCK))
