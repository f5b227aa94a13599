"""What every loaded model is to those who ask it, whatever its format."""

from collections.abc import Sequence
from typing import Any, Protocol

from numpy.typing import NDArray

from leeboard.models.rows import Rows

PREDICT, PREDICT_PROBA = "predict", "predict_proba"
"""Outputs that every predictor understands which knows what they are: labels or values, and a column for each class."""


class Predictor(Protocol):
    """A loaded model."""

    @property
    def format(self) -> str:
        """Name of its format."""
        ...

    @property
    def names(self) -> tuple[str, ...] | None:
        """The inputs that it was fitted with, by name and in order, where it knows."""
        ...

    @property
    def width(self) -> int | None:
        """How many inputs it takes, where it knows."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """Its classes as texts, in the order of predict_proba; empty for regression and where unknown."""
        ...

    @property
    def outputs(self) -> tuple[str, ...]:
        """What it answers: predict and predict_proba, or the outputs of an ONNX graph or of a Python class."""
        ...

    def run(self, rows: Rows, outputs: Sequence[str]) -> dict[str, NDArray[Any]]:
        """The outputs asked for; the first axis of each is the rows.

        Raises ModelError: BadData where rows lack a column or hold what the model does not take, BadConfiguration where
        it has no such output, EvaluationFailed where it does not answer.
        """
        ...
