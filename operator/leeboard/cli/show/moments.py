"""Times and spans of time."""

from datetime import UTC, datetime, timedelta

_UNITS = (("y", 365 * 86400), ("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
_COARSE_FROM = 10


def span(duration: timedelta) -> str:
    """A span of time in its largest unit, with the next one while there are fewer than ten: 4m12s, 12m, 3h20m, 5d3h.

    A year counts 365 days. Negative spans, which clocks that differ bring about, are 0s.
    """
    rest = max(0, int(duration.total_seconds()))
    for index, (unit, size) in enumerate(_UNITS):
        count, remainder = divmod(rest, size)
        if count:
            text = f"{count}{unit}"
            if count < _COARSE_FROM and index + 1 < len(_UNITS):
                finer, finer_size = _UNITS[index + 1]
                text += f"{remainder // finer_size}{finer}" if remainder >= finer_size else ""
            return text
    return "0s"


def age(moment: datetime | None, now: datetime) -> str:
    """How long ago something was; a dash where that is unknown."""
    return "-" if moment is None else span(now - moment)


def utc(moment: datetime) -> str:
    """A time to the minute, in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
