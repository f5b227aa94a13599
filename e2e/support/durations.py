"""Durations as the kinds write them, in seconds."""

from leeboard.api.durations import parse_duration


def seconds_of(text: str) -> float:
    """Seconds of "80s" or "10m". Raises ValueError."""
    return parse_duration(text).total_seconds()
