"""When inputs that drifted began to: within the window, by the window files that it is made of."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from leeboard.evaluator.comparison import Basis, compare
from leeboard.evaluator.drift_figures import ALWAYS, Profile, Reference
from leeboard.evaluator.seasons import Seasons
from leeboard.evaluator.windows import Window
from leeboard.stats.distributions import Distribution
from leeboard.stats.onset import onset
from leeboard.stats.seasonal_onset import seasonal_onset
from leeboard.stats.seasons import LEAST_ROWS, UNHELD_SHARE, by_season, rows_by_hour

MOST_INPUTS = 3
LEAST_RISE = 2.0
"""By how many times a window has to be further from its season after a change than before: how far a drift that was
there all the while shows differs from hour to hour."""


def name_onsets(
    rows: Sequence[dict[str, Any]], profile: Profile, windows: Sequence[Window], basis: Basis | None = None
) -> None:
    """Add `since` to the rows of the inputs that drifted most, where the change lies within the window, and say so in
    their `shift`. With a basis it is the change from what the reference holds of the season of each slice."""
    references = {one.distribution.name: one for one in profile.features}
    for row in rows[:MOST_INPUTS]:
        surely = next((float(one["low"]) for one in row["distances"] if one["name"] == ALWAYS), 0.0)
        since = began(references[row["name"]], windows, basis) if surely > 0 else None
        if since is not None:
            text = since.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
            row["since"] = text
            row["shift"] = f"{row['shift']}, since {text}" if row["shift"] else f"since {text}"


def began(reference: Reference, windows: Sequence[Window], basis: Basis | None = None) -> datetime | None:
    """The beginning of the first slice of time after the change of the share of what gained in the window as a whole,
    None where there is no one change to more of it."""
    gained = gain(reference, windows, basis)
    if gained is None:
        return None
    if basis is None:
        found = onset(gained.hits, gained.rows)
        return gained.starts[found.slice] if found is not None and found.after > found.before else None
    beside = seasonal_onset(gained.hits, gained.rows, gained.expected)
    if beside is None or beside.after < LEAST_RISE * abs(beside.before):
        return None
    return gained.starts[beside.slice]


class Gain(NamedTuple):
    """By slice of time, from its start: the rows, those of them in what gained, and the share that the reference has in
    that, with a season of the slice's own hours."""

    starts: Sequence[datetime]
    hits: NDArray[np.int64]
    rows: NDArray[np.int64]
    expected: NDArray[np.float64]


def gain(reference: Reference, windows: Sequence[Window], basis: Basis | None = None) -> Gain | None:
    """What gained are the bins with a larger share than in the reference, and missing values where they have one; with
    a basis the cells that have more than the mixture of the windows' own seasons.

    Windows of several pods that began at the same time are one slice; those on other bins are left out, and so are
    slices whose season the reference does not hold. None without two slices, or rows.
    """
    slices = _slices(reference.distribution, windows)
    compared = compare(reference.distribution, reference.noise, reference.seasons, slices.whole, basis)
    if compared is None:
        return None
    counts = slices.counts
    if basis is not None and reference.seasons is not None:
        counts = _on_cells(reference.seasons, slices.counts)
    before, whole = np.append(compared.reference.counts, compared.reference.missing), counts.sum(axis=0)
    if len(slices.starts) < 2 or not whole.sum() or not before.sum():
        return None
    gained = whole / whole.sum() > before / before.sum()
    expected = np.full(len(counts), before[gained].sum() / before.sum())
    if basis is not None and reference.seasons is not None:
        expected = _by_season(reference.seasons, basis, slices, gained)
    held = ~np.isnan(expected)
    if np.count_nonzero(held) < 2:
        return None
    starts = [start for start, kept in zip(slices.starts, held.tolist(), strict=True) if kept]
    return Gain(starts, counts[held][:, gained].sum(axis=1), counts[held].sum(axis=1), expected[held])


def _on_cells(seasons: Seasons, counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Slices by cell, with the missing values last."""
    rows = [np.append(seasons.cells.counted(one[:-1]), one[-1]) for one in counts]
    return np.stack(rows) if rows else np.zeros((0, seasons.cells.bins.size + 1), dtype=np.int64)


class _Slices(NamedTuple):
    """In the order of time: beginnings, ends, and counts by bin with the missing values last; and all as one."""

    starts: list[datetime]
    ends: list[datetime]
    counts: NDArray[np.int64]
    whole: Distribution


def _slices(reference: Distribution, windows: Sequence[Window]) -> _Slices:
    found: dict[datetime, NDArray[np.int64]] = {}
    ends: dict[datetime, datetime] = {}
    for window in windows:
        raw = next((one for one in window.features if one["name"] == reference.name), None)
        if raw is not None and raw["counts"].shape == reference.counts.shape:
            counted = np.append(raw["counts"], raw["missing"]).astype(np.int64)
            found[window.start] = found[window.start] + counted if window.start in found else counted
            ends[window.start] = max(window.end, ends.get(window.start, window.end))
    starts = sorted(found)
    empty = np.zeros((0, len(reference.counts) + 1), dtype=np.int64)
    counts = np.stack([found[start] for start in starts]) if starts else empty
    total = counts.sum(axis=0)
    whole = Distribution(reference.name, reference.bins, total[:-1], int(total[-1]))
    return _Slices(starts, [ends[start] for start in starts], counts, whole)


def _by_season(seasons: Seasons, basis: Basis, slices: _Slices, gained: NDArray[np.bool_]) -> NDArray[np.float64]:
    """What the reference has of `gained` in the hours of each slice; NaN where it does not hold them."""
    known = np.column_stack([seasons.counts.counts, seasons.counts.missing]).astype(np.float64)
    inside, rows = (by_season(basis.season, one) for one in (known[:, gained].sum(axis=1), known.sum(axis=1)))
    shares = np.divide(inside, rows, out=np.zeros_like(inside), where=rows >= LEAST_ROWS)
    expected = np.full(len(slices.starts), np.nan)
    for place, (start, end) in enumerate(zip(slices.starts, slices.ends, strict=True)):
        spent = rows_by_hour(np.array([start.timestamp()]), np.array([end.timestamp()]), np.array([1.0]))
        weights = by_season(basis.season, spent)
        held = weights * (rows >= LEAST_ROWS)
        if held.sum() >= (1 - UNHELD_SHARE) * weights.sum():
            expected[place] = (held * shares).sum() / held.sum()
    return expected
