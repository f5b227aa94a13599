"""When inputs that drifted began to: within the window, by the window files that it is made of."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from leeboard.evaluator.drift_figures import ALWAYS, Profile
from leeboard.evaluator.windows import Window
from leeboard.stats.distributions import Distribution
from leeboard.stats.onset import onset

MOST_INPUTS = 3


def name_onsets(rows: Sequence[dict[str, Any]], profile: Profile, windows: Sequence[Window]) -> None:
    """Add `since` to the rows of the inputs that drifted most, where the change lies within the window, and say so in
    their `shift`."""
    references = {one.distribution.name: one.distribution for one in profile.features}
    for row in rows[:MOST_INPUTS]:
        surely = next((float(one["low"]) for one in row["distances"] if one["name"] == ALWAYS), 0.0)
        since = began(references[row["name"]], windows) if surely > 0 else None
        if since is not None:
            text = since.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
            row["since"] = text
            row["shift"] = f"{row['shift']}, since {text}" if row["shift"] else f"since {text}"


def began(reference: Distribution, windows: Sequence[Window]) -> datetime | None:
    """The beginning of the first slice of time after the change of the share of what gained in the window as a whole,
    None where there is no one change to more of it."""
    gained = gain(reference, windows)
    if gained is None:
        return None
    found = onset(gained.hits, gained.rows)
    return gained.starts[found.slice] if found is not None and found.after > found.before else None


class Gain(NamedTuple):
    """By slice of time, from its start: the rows, and those of them in the bins that gained; `expected` is the share
    that the reference has in these."""

    starts: Sequence[datetime]
    hits: NDArray[np.int64]
    rows: NDArray[np.int64]
    expected: float


def gain(reference: Distribution, windows: Sequence[Window]) -> Gain | None:
    """What gained are the bins with a larger share than in the reference, and missing values where they have one.

    Windows of several pods that began at the same time are one slice; those on other bins are left out. None without
    two slices, or rows.
    """
    slices: dict[datetime, NDArray[np.int64]] = {}
    for window in windows:
        raw = next((one for one in window.features if one["name"] == reference.name), None)
        if raw is not None and raw["counts"].shape == reference.counts.shape:
            counted = np.append(raw["counts"], raw["missing"])
            slices[window.start] = slices[window.start] + counted if window.start in slices else counted
    starts = sorted(slices)
    counts = np.stack([slices[start] for start in starts]) if starts else np.zeros((0, 1), dtype=np.int64)
    before, whole = np.append(reference.counts, reference.missing), counts.sum(axis=0)
    if len(starts) < 2 or not whole.sum() or not before.sum():
        return None
    gained = whole / whole.sum() > before / before.sum()
    expected = float(before[gained].sum() / before.sum())
    return Gain(starts, counts[:, gained].sum(axis=1), counts.sum(axis=1), expected)
