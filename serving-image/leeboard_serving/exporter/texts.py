"""Which texts may stand in a table that others read: the ids of rows, and labels."""

import re
from datetime import UTC, datetime

LONGEST = 256
"""Characters."""
FIRST_MOMENT, LAST_MOMENT = 0.0, 9_000_000_000.0
"""Seconds since 1970. Nanoseconds in 64 bits, which the evaluator keeps times in, end in 2262."""
# what some reader takes for the end of a line, and what is no character that UTF-8 could carry
_UNUSABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def is_usable(text: str) -> bool:
    """Whether a text is not empty, not too long, and free of control characters, separators of lines and surrogates."""
    return 0 < len(text) <= LONGEST and _UNUSABLE.search(text) is None


def is_moment(seconds: float) -> bool:
    """Whether a time, in seconds since 1970, is one that a table can carry."""
    return FIRST_MOMENT <= seconds <= LAST_MOMENT


def moment_of(seconds: float, precision: str = "microseconds") -> str:
    """A time, in seconds since 1970, as RFC 3339 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec=precision).replace("+00:00", "Z")
