"""profile.json: the distributions of a version's reference, which the exporter counts on and drift is measured from."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leeboard.evaluator.columns import SPLIT, Input, values_of
from leeboard.evaluator.figures import noise_key
from leeboard.stats.distances import NAMES
from leeboard.stats.distributions import (
    Distribution,
    categorical_bins,
    count_values,
    numeric_bins,
    to_profile,
)
from leeboard.stats.intervals import block_noise
from leeboard.stats.measures import measure

CONTRACT = 1
ROWS_OF_A_BLOCK = 500
MOST_BLOCKS = 50
LEAST_UNSEEN_ROWS = 500


def make_profile(
    served: pd.DataFrame, inputs: tuple[Input, ...], scores: NDArray[np.float64], score_output: str
) -> dict[str, Any]:
    """The document. `scores` are those of the rows on which the model's answers are as they will be when serving."""
    features = [_described(one.name, one.kind == "Numeric", values_of(served, one)) for one in inputs]
    prediction = _described(score_output, True, scores)
    return {"contract": CONTRACT, "rows": len(served), "features": features, "prediction": prediction}


def unseen_rows(reference: pd.DataFrame) -> NDArray[np.bool_]:
    """The rows that were not trained on, where `split` tells them and they are enough, else all.

    A model is surer of what it was trained on than of anything it will be asked.
    """
    every = np.ones(len(reference), dtype=np.bool_)
    if SPLIT not in reference.columns:
        return every
    unseen = np.array([not str(value).lower().startswith("train") for value in reference[SPLIT]], dtype=np.bool_)
    return unseen if np.count_nonzero(unseen) >= LEAST_UNSEEN_ROWS else every


def _described(name: str, numeric: bool, values: NDArray[Any]) -> dict[str, Any]:
    bins = numeric_bins(values) if numeric else categorical_bins(list(values))
    distribution = count_values(name, bins, values)
    return to_profile(distribution) | {"noise": _noise(bins.codes(values), distribution)}


def _noise(codes: NDArray[np.int64], reference: Distribution) -> dict[str, Any]:
    measures = {name: found for name in NAMES if (found := measure(name, reference)) is not None}
    if len(codes) < 2:
        return {"rows": len(codes)} | {noise_key(name): 0.0 for name in measures}
    blocks = max(2, min(MOST_BLOCKS, len(codes) // ROWS_OF_A_BLOCK))
    noise = block_noise(codes, reference.bins.size, blocks, measures)
    return {"rows": noise.rows} | {noise_key(name): value for name, value in noise.distances.items()}
