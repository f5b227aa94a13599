"""What is shown of the four kinds: of each object, and of all of them together."""

from __future__ import annotations

from leeboard.observability.families import Family

_OBJECT = ("kind", "namespace", "name")
_VERSION = ("namespace", "model", "version")
_MONITOR = ("namespace", "monitor", "model")
_TRAINING = ("namespace", "training_job", "model")

OBJECTS = Family(
    "leeboard_objects", "gauge", "Objects by the status of their condition Ready, a count.", ("kind", "ready")
)
HIDDEN = Family(
    "leeboard_objects_without_series",
    "gauge",
    "Objects beyond metrics.objectLimit: they are counted, and have no series of their own.",
    ("kind",),
)
ROLLOUTS = Family("leeboard_rollouts", "gauge", "Rollouts under way by phase, a count.", ("phase",))
ACTIVE_RUNS = Family("leeboard_training_runs_active", "gauge", "Runs under way by phase, a count.", ("phase",))
VERDICTS = Family("leeboard_drift_verdicts", "gauge", "DriftMonitors by verdict, a count.", ("verdict",))
TOGETHER = (OBJECTS, HIDDEN, ROLLOUTS, ACTIVE_RUNS, VERDICTS)

READY = Family("leeboard_ready", "gauge", "1 where the condition Ready is True, else 0.", _OBJECT)
EXPIRY = Family(
    "leeboard_evaluation_expiry_timestamp_seconds",
    "gauge",
    "When the evaluator's newest figures become too old to go by, in seconds since 1970.",
    _OBJECT,
)
WEIGHT = Family(
    "leeboard_model_traffic_weight_percent",
    "gauge",
    "Share of a Model's requests by version, in percent: asked for, of the ready pods, and counted (requested, replica,"
    " observed); without a rollout only the champion's 100.",
    (*_VERSION, "role", "weight"),
)
CHAMPION_SINCE = Family(
    "leeboard_model_champion_since_timestamp_seconds",
    "gauge",
    "When the version became champion, in seconds since 1970.",
    _VERSION,
)
CHAMPION_REGISTERED = Family(
    "leeboard_model_champion_registered_timestamp_seconds",
    "gauge",
    "When the champion was registered, and so how old its training is, in seconds since 1970.",
    _VERSION,
)
STAGE_DUE = Family(
    "leeboard_rollout_stage_due_timestamp_seconds",
    "gauge",
    "When the present stage of a rollout may end at the earliest, in seconds since 1970.",
    (*_VERSION, "phase"),
)
QUARANTINED = Family(
    "leeboard_model_quarantined_versions", "gauge", "Versions that were rolled back, a count.", ("namespace", "model")
)
AWAITING_APPROVAL = Family(
    "leeboard_model_version_awaiting_approval_since_timestamp_seconds",
    "gauge",
    "Since when a version has been waiting for somebody's approval, in seconds since 1970.",
    _VERSION,
)
VERDICT = Family("leeboard_drift_verdict", "gauge", "1 for the verdict of the newest window.", (*_MONITOR, "verdict"))
SCORE = Family(
    "leeboard_drift_score_ratio",
    "gauge",
    "The strongest figure of each type of check over its threshold: 1 is at the threshold.",
    (*_MONITOR, "check"),
)
ROWS = Family("leeboard_drift_window_rows", "gauge", "Rows in the newest window, a count.", _MONITOR)
LABELLED = Family(
    "leeboard_drift_window_labelled_rows", "gauge", "Predictions whose label arrived in the newest window.", _MONITOR
)
LABEL_DELAY = Family(
    "leeboard_label_delay_seconds",
    "gauge",
    "Within which time after the prediction half (p50) and 95 % (p95) of the newest window's labels arrived.",
    (*_MONITOR, "percentile"),
)
EPISODE = Family(
    "leeboard_drift_episode_start_timestamp_seconds",
    "gauge",
    "When the open episode of drift began, in seconds since 1970.",
    _MONITOR,
)
EVALUATED = Family(
    "leeboard_drift_evaluated_timestamp_seconds",
    "gauge",
    "When the newest figures were taken, in seconds since 1970.",
    _MONITOR,
)
ARRIVED = Family(
    "leeboard_drift_window_arrived_labels",
    "gauge",
    "Labels that arrived in the newest window, also of predictions that are not known.",
    _MONITOR,
)
DISTANCE = Family(
    "leeboard_drift_distance",
    "gauge",
    "How far the ten strongest inputs, and the prediction, are from the reference, by the distance of the first check"
    " of them: the value, and between which ends (low, high) it surely lies. In the distance's unit.",
    (*_MONITOR, "of", "subject", "distance", "end"),
)
DISTANCE_THRESHOLD = Family(
    "leeboard_drift_distance_threshold",
    "gauge",
    "From which distance on it is drift, of inputs and of the prediction, by the first check of them.",
    (*_MONITOR, "of", "distance"),
)
PERFORMANCE = Family(
    "leeboard_drift_performance",
    "gauge",
    "Metrics by the labels of the newest window (labels), and as they are to be expected without them (estimate): the"
    " value, and the ends of its interval (low, high). In the metric's unit.",
    (*_MONITOR, "metric", "source", "end"),
)
PERFORMANCE_REFERENCE = Family(
    "leeboard_drift_performance_reference",
    "gauge",
    "The metric on the version's holdout, in its unit.",
    (*_MONITOR, "metric"),
)
PERFORMANCE_LIMIT = Family(
    "leeboard_drift_performance_limit",
    "gauge",
    "From which value of the metric on it is drift, by the first check of it, in its unit.",
    (*_MONITOR, "metric", "source"),
)
ASKED = Family(
    "leeboard_drift_requested_runs",
    "gauge",
    "Runs that the monitor asks of a TrainingJob for the newest episode, a count.",
    (*_MONITOR, "training_job"),
)
UNHELPFUL = Family(
    "leeboard_drift_unhelpful_runs",
    "gauge",
    "Runs in a row that were asked for and promoted, and after which drift went on, a count.",
    _MONITOR,
)
RUNS = Family(
    "leeboard_training_runs",
    "gauge",
    "Runs that the status of a TrainingJob remembers (20 at most), by outcome.",
    (*_TRAINING, "phase", "reason"),
)
LAST_SUCCESS = Family(
    "leeboard_training_last_success_timestamp_seconds",
    "gauge",
    "When a remembered run last succeeded, in seconds since 1970.",
    _TRAINING,
)
LAST_DURATION = Family(
    "leeboard_training_last_duration_seconds", "gauge", "How long the newest run that ended took.", _TRAINING
)
FAILURES = Family(
    "leeboard_training_consecutive_failures", "gauge", "Runs that failed since one did not, a count.", _TRAINING
)
OF_EACH = (
    *(READY, EXPIRY, WEIGHT, CHAMPION_SINCE, CHAMPION_REGISTERED, STAGE_DUE, QUARANTINED, AWAITING_APPROVAL),
    *(VERDICT, SCORE, ROWS, LABELLED, ARRIVED, LABEL_DELAY, EVALUATED, DISTANCE, DISTANCE_THRESHOLD),
    *(PERFORMANCE, PERFORMANCE_REFERENCE, PERFORMANCE_LIMIT, EPISODE, ASKED, UNHELPFUL),
    *(RUNS, LAST_SUCCESS, LAST_DURATION, FAILURES),
)
FAMILIES = (*TOGETHER, *OF_EACH)
