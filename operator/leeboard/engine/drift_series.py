"""The series of the figures of a DriftMonitor: what the evaluator found, beside where it becomes drift.

However many inputs there are, and however many distances are measured, a monitor has no more than
`MOST_INPUTS` inputs by one distance, its prediction by one, and `MOST_METRICS` metrics.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from leeboard.api.metrics import higher_is_better
from leeboard.engine import object_families as families
from leeboard.observability.families import Family
from leeboard.planning.drift.figures import Interval, Performance, Subject, read_figures
from leeboard.planning.plan import Raw

Series = tuple[Family, list[str], float]
MOST_INPUTS = 10
"""Those that stand first in the evaluation: of which most is certain, by what the model rests on them."""
MOST_METRICS = 5
_OTHERWISE = "JensenShannon"
"""It is measured of every input, whether a check asks for it or not."""
_SUBJECTS = {"input": "DataDrift", "prediction": "PredictionDrift"}
_SOURCES = {"labels": "Performance", "estimate": "EstimatedPerformance"}


def figures_series(spec: Raw, evaluation: Raw, labels: list[str]) -> Iterator[Series]:
    """Distances and metrics with their intervals, thresholds and references. Of what cannot be read there is none."""
    checks = _checks(spec)
    for of, check in _SUBJECTS.items():
        first = next((one for one in checks if one.get("type") == check), None)
        threshold = number_in((first or {}).get("threshold"))
        if first is not None and threshold is not None:
            yield families.DISTANCE_THRESHOLD, [*labels, of, str(first.get("distance"))], threshold
    figures = read_figures(evaluation)
    if figures is None or figures.error is not None:
        return
    excluded = set((spec.get("features") or {}).get("exclude") or ())
    inputs = list({one.name: one for one in figures.features if one.name not in excluded}.values())[:MOST_INPUTS]
    yield from _distances(labels, "input", checks, inputs)
    yield from _distances(labels, "prediction", checks, [figures.prediction] if figures.prediction else [])
    of_metrics = {"labels": _first(figures.performance), "estimate": _first(figures.estimated)}
    for source, metrics in of_metrics.items():
        for one in metrics:
            yield from _ends(families.PERFORMANCE, [*labels, one.name, source], one.interval)
            yield from _limit(labels, source, checks, one)
    references = {one.name: one.reference for metrics in of_metrics.values() for one in metrics}
    for name, reference in references.items():
        yield families.PERFORMANCE_REFERENCE, [*labels, name], reference


def _first(metrics: Sequence[Performance]) -> list[Performance]:
    return list({one.name: one for one in metrics}.values())[:MOST_METRICS]


def _distances(
    labels: list[str], of: str, checks: Sequence[Mapping[str, Any]], subjects: Sequence[Subject]
) -> Iterator[Series]:
    """By the distance of the first check: one that changed with the figures would tear lines apart."""
    named = next((str(one.get("distance")) for one in checks if one.get("type") == _SUBJECTS[of]), _OTHERWISE)
    for subject in subjects:
        # of texts there are distances that are of numbers alone
        for name in dict.fromkeys((named, _OTHERWISE)):
            if name in subject.distances:
                yield from _ends(families.DISTANCE, [*labels, of, subject.name, name], subject.distances[name])
                break


def _limit(
    labels: list[str], source: str, checks: Sequence[Mapping[str, Any]], metric: Performance
) -> Iterator[Series]:
    of_metric = (one for one in checks if (one.get("type"), one.get("metric")) == (_SOURCES[source], metric.name))
    most = number_in(next(of_metric, {}).get("maxDrop"))
    if most is not None:
        limit = metric.reference - most if higher_is_better(metric.name) else metric.reference + most
        yield families.PERFORMANCE_LIMIT, [*labels, metric.name, source], limit


def _ends(family: Family, labels: list[str], interval: Interval) -> Iterator[Series]:
    for end, value in (("value", interval.value), ("low", interval.low), ("high", interval.high)):
        yield family, [*labels, end], value


def _checks(spec: Raw) -> list[Mapping[str, Any]]:
    return [one for one in spec.get("checks") or () if isinstance(one, Mapping)]


def number_in(text: Any) -> float | None:
    """A number of a status or spec; None where it is none."""
    try:
        return float(text)
    except (TypeError, ValueError):
        return None
