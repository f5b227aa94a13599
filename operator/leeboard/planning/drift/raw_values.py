"""Values of a document that others wrote: None where they are not what they should be."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any


def read_number(raw: Any) -> float | None:
    """A finite number."""
    try:
        number = float(raw)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def read_count(raw: Any) -> int | None:
    """A number from 0, without its fraction; None for anything else."""
    number = read_number(raw)
    return int(number) if number is not None and number >= 0 else None


def read_moment(raw: Any) -> datetime | None:
    """A time of RFC 3339 that names its zone."""
    try:
        moment = datetime.fromisoformat(str(raw).replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def read_items(raw: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; none where it is no list."""
    return (
        [one for one in raw if isinstance(one, Mapping)]
        if isinstance(raw, Sequence) and not isinstance(raw, str)
        else []
    )
