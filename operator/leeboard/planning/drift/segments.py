"""What figures say of inputs and predictions within segments."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leeboard.planning.drift.figures import Subject


@dataclass(frozen=True)
class Segment:
    """The rows in which an input has one value, and what is told of other inputs within them; of the prediction too,
    with the rows that have one, where a check asks for it."""

    feature: str
    value: str
    rows: int
    subjects: tuple["Subject", ...]
    prediction: "Subject | None" = None
    predicted_rows: int = 0


@dataclass(frozen=True)
class SegmentInput:
    """An input by which there are segments: how many values have one, how many of these had rows enough, and how often
    an input, or the prediction, was looked at within them. `refused` says why there are none."""

    feature: str
    values: int
    enough: int
    pairs: int
    refused: str
