"""How much a model rests on each of its inputs: how much worse it answers once an input's values are shuffled."""

import logging
import time
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leeboard.stats import performance

LOG = logging.getLogger("leeboard.evaluator.importance")
Floats = NDArray[np.float64]
MOST_ROWS = 2000
LONGEST = 120.0
"""Seconds; inputs that are not reached in that time have no importance, and so has none then."""
TELL_SECONDS = 10.0
SEED = 0


def importance(
    score: Callable[[pd.DataFrame], Floats],
    served: pd.DataFrame,
    truth: Floats,
    metric: str,
    names: Sequence[str],
    *,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, float]:
    """The shares of the inputs in what the model knows, which add up to 1; empty where it knows nothing, or there is no
    time for it.

    Permutation importance (Breiman 2001, "Random Forests", section 10; Fisher, Rudin and Dominici 2019) by a `metric`
    that is lower when better, of at most 2,000 rows that are spread evenly over the holdout.
    """
    places = np.unique(np.linspace(0, len(truth) - 1, min(len(truth), MOST_ROWS)).astype(np.int64))
    rows, labels = served.iloc[places].reset_index(drop=True), truth[places]
    generator, began = np.random.default_rng(SEED), clock()
    told = began
    found: dict[str, float] = {}
    try:
        at_best = performance.measure(metric, labels, score(rows)).value
        for number, name in enumerate(names):
            shuffled = rows.assign(**{name: rows[name].to_numpy()[generator.permutation(len(rows))]})
            found[name] = max(0.0, performance.measure(metric, labels, score(shuffled)).value - at_best)
            now = clock()
            if now - began > LONGEST:
                LOG.warning("importance: %d of %d inputs in %.0f s; it is left out", number + 1, len(names), LONGEST)
                return {}
            if now - told > TELL_SECONDS:
                told = now
                LOG.info("importance: %d of %d inputs", number + 1, len(names))
    except performance.MetricUndefinedError:
        return {}
    total = sum(found.values())
    return {name: value / total for name, value in found.items()} if total > 0 else {}
