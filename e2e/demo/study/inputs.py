"""How far the inputs of a period lie from the reference, as the evaluator measures it."""

import numpy as np
import pandas as pd

from e2e.demo.study.windows import Scored, evaluate
from leeboard.api.model_version import ModelVersion


def distances(champion: ModelVersion, periods: dict[str, Scored], name: str = "JensenShannon") -> pd.DataFrame:
    """A row a period, a column an input, and the prediction; each is the distance with both ends of its interval."""
    rows = {}
    for period, scored in periods.items():
        evaluation = evaluate(champion, scored, np.arange(len(scored.rows)))
        watched = [*sorted(evaluation["features"], key=lambda one: str(one["name"])), evaluation["prediction"]]
        rows[period] = {one["name"]: _shown(one["distances"], name) for one in watched}
    return pd.DataFrame.from_dict(rows, orient="index")


def _shown(found: list[dict[str, str]], name: str) -> str:
    one = next(distance for distance in found if distance["name"] == name)
    return f"{float(one['value']):.2f} [{float(one['low']):.2f} {float(one['high']):.2f}]"
