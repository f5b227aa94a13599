"""When inputs that drifted began to: within the window, by the window files that it is made of."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

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
    """The beginning of the first window file after the change of the share of what gained in the window as a whole.

    What gained are the bins with a larger share than in the reference, and missing values where they have one. Windows
    of several pods that began at the same time count together; those on other bins are left out.
    """
    slices: dict[datetime, np.ndarray[Any, np.dtype[np.int64]]] = {}
    for window in windows:
        raw = next((one for one in window.features if one["name"] == reference.name), None)
        if raw is not None and raw["counts"].shape == reference.counts.shape:
            counted = np.append(raw["counts"], raw["missing"])
            slices[window.start] = slices[window.start] + counted if window.start in slices else counted
    if len(slices) < 2:
        return None
    starts = sorted(slices)
    counts = np.stack([slices[start] for start in starts])
    before = np.append(reference.counts, reference.missing)
    whole = counts.sum(axis=0)
    if not whole.sum() or not before.sum():
        return None
    gained = whole / whole.sum() > before / before.sum()
    found = onset(counts[:, gained].sum(axis=1), counts.sum(axis=1))
    return starts[found.slice] if found is not None and found.after > found.before else None
