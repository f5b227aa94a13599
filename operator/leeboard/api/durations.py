"""Durations as users write them: ``90s``, ``10m``, ``1h30m``, ``7d``."""

import re
from datetime import timedelta

PATTERN = r"^([0-9]{1,5}d)?([0-9]{1,5}h)?([0-9]{1,6}m)?([0-9]{1,8}s)?$"
"""The pattern the API server checks; one part at least is asked for by minLength 2.

The longest, some 290 years, still fits the 64 bits of nanoseconds in which Go and CEL count.
"""

_PARTS = re.compile(PATTERN)


def parse_duration(text: str) -> timedelta:
    """Read a duration. Raises ValueError when the text is not one."""
    match = _PARTS.match(text)
    if not text or match is None:
        raise ValueError(f"not a duration such as 90s, 10m, 1h30m or 7d: {text!r}")
    days, hours, minutes, seconds = (int(part[:-1]) if part else 0 for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def format_duration(duration: timedelta) -> str:
    """The shortest text that `parse_duration` reads back; parts of a second are dropped."""
    rest = int(duration.total_seconds())
    text = ""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        text += f"{count}{unit}" if count else ""
    return text or "0s"
