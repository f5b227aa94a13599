"""Everything that a DriftMonitor is judged by, from the windows of its champion and the labels that have come."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from leeboard.api.drift_monitor import DriftMonitorSpec
from leeboard.api.model_version import ModelVersion
from leeboard.evaluator.comparison import Basis
from leeboard.evaluator.concept_figures import concept_figures
from leeboard.evaluator.drift_figures import Observed, Profile, drift_figures, observe, wanted_distances, watched
from leeboard.evaluator.false_alarms import drift_alpha
from leeboard.evaluator.figures import figure
from leeboard.evaluator.labels import Joined
from leeboard.evaluator.onsets import name_onsets
from leeboard.evaluator.performance_figures import performance_figures
from leeboard.evaluator.pods import name_pods
from leeboard.evaluator.score_meaning import estimated_figures
from leeboard.evaluator.segment_cause import name_segments
from leeboard.evaluator.segment_figures import Segmented, looks_in_segments, observe_segments, segment_figures
from leeboard.evaluator.windows import Window
from leeboard.stats import performance

CONCEPT = "ConceptDrift"
"""The check that asks for every error by itself; others are as fast for a million rows as for a hundred."""


class Monitored(NamedTuple):
    """The figures of `status.evaluation`, and the counts that they are of, within segments too."""

    raw: dict[str, Any]
    observed: Observed
    segmented: tuple[Segmented, ...]


def monitor_figures(
    spec: DriftMonitorSpec,
    task: str,
    version: ModelVersion,
    profile: Profile,
    windows: Sequence[Window],
    *,
    labelled: Joined,
) -> Monitored:
    """`labelled` are the rows whose label came within the window."""
    excluded = spec.features.exclude
    alpha = drift_alpha(spec, len(watched(profile, excluded)), looks_in_segments(profile, excluded))
    metrics = [*(check.metric for check in spec.checks if check.metric), *performance.defaults(task)]
    observed, segmented = observe(profile, windows), observe_segments(profile.segments, windows)
    season = spec.reference.season
    drifted = drift_figures(profile, observed, excluded, wanted_distances(spec.checks), alpha, season=season)
    name_onsets(drifted["features"], profile, windows, Basis.of(season, observed.rows_by_hour))
    name_pods(drifted["features"], profile, windows)
    name_segments(drifted["features"], segmented)
    raw = {
        "driftAlpha": figure(alpha),
        **drifted,
        **segment_figures(profile, segmented, excluded, spec.checks, alpha),
        "estimated": estimated_figures(profile.score_meaning, observed.prediction, version, metrics, alpha),
        "performance": performance_figures(version, metrics, labelled.truth, labelled.scores, alpha),
        **(concept_figures(task, labelled, alpha) if CONCEPT in {check.type for check in spec.checks} else {}),
    }
    return Monitored(raw, observed, segmented)
