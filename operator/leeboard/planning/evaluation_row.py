"""One row of a list in `status.evaluation`, which another process wrote and nothing vouches for."""

from collections.abc import Mapping
from typing import Any


def row_of(evaluation: Mapping[str, Any] | None, rows: str, name: str) -> Mapping[str, Any] | None:
    """The first row of that name in the list `rows`; None where there is none."""
    found = (evaluation or {}).get(rows) or ()
    return next((one for one in found if isinstance(one, Mapping) and one.get("name") == name), None)
