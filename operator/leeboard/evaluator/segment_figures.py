"""Figures about inputs and predictions within segments: of very many pairs, the few that matter."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard.api.drift_check import Check
from leeboard.evaluator.drift_figures import Profile, Reference
from leeboard.evaluator.false_alarms import Looks
from leeboard.evaluator.figures import figure, figures
from leeboard.evaluator.windows import Window
from leeboard.stats.distances import Name
from leeboard.stats.distributions import Distribution
from leeboard.stats.intervals import Interval, distance_interval
from leeboard.stats.measures import Measure, measure
from leeboard.stats.moves import describe_move
from leeboard.stats.screening import screened
from leeboard.stats.segments import SegmentCounts, SegmentReference, distribution_in
from leeboard.stats.shifts import describe_shift

ALPHA = 0.05
SEED = 0
LEAST_ROWS = 100
"""Of a window in a segment; with fewer it is not looked at."""
MOST_PAIRS = 10
MOST_INTERVALS = 200
"""An interval takes half a millisecond, and there may be four thousand pairs."""
OTHERS = "other categories"
PREDICTION = "PredictionDrift"
"""The check that looks at predictions; others that look by segment look at inputs."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Segmented:
    """Windows added up by the values of one input, beside the reference."""

    reference: SegmentReference
    window: SegmentCounts

    def looked_at(self, excluded: Iterable[str]) -> list[int]:
        """The places of the inputs that are watched."""
        left_out = set(excluded)
        return [place for place, one in enumerate(self.window.inputs) if one.name not in left_out]

    @property
    def able(self) -> NDArray[np.bool_]:
        """Which values have rows enough."""
        rows: NDArray[np.bool_] = self.window.rows[:-1] >= LEAST_ROWS
        return rows

    def whole(self, place: int) -> Distribution:
        """An input over all segments of the reference: what distances are made for."""
        counts = self.reference.counted.inputs[place].counts.sum(axis=0)
        return Distribution(self.window.inputs[place].name, self.reference.bins[place], counts)

    def measure(self, name: Name, place: int) -> Measure | None:
        """The distance of one input, the same in every segment."""
        return measure(name, self.whole(place))

    def pair(self, segment: int, place: int) -> tuple[Distribution, Distribution]:
        """An input within one segment: the reference and the window."""
        bins = self.reference.bins[place]
        known = distribution_in(self.reference.counted, place, segment, bins)
        return known, distribution_in(self.window, place, segment, bins)


def observe_segments(references: Sequence[SegmentReference], windows: Iterable[Window]) -> tuple[Segmented, ...]:
    """Add up windows. What is not on the bins of the profile is left out."""
    found = tuple(Segmented(one, one.empty()) for one in references)
    by_feature = {one.reference.feature: one.window for one in found}
    for window in windows:
        for counted in window.segments:
            total = by_feature.get(counted.feature)
            if total is not None and total.fits(counted):
                total.add(counted)
    return found


def scores_within(segmented: Iterable[Segmented]) -> list[Segmented]:
    """The predictions as the one input of the same segments, where the profile counts them; inputs by which there are
    none are as they were."""
    found = []
    for one in segmented:
        reference = one.reference.of_scores
        if one.reference.refused:
            found.append(one)
        elif reference is not None and one.window.scores is not None:
            found.append(Segmented(reference, one.window.scores))
    return found


def looks_in_segments(profile: Profile, excluded: Iterable[str]) -> Looks:
    """How often an input, and the prediction, is looked at within a value of another, by the name of that one."""
    left_out = set(excluded)
    inputs = {
        one.feature: len(one.values) * sum(counted.name not in left_out for counted in one.counted.inputs)
        for one in profile.segments
    }
    return Looks(inputs, {one.feature: len(one.values) for one in profile.segments if one.of_scores is not None})


@dataclass(frozen=True, eq=False)
class _Looking:
    """What checks ask of the segments by one input; `alpha` and `drift_alpha` as in `drift_figures`."""

    segmented: Segmented
    checks: tuple[Check, ...]
    references: Mapping[str, Reference]
    alpha: float
    drift_alpha: float


@dataclass(frozen=True, eq=False)
class _Pair:
    """A segment and an input. `rank` is whether it is beyond a threshold, and by how many times it is at one."""

    looking: _Looking = field(repr=False)
    segment: int
    place: int
    rank: tuple[bool, float]


_Measured = Sequence[tuple[_Pair, dict[str, Any]]]


def segment_figures(
    profile: Profile,
    segmented: Sequence[Segmented],
    excluded: Iterable[str],
    checks: Sequence[Check],
    drift_alpha: float,
) -> dict[str, Any]:
    """`segments`, `segmentInputs` and `segmentPredictions` of `status.evaluation`; nothing where no check looks by
    segment.

    Of all pairs of a segment and an input the ten are kept that lie furthest beyond what checks allow, by what is
    certain and what the model rests on the input, and so of the segments by their predictions. A pair that is drift is
    never left out for one that is not.
    """
    of_scores = [check for check in checks if check.by and check.type == PREDICTION]
    of_inputs = [check for check in checks if check.by and check.type != PREDICTION]
    if not of_scores and not of_inputs:
        return {}
    references = {one.distribution.name: one for one in profile.features}
    inputs, told = _furthest(segmented, references, tuple(excluded), of_inputs, drift_alpha)
    prediction = {profile.prediction.distribution.name: profile.prediction}
    scores, told_of_scores = _furthest(scores_within(segmented), prediction, (), of_scores, drift_alpha)
    figures_of: dict[str, Any] = {"segments": _by_segment(inputs, scores), "segmentInputs": told}
    return figures_of | ({"segmentPredictions": told_of_scores} if of_scores else {})


def _furthest(
    segmented: Sequence[Segmented],
    references: Mapping[str, Reference],
    left_out: tuple[str, ...],
    checks: Sequence[Check],
    drift_alpha: float,
) -> tuple[list[tuple[_Pair, dict[str, Any]]], list[dict[str, Any]]]:
    """The pairs that lie furthest beyond what checks allow, with their rows, and what was looked at."""
    told, pairs = [], []
    for one in segmented:
        asking = tuple(check for check in checks if check.by == one.reference.feature)
        if not asking:
            continue
        places = one.looked_at(left_out)
        number = int(one.able.sum()) * len(places)
        looking = _Looking(one, asking, references, ALPHA / max(1, number), drift_alpha)
        told.append(_told(one, number))
        pairs += [pair for place in places for pair in _pairs(looking, place)]
    beyond = sum(pair.rank[0] for pair in pairs)
    likely = sorted(pairs, key=lambda pair: pair.rank, reverse=True)[: max(MOST_PAIRS, min(beyond, MOST_INTERVALS))]
    measured = sorted((_measured(pair) for pair in likely), key=lambda found: found[0].rank, reverse=True)
    return measured[:MOST_PAIRS], told


def _told(one: Segmented, looked_at: int) -> dict[str, Any]:
    reference = one.reference
    told = {"feature": reference.feature, "values": len(reference.values), "enough": int(one.able.sum())}
    return told | {"pairs": looked_at} | ({"refused": reference.refused} if reference.refused else {})


def _pairs(looking: _Looking, place: int) -> Iterable[_Pair]:
    """The pairs of one input with every value that has rows enough, by a quick look."""
    one = looking.segmented
    segments = np.flatnonzero(one.able)
    ranks = [(False, 0.0)] * len(segments)
    for check in looking.checks:
        likely, threshold = _likely(check, one, place, segments)
        found = [(certain > threshold, _times(certain, threshold)) for certain in likely]
        ranks = [max(pair) for pair in zip(ranks, found, strict=True)]
    return (_Pair(looking, int(segment), place, rank) for segment, rank in zip(segments, ranks, strict=True))


def _likely(check: Check, one: Segmented, place: int, segments: NDArray[np.int64]) -> tuple[list[float], float]:
    """About what is certain of the figure of every segment, never less than that, and the threshold."""
    window = one.window.inputs[place]
    if check.distance is None:
        missing = (100 * window.missing[segments] / one.window.rows[segments]).tolist()
        return missing, float(check.max_missing_percent or 0)
    known = one.measure(check.distance, place)
    if known is None or not len(segments):
        return [0.0] * len(segments), 1.0
    reference = one.reference.counted.inputs[place].counts[segments]
    left = screened(known, reference, window.counts[segments], SEED)
    return np.nan_to_num(left).tolist(), float(check.threshold or "0")


def _times(value: float, threshold: float) -> float:
    return value / threshold if threshold > 0 else value


def _measured(pair: _Pair) -> tuple[_Pair, dict[str, Any]]:
    """The pair ranked by what is certain of it, and its row of the figures."""
    looking, one = pair.looking, pair.looking.segmented
    known, window = one.pair(pair.segment, pair.place)
    reference = looking.references.get(known.name)
    intervals = _intervals(pair, known, window)
    beyond, strongest = False, 0.0
    for check in looking.checks:
        if check.distance is None:
            certain, threshold = window.missing_percent, float(check.max_missing_percent or 0)
        elif check.distance in intervals:
            certain, threshold = intervals[check.distance].low, float(check.threshold or "0")
        else:
            continue
        beyond, strongest = beyond or certain > threshold, max(strongest, _times(certain, threshold))
    row: dict[str, Any] = {"name": known.name, "missingPercent": figure(window.missing_percent)}
    row["distances"] = [figures(name, interval) for name, interval in intervals.items()]
    words = describe_shift(known, window, OTHERS), describe_move(known, window)
    row["shift"] = ", ".join(text for text in words if text)
    if reference is not None and reference.importance is not None:
        row["importance"] = figure(reference.importance)
        strongest *= reference.importance
    return replace(pair, rank=(beyond, strongest)), row


def _intervals(pair: _Pair, known: Distribution, window: Distribution) -> dict[Name, Interval]:
    looking, one = pair.looking, pair.looking.segmented
    if not known.count or not window.count:
        return {}
    share = int(one.reference.counted.rows[pair.segment]) / max(1, int(one.reference.counted.rows.sum()))
    reference = looking.references.get(known.name)
    noise = reference.noise.within(share) if reference is not None else None
    return {
        name: distance_interval(
            found,
            known.counts,
            window.counts,
            alpha=looking.alpha,
            seed=SEED,
            noise=noise.scaled(name, window.count, looking.drift_alpha) if noise is not None else 0.0,
            drift_alpha=looking.drift_alpha,
        )
        for name in sorted({check.distance for check in looking.checks if check.distance})
        if (found := one.measure(name, pair.place)) is not None
    }


def _by_segment(inputs: _Measured, scores: _Measured) -> list[dict[str, Any]]:
    """The rows of pairs put together by their segment, in the order of the strongest of each."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for pair, row in inputs:
        _place(found, pair)["features"].append(row)
    for pair, row in scores:
        rows = int(pair.looking.segmented.window.rows[pair.segment])
        _place(found, pair)["prediction"] = {"rows": rows, **row}
    return list(found.values())


def _place(found: dict[tuple[str, str], dict[str, Any]], pair: _Pair) -> dict[str, Any]:
    one = pair.looking.segmented
    feature, value = one.reference.feature, one.reference.texts[pair.segment]
    empty = {"feature": feature, "value": value, "rows": int(one.window.rows[pair.segment]), "features": []}
    return found.setdefault((feature, value), empty)
