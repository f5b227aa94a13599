"""Why the rows of a request that was answered are not known."""

from enum import StrEnum


class Unread(StrEnum):
    """Of requests that another server than Leeboard's answered. Metrics carry the values."""

    TOO_LARGE = "TooLarge"
    """A body has more bytes than are kept of one."""
    NO_ROOM = "NoRoom"
    """Too many bytes wait to be read."""
    ENCODING = "Encoding"
    """A body is packed in a way that is not known, or not as it says."""
    REQUEST = "Request"
    """The inputs are not those of the model, or of no form that is known."""
    ANSWER = "Answer"
    """The output that carries the score is not there, or of no form that is known."""
    ROWS = "Rows"
    """The answer has not as many scores as the request has rows."""
