"""The evaluator's figures as `status.evaluation` of a DriftMonitor carries them, read with care."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leeboard.api.reasons import Reason
from leeboard.planning.drift.raw_values import read_count, read_items, read_moment, read_number
from leeboard.planning.drift.seasons import NOTHING, not_compared
from leeboard.planning.drift.segments import Segment, SegmentInput
from leeboard.planning.drift.windows_seen import Windows, read_windows
from leeboard.planning.evaluation_error import evaluation_error


@dataclass(frozen=True)
class Interval:
    """A figure with the ends of its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Subject:
    """An input or the prediction: the window beside the reference.

    `out_of_range` and `new_categories` are in percent; `unit_factor` is by what all numbers seem to be multiplied, 1
    where they are not. `extremes` are the smallest and the largest number of a window of which some lie beyond the
    reference, where they are known. `is_numeric` is None where the figures do not say. `importance` is the share of an
    input in what the model knows, 0 to 1. `since` is when an input began to drift, where that lies within the window.
    `not_compared` says why there is nothing that the reference is compared by. `noise` is how far, by the name of a
    distance, the reference may lie from itself over as many rows.
    """

    name: str
    missing_percent: float | None
    mean: float | None
    reference_mean: float | None
    distances: Mapping[str, Interval]
    shift: str
    out_of_range: Interval | None = None
    extremes: tuple[float, float] | None = None
    new_categories: Interval | None = None
    unit_factor: float | None = None
    is_numeric: bool | None = None
    importance: float | None = None
    since: datetime | None = None
    not_compared: str = NOTHING
    noise: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Performance:
    """A metric over the rows whose labels have come, or what to expect of it over all.

    `reference` is its value on the holdout, `surely` the interval that a verdict of drift has to keep to.
    """

    name: str
    interval: Interval
    surely: Interval
    rows: int
    reference: float


@dataclass(frozen=True)
class Errors:
    """The mean error of labelled rows, and where it changed within the window: when, and its means before and after."""

    rows: int
    mean: float
    at: datetime | None
    before: float | None
    after: float | None


@dataclass(frozen=True)
class Labels:
    """Labels that arrived within the window: all, and those that belong to a prediction; when the newest one came."""

    arrived: int
    rows: int
    newest: datetime | None


@dataclass(frozen=True)
class KPIValue:
    """A figure of the business; `value` is None where it could not be had, and `message` says why."""

    name: str
    value: float | None
    message: str = ""


@dataclass(frozen=True)
class Skewed:
    """Of one input the share of rows that were served otherwise than they are computed, in percent, or why it is not
    known; `ratio` is by what computed numbers seem to be multiplied."""

    name: str
    share: Interval | None
    ratio: float | None = None
    message: str = ""


@dataclass(frozen=True)
class Skew:
    """Logged rows beside recomputed ones: how many there are, and the inputs, or why there are none."""

    rows: int
    inputs: tuple[Skewed, ...]
    message: str = ""


@dataclass(frozen=True)
class Figures:
    """One evaluation.

    `served` counts the requests of the window that were answered, where that is known; `error` is reason and message
    where there are no figures. `serving_since` is when the champion began to serve, `newest_rows` the end of the newest
    window file that has rows, where one has. `unreadable` counts windows that are in none of the figures, and
    `unwatched` inputs that none of them is about; `undecoded` frames told of requests that no exporter could read.
    """

    observed_at: datetime
    version: str
    requests: int
    served: int | None
    rows: int
    features: tuple[Subject, ...]
    prediction: Subject | None
    performance: tuple[Performance, ...]
    estimated: tuple[Performance, ...]
    errors: Errors | None
    error: tuple[Reason, str] | None
    labels: Labels | None
    window_start: datetime | None = None
    serving_since: datetime | None = None
    newest_rows: datetime | None = None
    kpis: tuple[KPIValue, ...] = ()
    skew: Skew | None = None
    segments: tuple[Segment, ...] = ()
    segment_inputs: tuple[SegmentInput, ...] = ()
    segment_predictions: tuple[SegmentInput, ...] = ()
    windows: Windows | None = None
    unreadable: int = 0
    unwatched: int = 0
    undecoded: int = 0


def read_figures(raw: Mapping[str, Any] | None) -> Figures | None:
    """The figures, None where there are none or they do not say when they were taken. Unreadable parts are left out."""
    observed = read_moment((raw or {}).get("observedAt"))
    if raw is None or observed is None:
        return None
    why, predicted = not_compared(raw.get("reference")), raw.get("prediction")
    return Figures(
        observed_at=observed,
        version=str(raw.get("version", "")),
        requests=read_count(raw.get("requests")) or 0,
        served=read_count(raw.get("served")),
        rows=read_count(raw.get("rows")) or 0,
        features=tuple(subject for one in read_items(raw.get("features")) if (subject := _subject(one, why))),
        prediction=_subject(predicted, not_compared(predicted.get("reference")))
        if isinstance(predicted, Mapping)
        else None,
        performance=tuple(metric for one in read_items(raw.get("performance")) if (metric := _performance(one))),
        estimated=tuple(metric for one in read_items(raw.get("estimated")) if (metric := _performance(one))),
        errors=_errors(raw.get("conceptDrift")),
        error=evaluation_error(raw),
        labels=_labels(raw.get("labels")),
        window_start=read_moment(raw["window"].get("start")) if isinstance(raw.get("window"), Mapping) else None,
        serving_since=read_moment(raw.get("servingSince")),
        newest_rows=read_moment(raw.get("newestRows")),
        skew=_skew(raw.get("skew")),
        kpis=tuple(_kpi(one) for one in read_items(raw.get("kpis"))),
        segments=tuple(_segment(one) for one in read_items(raw.get("segments"))),
        segment_inputs=tuple(_segment_input(one) for one in read_items(raw.get("segmentInputs"))),
        segment_predictions=tuple(_segment_input(one) for one in read_items(raw.get("segmentPredictions"))),
        windows=read_windows(raw.get("windows")),
        unreadable=read_count(raw.get("unreadable")) or 0,
        unwatched=read_count(raw.get("unwatched")) or 0,
        undecoded=read_count(raw.get("undecoded")) or 0,
    )


def _segment(raw: Mapping[str, Any]) -> Segment:
    told = raw.get("prediction")
    predicted: Mapping[str, Any] = told if isinstance(told, Mapping) else {}
    return Segment(
        feature=str(raw.get("feature", "")),
        value=str(raw.get("value", "")),
        rows=read_count(raw.get("rows")) or 0,
        subjects=tuple(subject for one in read_items(raw.get("features")) if (subject := _subject(one, NOTHING))),
        prediction=_subject(predicted, NOTHING),
        predicted_rows=read_count(predicted.get("rows")) or 0,
    )


def _segment_input(raw: Mapping[str, Any]) -> SegmentInput:
    values, enough, pairs = (read_count(raw.get(name)) or 0 for name in ("values", "enough", "pairs"))
    return SegmentInput(str(raw.get("feature", "")), values, enough, pairs, str(raw.get("refused") or "")[:256])


def _subject(raw: Mapping[str, Any], why: str) -> Subject | None:
    name = str(raw.get("name", ""))
    if not name:
        return None
    measured = [one for one in read_items(raw.get("distances")) if one.get("name")]
    distances = {str(one["name"]): interval for one in measured if (interval := _interval(one))}
    noise = {str(one["name"]): found for one in measured if (found := read_number(one.get("noise"))) is not None}
    return Subject(
        name=name,
        missing_percent=read_number(raw.get("missingPercent")),
        mean=read_number(raw.get("mean")),
        reference_mean=read_number(raw.get("referenceMean")),
        distances=distances,
        shift=str(raw.get("shift") or "")[:512],
        out_of_range=_interval(raw["outOfRange"]) if isinstance(raw.get("outOfRange"), Mapping) else None,
        extremes=_extremes(raw.get("outOfRange")),
        new_categories=_interval(raw["newCategories"]) if isinstance(raw.get("newCategories"), Mapping) else None,
        unit_factor=read_number(raw.get("unitFactor")),
        importance=read_number(raw.get("importance")),
        since=read_moment(raw.get("since")),
        is_numeric={"Numeric": True, "Categorical": False}.get(str(raw.get("kind"))),
        not_compared=why,
        noise=noise,
    )


def _extremes(raw: Any) -> tuple[float, float] | None:
    if not isinstance(raw, Mapping):
        return None
    minimum, maximum = read_number(raw.get("minimum")), read_number(raw.get("maximum"))
    return None if minimum is None or maximum is None else (minimum, maximum)


def _performance(raw: Mapping[str, Any]) -> Performance | None:
    interval, reference = _interval(raw), read_number(raw.get("reference"))
    if interval is None or reference is None:
        return None
    ends = raw.get("surely")
    surely = _interval({"value": raw["value"], **ends}) if isinstance(ends, Mapping) else None
    return Performance(
        str(raw.get("name", "")), interval, surely or interval, read_count(raw.get("rows")) or 0, reference
    )


def _errors(raw: Any) -> Errors | None:
    mean = read_number(raw.get("error")) if isinstance(raw, Mapping) else None
    if mean is None:
        return None
    ends = read_number(raw.get("before")), read_number(raw.get("after"))
    return Errors(read_count(raw.get("rows")) or 0, mean, read_moment(raw.get("at")), *ends)


def _labels(raw: Any) -> Labels | None:
    if not isinstance(raw, Mapping):
        return None
    return Labels(read_count(raw.get("arrived")) or 0, read_count(raw.get("rows")) or 0, read_moment(raw.get("newest")))


def _skew(raw: Any) -> Skew | None:
    if not isinstance(raw, Mapping):
        return None
    inputs = tuple(
        Skewed(str(one.get("name", "")), _interval(one), read_number(one.get("ratio")), _message(one))
        for one in read_items(raw.get("features"))
    )
    return Skew(read_count(raw.get("rows")) or 0, inputs, _message(raw))


def _message(raw: Mapping[str, Any]) -> str:
    return str(raw.get("message") or "")[:512]


def _kpi(raw: Mapping[str, Any]) -> KPIValue:
    return KPIValue(str(raw.get("name", "")), read_number(raw.get("value")), _message(raw))


def _interval(raw: Mapping[str, Any]) -> Interval | None:
    value, low, high = (read_number(raw.get(end)) for end in ("value", "low", "high"))
    if value is None or low is None or high is None or not low <= value <= high:
        return None
    return Interval(value, low, high)
