"""Figures about one window of a champion: how far every input and the prediction are from the reference, and why."""

import json
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard.api.drift_check import Check
from leeboard.evaluator.comparison import Basis, Comparison, compare, reference_figures
from leeboard.evaluator.figures import figure, figures, noise_key
from leeboard.evaluator.noise_document import read_lengths
from leeboard.evaluator.score_meaning import ScoreMeaning
from leeboard.evaluator.seasons import Seasons
from leeboard.evaluator.sums import Sum
from leeboard.evaluator.windows import Window
from leeboard.stats.distances import NAMES, Name, from_divergence
from leeboard.stats.distributions import Distribution, from_profile, unlike
from leeboard.stats.intervals import Interval, distance_interval, share_interval
from leeboard.stats.moves import describe_move
from leeboard.stats.noise import Noise
from leeboard.stats.seasons import HOURS, Season, rows_by_hour
from leeboard.stats.segments import SegmentReference, segments_of_profile
from leeboard.stats.shifts import describe_shift, ranked
from leeboard.stats.units import unit_factor

ALPHA = 0.05
SEED = 0
ALWAYS: Name = "JensenShannon"
"""What inputs are ranked by, whether a check asks for it or not."""
CONTRACT = 1
MOST_FEATURES = 500
UNKNOWN_ROWS = 1 << 62
"""Of a noise that does not say how many rows it is of: no window is then long enough to have less."""


@dataclass(frozen=True)
class Reference:
    """One distribution of profile.json with its noise, and of an input its importance, 0 to 1, where that is known;
    by hour of the week where the reference says when its rows were."""

    distribution: Distribution
    noise: Noise
    importance: float | None = None
    seasons: Seasons | None = None


@dataclass(frozen=True)
class Profile:
    """The reference of a version: its inputs, in order, and its prediction; of a classifier whose holdout was large
    enough, what its scores mean; and the inputs by whose values rows are counted too. `unwatched` are inputs beyond
    `MOST_FEATURES`, which no figure is about."""

    features: tuple[Reference, ...]
    prediction: Reference
    score_meaning: ScoreMeaning | None = None
    segments: tuple[SegmentReference, ...] = ()
    unwatched: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, data: bytes) -> "Profile":
        """Read profile.json. Raises ValueError where it is malformed, or of a contract that is not known."""
        try:
            raw = json.loads(data)
            if raw["contract"] != CONTRACT:
                raise ValueError(f"contract {raw['contract']}, not {CONTRACT}")
            return cls.of(raw)
        except (KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise ValueError(f"not a profile: {error!r}") from error

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> "Profile":
        """The document itself. Raises ValueError, KeyError, TypeError and AttributeError where it is malformed."""
        features = tuple(_reference(one) for one in raw["features"][:MOST_FEATURES])
        unwatched = frozenset(str(one["name"]) for one in raw["features"][MOST_FEATURES:])
        prediction = _reference(raw["prediction"])
        meaning = ScoreMeaning.parse(raw.get("calibration"), prediction.distribution.bins)
        return cls(features, prediction, meaning, segments=segments_of_profile(raw), unwatched=unwatched)


@dataclass
class Observed:
    """Windows added up on the bins of a profile; `dropped` counts the requests that were answered and not seen,
    `rows_by_hour` the rows by hour of the week, `undecoded` what exporters were told and could not read."""

    requests: int
    dropped: int
    rows: int
    unfit: int
    features: dict[str, Distribution]
    prediction: Distribution
    rows_by_hour: NDArray[np.float64] = field(default_factory=lambda: np.zeros(HOURS))
    undecoded: int = 0


def observe(profile: Profile, windows: Iterable[Window]) -> Observed:
    """Add up windows. One whose bins are not those of the profile, or that has another input, is left out as a whole
    and counted as `unfit`. Values of an input that a window does not have are missing: none of its rows had one."""
    sums = {one.distribution.name: Sum(one.distribution) for one in profile.features}
    prediction = Sum(profile.prediction.distribution)
    requests = dropped = rows = unfit = undecoded = 0
    spans: list[tuple[float, float, int]] = []
    for window in windows:
        seen = window.requests - window.unread
        dropped += window.dropped + window.unread
        undecoded += window.undecoded
        parts = [(sums.get(raw["name"]), raw) for raw in window.features if raw["name"] not in profile.unwatched]
        if window.prediction is not None:
            parts.append((prediction, window.prediction))
        fitting = [(total, raw) for total, raw in parts if total is not None and total.fits(raw)]
        if len(fitting) < len(parts):
            unfit += window.parts
            dropped += seen
            continue
        for total, raw in fitting:
            total.add(raw)
        requests += seen
        rows += window.rows
        spans.append((window.start.timestamp(), window.end.timestamp(), window.rows))
    features = {name: _with_absent(total.whole(), rows) for name, total in sums.items()}
    by_hour = rows_by_hour(*np.array(spans, dtype=np.float64).reshape(-1, 3).T)
    return Observed(requests, dropped, rows, unfit, features, prediction.whole(), by_hour, undecoded)


def _with_absent(distribution: Distribution, rows: int) -> Distribution:
    """With the rows of windows that do not know this input."""
    return replace(distribution, missing=distribution.missing + max(0, rows - distribution.rows))


def wanted_distances(checks: Iterable[Check]) -> set[Name]:
    """Those that checks ask for, and the one that inputs are ranked by."""
    return {ALWAYS, *(check.distance for check in checks if check.distance)}


def watched(profile: Profile, exclude: Iterable[str]) -> list[Reference]:
    """The inputs that are not left out."""
    left_out = set(exclude)
    return [one for one in profile.features if one.distribution.name not in left_out]


def drift_figures(
    profile: Profile, observed: Observed, exclude: Iterable[str], wanted: Collection[Name], drift_alpha: float, *,
    season: Season | None = None,
) -> dict[str, Any]:  # fmt: skip
    """`requests`, `served`, `rows`, `features` and `prediction` of `status.evaluation`, with the distances `wanted`;
    with a season, `reference` too.

    The features that moved most come first: certified distance times importance.

    `drift_alpha` is how sure drift of any one of them has to be. The chance to call one stable that is not is shared
    out between the features that are watched (Bonferroni).
    """
    features = watched(profile, exclude)
    alpha = ALPHA / max(1, len(features))
    basis = Basis.of(season, observed.rows_by_hour)
    measured = [
        _measured(one, observed.features[one.distribution.name], wanted, alpha, drift_alpha, basis=basis)
        for one in features
    ]
    rows = ranked(measured, lambda pair: pair[1])
    prediction, _ = _measured(profile.prediction, observed.prediction, wanted, ALPHA, drift_alpha, basis=basis)
    return {
        "requests": observed.requests,
        "served": observed.requests + observed.dropped,
        "rows": observed.rows,
        "unreadable": observed.unfit,
        **({"undecoded": observed.undecoded} if observed.undecoded else {}),
        **({"unwatched": len(unwatched)} if (unwatched := profile.unwatched.difference(exclude)) else {}),
        "features": [row for row, _ in rows],
        "prediction": prediction | reference_figures(profile.prediction.seasons, basis),
        **(reference_figures(features[0].seasons, basis) if features else {}),
    }


def _measured(
    reference: Reference, window: Distribution, wanted: Collection[Name], alpha: float, drift_alpha: float, *,
    basis: Basis | None,
) -> tuple[dict[str, Any], tuple[float, ...]]:  # fmt: skip
    """A row of the figures, and what it is ranked by."""
    known = reference.distribution
    compared = compare(known, reference.noise, reference.seasons, window, basis)
    intervals = {} if compared is None else _intervals(compared, wanted, alpha, drift_alpha)
    row: dict[str, Any] = {"name": known.name, "missingPercent": figure(window.missing_percent)}
    for key, mean in (("mean", window.mean), ("referenceMean", compared.reference.mean if compared else None)):
        if mean is not None:
            row[key] = figure(mean)
    row |= _unlike(known, window, alpha, drift_alpha)
    varies = {} if compared is None else _variation(compared, intervals, drift_alpha)
    row["distances"] = [figures(name, interval) | varies.get(name, {}) for name, interval in intervals.items()]
    row["shift"] = "" if compared is None else _shift(compared)
    if reference.importance is not None:
        row["importance"] = figure(reference.importance)
    strongest = intervals.get(ALWAYS)
    missing = (window.missing_percent - (compared.reference if compared else known).missing_percent) / 100
    surely = max(strongest.low if strongest else 0.0, missing)
    weight = 1.0 if reference.importance is None else reference.importance
    return row, (surely * weight, surely, strongest.value if strongest else 0.0)


def _intervals(
    compared: Comparison, wanted: Collection[Name], alpha: float, drift_alpha: float
) -> dict[Name, Interval]:
    """The distances that can be measured, with their intervals."""
    known, window = compared.reference, compared.window
    if not known.count or not window.count:
        return {}
    return {
        one.name: distance_interval(
            one,
            known.counts,
            window.counts,
            alpha=alpha,
            seed=SEED,
            noise=compared.noise.scaled(one.name, window.count, drift_alpha),
            drift_alpha=drift_alpha,
        )
        for name in wanted
        if (one := compared.measure(name)) is not None
    }


def _variation(compared: Comparison, names: Iterable[Name], drift_alpha: float) -> dict[Name, dict[str, str]]:
    """How far the reference may lie from itself over as many rows, where that is beyond nothing, as figures."""
    rows = compared.window.count
    found = {name: from_divergence(name, compared.noise.scaled(name, rows, drift_alpha)) for name in names}
    return {name: {"noise": figure(value)} for name, value in found.items() if 0 < value < math.inf}


def _shift(compared: Comparison) -> str:
    """What moved, in words."""
    known, window = compared.reference, compared.window
    return ", ".join(text for text in (describe_shift(known, window), describe_move(known, window)) if text)


def _unlike(known: Distribution, window: Distribution, alpha: float, drift_alpha: float) -> dict[str, Any]:
    """`kind`, and in percent what the reference has not: `outOfRange` of numbers, `newCategories` of texts."""
    numeric = known.bins.kind == "Numeric"
    row: dict[str, Any] = {"kind": known.bins.kind}
    if numeric and (factor := unit_factor(known, window)) is not None:
        row["unitFactor"] = figure(factor)
    found = unlike(known, window)
    if found is not None and found[1]:
        share = share_interval(*found, alpha=alpha, drift_alpha=drift_alpha)
        ends = {"value": share.value, "low": share.low, "high": share.high}
        told = {name: figure(100 * end) for name, end in ends.items()}
        if numeric and found[0] and window.extent is not None and window.extent.has_numbers:
            told |= {"minimum": figure(window.extent.minimum), "maximum": figure(window.extent.maximum)}
        row["outOfRange" if numeric else "newCategories"] = told
    return row


def _reference(raw: Mapping[str, Any]) -> Reference:
    noise = raw.get("noise") or {}
    # a profile that says nothing of noise says that there is none
    distances = {name: float(noise.get(noise_key(name), 0)) for name in NAMES if not noise or noise_key(name) in noise}
    lengths = read_lengths(noise)
    known, distribution = raw.get("importance"), from_profile(raw)
    return Reference(
        distribution,
        Noise(rows=int(noise.get("rows", UNKNOWN_ROWS)), distances=distances, lengths=lengths),
        None if known is None else float(known),
        Seasons.parse(raw.get("seasons"), distribution),
    )
