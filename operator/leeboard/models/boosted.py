"""What boosted trees answer: their one figure or one for each class, as labels and probabilities."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from leeboard.models.predictor import PREDICT, PREDICT_PROBA

Figures = Literal["probability", "probabilities", "values"]
_EVEN = 0.5


def outputs_of(figures: str) -> tuple[str, ...]:
    """The outputs of a model whose figures are the probability of class 1, of every class, or values."""
    return (PREDICT,) if figures == "values" else (PREDICT, PREDICT_PROBA)


def answers_of(found: NDArray[Any], figures: str, outputs: Sequence[str]) -> dict[str, NDArray[Any]]:
    """The outputs asked for, from figures of shape (rows,) or (rows, classes). Even odds are class 0."""
    if figures == "values":
        return dict.fromkeys(outputs, found)
    answers: dict[str, NDArray[Any]] = {}
    for name in outputs:
        if name == PREDICT:
            chosen = found > _EVEN if figures == "probability" else np.argmax(found, axis=1)
            answers[name] = chosen.astype(np.int64)
        else:
            answers[name] = np.column_stack((1 - found, found)) if figures == "probability" else found
    return answers
