"""Which of the requests are kept row by row, and how their columns are named wherever they are stored."""

from leeboard.api.base import SpecModel
from leeboard.api.fields import SET, Column, PositiveDuration, PositiveShare, described

OWN_COLUMNS = ("id", "time", "score", "why")
"""Columns of stored rows that are no inputs."""
MODEL_KEY = b"leeboard.model"
"""In the metadata of a file: the name of the Model whose rows it holds."""
_PREFIX = "input."


class RequestLogging(SpecModel):
    """Rows of requests, with their inputs, in the Model's object storage."""

    sample_rate: PositiveShare = described(
        "Share of the rows that is kept, above 0 to 1; which rows those are follows from their ids, so that a row is "
        "kept by every pod that sees it or by none."
    )
    redact: tuple[Column, ...] = described(
        "Inputs that are left out: they never leave the pod.", default=(), max_length=500, json_schema_extra=SET
    )
    retain: PositiveDuration | None = described(
        "How long the rows are kept, such as 30d; the evaluator deletes older ones, hour by hour. Absent: for ever.",
        default=None,
    )


def column_name(name: str) -> str:
    """The column of an input in stored rows: its name, behind `input.` where it begins so or is that of our own."""
    return _PREFIX + name if name in OWN_COLUMNS or name.startswith(_PREFIX) else name
