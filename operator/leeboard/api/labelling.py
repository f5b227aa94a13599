"""Rows that are worth a label: what a DriftMonitor asks the evaluator to choose, and what came of it."""

from typing import Literal

from leeboard.api.base import SpecModel
from leeboard.api.fields import ATOMIC, Column, described

MOST_ROWS = 500
"""Where the action does not say."""
MOST_INPUTS = 50


class Labelling(SpecModel):
    """A queue of rows for people to label, once an episode. The operator asks for it, the evaluator writes it."""

    reason: Literal["LabelingRequested", "RequestLogMissing", "LabelingQueued"] = described(
        "LabelingRequested: the evaluator is to choose. RequestLogMissing: there is nothing to choose from yet."
        " LabelingQueued: it was written."
    )
    most: int = described("The most rows that are chosen, a count.", ge=1, le=10000)
    inputs: tuple[Column, ...] = described(
        "The inputs that drifted; all and the score when empty.",
        default=(),
        max_length=MOST_INPUTS,
        json_schema_extra=ATOMIC,
    )
    key: str = described("The file, below spec.storage.uri of the Model.", default="", max_length=1024)
    rows: int = described("Rows in the file, a count.", default=0, ge=0)
