"""Why a window has no season of the reference to be compared with, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

NOTHING = "there are no figures"
NO_SEASONS = "the version's reference does not say when its rows were: give it a column event_timestamp and train anew"
"""What a finding says where a monitor compares by season and the version's profile has none."""
MOST_NAMED = 5
LONGEST_NAME = 40


def not_compared(raw: Any) -> str:
    """`reference` of the figures, in words; that there are no figures where it gives no reason."""
    if not isinstance(raw, Mapping) or "rows" in raw:
        return NOTHING
    lacking = raw.get("lacking")
    if isinstance(lacking, Sequence) and not isinstance(lacking, str) and lacking:
        names = ", ".join(str(name)[:LONGEST_NAME] for name in lacking[:MOST_NAMED])
        return f"the reference holds too few rows of {names} (UTC)"
    return NO_SEASONS
