"""Which partitions of a dataset are the newest."""

import re
from collections.abc import Iterable
from datetime import datetime

_FIELDS = {"{yyyy}": r"\d{4}", "{MM}": r"\d{2}", "{dd}": r"\d{2}", "{HH}": r"\d{2}"}
_ORDER = ("yyyy", "MM", "dd", "HH")


def newest_partitions(keys: Iterable[str], pattern: str, last: int) -> tuple[str, ...]:
    """The `last` newest prefixes that match a pattern such as `{yyyy}-{MM}/`, oldest first; fewer where fewer exist.

    What looks like a partition but is no date, such as month 13, is none.
    """
    expression = _expression(pattern)
    found: dict[str, datetime] = {}
    for key in keys:
        match = expression.match(key)
        if match is not None and match[0] not in found and (time := _time(match.groupdict())) is not None:
            found[match[0]] = time
    return tuple(sorted(found, key=lambda partition: (found[partition], partition))[-last:])


def _expression(pattern: str) -> "re.Pattern[str]":
    text, seen = "", set()
    for part in re.split(r"(\{(?:yyyy|MM|dd|HH)\})", pattern):
        if part not in _FIELDS:
            text += re.escape(part)
        elif part in seen:
            text += f"(?P={part[1:-1]})"
        else:
            seen.add(part)
            text += f"(?P<{part[1:-1]}>{_FIELDS[part]})"
    return re.compile(text)


def _time(fields: dict[str, str]) -> datetime | None:
    year, month, day, hour = (int(fields.get(name, default)) for name, default in zip(_ORDER, "0110", strict=True))
    try:
        return datetime(year, month, day, hour)  # noqa: DTZ001 - an order of names, not a moment
    except ValueError:
        return None
