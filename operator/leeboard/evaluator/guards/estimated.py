"""Evidence of the guard on estimated performance: what to expect of scores, by what they meant on the holdout."""

import numpy as np

from leeboard.api.guard import Guard
from leeboard.evaluator.guards import blocks, losses
from leeboard.evaluator.guards.evidence import Evidence
from leeboard.evaluator.guards.look import Look, Side


def estimated(look: Look, guard: Guard, alpha: float) -> list[Evidence]:
    """Of all predictions in the windows. How sure the calibration of each version is, is not in the interval."""
    metric = str(guard.metric)
    lacking = [one.name for one in look.sides if one.profile.score_meaning is None]
    if lacking:
        text = f"the holdout of {' and '.join(lacking)} was too small to learn what its scores mean"
        return [look.nothing(guard, alpha, "Figures", text)]
    until = blocks.ends(look.since, look.now)
    a, b = (_expected(metric, one, until) for one in look.sides)
    samples = (round(float(a.rows.sum())), round(float(b.rows.sum())))
    if not all(samples):
        text = f"{samples[0]} predictions of the candidate and {samples[1]} of the champion were counted"
        return [look.nothing(guard, alpha, "Requests", text)]
    part = losses.losses(metric, a, b, len(until))
    return [Evidence(guard=guard.type, subject=metric, alpha=alpha, parts=(part,), samples=samples)]


def _expected(metric: str, side: Side, until: losses.Floats) -> losses.Lost:
    """By window and bin of the prediction."""
    meaning, size = side.profile.score_meaning, side.profile.prediction.distribution.bins.size
    assert meaning is not None  # noqa: S101 - told by the caller
    fitting = [
        (one.end.timestamp(), one.prediction["counts"])
        for one in side.windows
        if one.prediction is not None and one.prediction["counts"].shape == (size,)
    ]
    places = blocks.blocks_of((at for at, _ in fitting), until)
    by_bin = losses.expected(metric, meaning.probabilities, meaning.scores)
    rows = np.array([counts for _, counts in fitting], dtype=np.float64).reshape(-1)
    return losses.Lost(np.tile(by_bin, len(fitting)), np.repeat(places, size), rows)
