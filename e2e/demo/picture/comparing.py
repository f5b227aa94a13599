"""The same metric of the old champion and of the one that replaced it because of drift."""

from typing import Any

from e2e.demo.picture.collecting import described, figure_of
from e2e.demo.picture.report import Comparison, Figure, Measurement
from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.metrics import higher_is_better
from leeboard.api.model_version import Metric, ModelVersion
from leeboard.planning.drift.figures import Performance, read_figures

Document = dict[str, Any]


def comparison_from(metric: str, before: Document, after: Document, monitor: Document | None = None) -> Comparison:
    """Two ModelVersions, and what the DriftMonitor measured of the first one when it found drift.

    `after` was evaluated beside `before` on the same, later holdout. Raises ValueError where it was not, or a figure
    is missing.
    """
    old, new = ModelVersion.parse(before), ModelVersion.parse(after)
    old_name, comparison = old.metadata.name, new.spec.comparison
    if comparison is None or comparison.champion != old_name:
        raise ValueError(f"{new.metadata.name} was not evaluated beside {old_name}")
    rows = [_measured("on the holdout of its own time", old, _named(metric, old.spec.metrics, old_name), _holdout(old))]
    observed = _observed(metric, monitor)
    if observed is not None:
        figure = Figure(
            name=metric, value=observed.interval.value, low=observed.interval.low, high=observed.interval.high
        )
        note = f"labels that came back, {observed.rows:,} rows".replace(",", "\u2009")
        rows.append(_measured("when drift was found", old, figure, note))
    rows.append(_measured("on the newest holdout", old, _named(metric, comparison.metrics, old_name), _holdout(new)))
    rows.append(
        _measured(
            "retrained, on the same holdout", new, _named(metric, new.spec.metrics, new.metadata.name), _holdout(new)
        )
    )
    return Comparison(
        metric=metric,
        higher_is_better=higher_is_better(metric),
        measurements=tuple(rows),
        threshold=_threshold(metric, monitor, observed),
    )


def _named(metric: str, metrics: tuple[Metric, ...], version: str) -> Figure:
    found = next((one for one in metrics if one.name == metric), None)
    if found is None:
        raise ValueError(f"{version} has no {metric}")
    return figure_of(found)


def _observed(metric: str, monitor: Document | None) -> Performance | None:
    """The metric over the labels that came back, where the monitor has it."""
    figures = read_figures(DriftMonitor.parse(monitor).status.evaluation) if monitor else None
    return next((one for one in figures.performance if one.name == metric), None) if figures else None


def _threshold(metric: str, monitor: Document | None, observed: Performance | None) -> float | None:
    """From where on it is drift: the reference, and as much worse as the check allows."""
    if monitor is None or observed is None:
        return None
    checks = DriftMonitor.parse(monitor).spec.checks
    drop = next((float(c.max_drop or "0") for c in checks if c.type == "Performance" and c.metric == metric), None)
    if drop is None:
        return None
    return observed.reference - drop if higher_is_better(metric) else observed.reference + drop


def _measured(label: str, version: ModelVersion, figure: Figure, note: str) -> Measurement:
    return Measurement(
        label=label, version=version.metadata.name, value=figure.value, low=figure.low, high=figure.high, note=note
    )


def _holdout(version: ModelVersion) -> str:
    found = next((described(one) for one in version.spec.datasets if one.role == "Holdout"), "")
    return f"holdout {found}".strip()
