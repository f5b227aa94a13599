"""For every alert: series in which it fires, with what is then read, and series in which it does not.

Series are written as promtool's tests have them: `1+2x3` is 1 3 5 7, `_` is nothing, one value a minute.
"""

from __future__ import annotations

from dataclasses import dataclass, field

OPERATOR = {'leeboard_build_info{component="operator",job="a",instance="1"}': "1x600"}
STANDBY = {'leeboard_build_info{component="operator",job="a",instance="2"}': "1x600"}
MODEL = 'namespace="ml",model="m"'
VERSION = f'{MODEL},version="v1"'
CHAMPION = {f"leeboard_model_champion_since_timestamp_seconds{{{VERSION}}}": "1000x600"}
OF_VERSION = {"namespace": "ml", "model": "m", "version": "v1"}


def leading(instance: str, value: str) -> dict[str, str]:
    return {f'leader_election_master_status{{name="x",job="a",instance="{instance}"}}': value}


def reconciles(job: str, failing: str) -> dict[str, str]:
    labels = f'controller="model",job="{job}",instance="1"'
    return {
        f"controller_runtime_reconcile_errors_total{{{labels}}}": failing,
        f'controller_runtime_reconcile_total{{{labels},result="error"}}': failing,
        f'controller_runtime_reconcile_total{{{labels},result="success"}}': "0+60x600",
    }


def requests(good: str, bad: str, version: str = VERSION) -> dict[str, str]:
    """From two pods."""
    series = {}
    for pod in ("p", "q"):
        series[f'leeboard_requests_total{{{version},pod="{pod}",status="2xx"}}'] = good
        series[f'leeboard_requests_total{{{version},pod="{pod}",status="5xx"}}'] = bad
    return series


def predictions(asked: str, refused: str, late: str, health: str = "0+30x600") -> dict[str, str]:
    """Of two pods' servers."""
    series = {}
    for pod in ("p", "q"):
        own = f'{VERSION},pod="{pod}"'
        series[f'leeboard_server_requests_total{{{own},route="infer",status="2xx"}}'] = asked
        series[f'leeboard_server_requests_total{{{own},route="grpc",status="2xx"}}'] = "0x600"
        series[f'leeboard_server_requests_total{{{own},route="health",status="2xx"}}'] = health
        series[f"leeboard_server_requests_refused_total{{{own}}}"] = refused
        series[f"leeboard_server_requests_late_total{{{own}}}"] = late
    return series


@dataclass(frozen=True)
class Firing:
    """`at` is when, such as 20m; `description` None: that of the rule, which has no placeholders then."""

    alert: str
    series: dict[str, str]
    at: str
    labels: dict[str, str]
    summary: str
    description: str | None = None


@dataclass(frozen=True)
class Quiet:
    """The alert does not fire at that time."""

    alert: str
    series: dict[str, str]
    at: str
    why: str = field(default="")


def _timestamp(name: str, labels: str, minutes: int) -> dict[str, str]:
    """Of so many minutes after 1970, which is when promtool's tests begin."""
    return {f"{name}{{{labels}}}": f"{minutes * 60}x3000"}


FIRING = (
    Firing(
        "LeeboardOperatorDown",
        {'leeboard_build_info{component="evaluator",job="a",instance="1"}': "1x600"},
        "10m",
        {"severity": "critical", "component": "operator"},
        "No operator of Leeboard is scraped.",
    ),
    Firing(
        "LeeboardNoLeader",
        OPERATOR | STANDBY | leading("1", "0x600") | leading("2", "0x600") | leading("other", "1x600"),
        "10m",
        {"severity": "critical"},
        "Operators run, and none of them leads.",
    ),
    Firing(
        "LeeboardReconcileErrors",
        OPERATOR | reconciles("a", "0+20x600"),
        "40m",
        {"severity": "warning", "controller": "model"},
        "25% of the reconciles of model fail.",
    ),
    Firing(
        "LeeboardChangeUnprocessed",
        {'leeboard_oldest_unprocessed_change_seconds{controller="model"}': "0+60x600"},
        "30m",
        {"severity": "warning", "controller": "model"},
        "A change of a model has been waiting for 30m 0s.",
    ),
    Firing(
        "LeeboardWatchSilent",
        {'leeboard_watch_lag_seconds{kind="Pod"}': "0+60x600"},
        "5m",
        {"severity": "warning", "kind": "Pod"},
        "The watch of Pod has not delivered a change that is 5m 0s old.",
    ),
    Firing(
        "LeeboardEvaluatorDown",
        OPERATOR | {'leeboard_objects{kind="DriftMonitor",ready="True"}': "2x600"},
        "15m",
        {"severity": "warning"},
        "There are DriftMonitors, and no evaluator of Leeboard is scraped.",
    ),
    Firing(
        "LeeboardObjectsWithoutSeries",
        {'leeboard_objects_without_series{kind="Model"}': "7x600"},
        "20m",
        {"severity": "info", "kind": "Model"},
        "7 objects of kind Model have no metrics of their own.",
    ),
    Firing(
        "LeeboardModelNotReady",
        {'leeboard_ready{kind="Model",namespace="ml",name="m"}': "0x600"},
        "20m",
        {"severity": "warning", "namespace": "ml", "name": "m"},
        "Model ml/m is not ready.",
    ),
    Firing(
        "LeeboardChampionErrorRate",
        CHAMPION | requests("0+90x600", "0+10x600"),
        "30m",
        {"severity": "critical", **OF_VERSION},
        "10% of the requests to ml/m fail.",
        "The champion v1 answers them with a status of 500 or above.",
    ),
    Firing(
        "LeeboardServerOverloaded",
        predictions("0+100x600", "0+3x600", "0+1x600"),
        "16m",
        {"severity": "warning", **OF_VERSION},
        "4% of the requests to ml/m are refused.",
        "The pods of v1 have more to predict than they can, and answer 503.",
    ),
    Firing(
        "LeeboardDrift",
        {f'leeboard_drift_verdict{{{MODEL},monitor="d",verdict="Drift"}}': "1x600"},
        "1m",
        {"severity": "warning", "namespace": "ml", "model": "m", "monitor": "d"},
        "Model ml/m drifts.",
        "DriftMonitor d found it; its status has the findings.",
    ),
    Firing(
        "LeeboardNotificationsFailing",
        {'leeboard_notification_errors_total{format="Webhook",reason="WebhookFailed"}': "0x10 1+1x2 4x600"},
        "90m",
        {"severity": "warning", "format": "Webhook", "reason": "WebhookFailed"},
        "Notifications about drift reach nobody: WebhookFailed.",
        "Webhooks of the format Webhook were tried 4 times in 2 hours."
        " They are tried again, until a day after the drift.",
    ),
    Firing(
        "LeeboardEvaluationStale",
        _timestamp("leeboard_evaluation_expiry_timestamp_seconds", 'kind="DriftMonitor",namespace="ml",name="d"', 30),
        "40m",
        {"severity": "warning", "kind": "DriftMonitor", "namespace": "ml", "name": "d"},
        "The figures of DriftMonitor ml/d are too old to go by.",
        "They should have been renewed 10m 0s ago.",
    ),
    Firing(
        "LeeboardRolloutStuck",
        _timestamp("leeboard_rollout_stage_due_timestamp_seconds", f'{VERSION},phase="Canary"', 30),
        "8h",
        {"severity": "warning", "phase": "Canary", **OF_VERSION},
        "The rollout of ml/v1 does not get on.",
        "Its phase Canary could have ended 7h 30m 0s ago.",
    ),
    Firing(
        "LeeboardAwaitingApproval",
        _timestamp("leeboard_model_version_awaiting_approval_since_timestamp_seconds", VERSION, 60),
        "26h",
        {"severity": "info", **OF_VERSION},
        "Version ml/v1 waits for approval.",
        "It has been waiting for 1d 1h 0m 0s.",
    ),
    Firing(
        "LeeboardTrainingFailing",
        {f'leeboard_training_consecutive_failures{{{MODEL},training_job="t"}}': "4x600"},
        "1m",
        {"severity": "warning", "namespace": "ml", "model": "m", "training_job": "t"},
        "The last 4 runs of ml/t failed.",
        "Model m keeps its champion, which grows old.",
    ),
    Firing(
        "LeeboardObservationsNotStored",
        _timestamp("leeboard_last_flush_timestamp_seconds", f'{VERSION},pod="p"', 5)
        | _timestamp("leeboard_last_flush_timestamp_seconds", f'{VERSION},pod="q"', 60),
        "30m",
        {"severity": "warning", **OF_VERSION},
        "Observations of ml/m do not get into storage.",
        "The last that did were of 25m 0s ago. They wait in the pod, and are lost with it.",
    ),
    Firing(
        "LeeboardObservationsLost",
        {
            f'leeboard_observations_dropped_total{{{VERSION},pod="p"}}': "0x20 5x100",
            f'leeboard_outbox_dropped_files_total{{{VERSION},pod="p",kind="windows"}}': "0x120",
        },
        "30m",
        {"severity": "warning", **OF_VERSION},
        "Observations of ml/m are lost.",
    ),
)

QUIET = (
    Quiet("LeeboardOperatorDown", OPERATOR, "30m"),
    Quiet("LeeboardNoLeader", OPERATOR | STANDBY | leading("1", "1x600") | leading("2", "0x600"), "30m"),
    Quiet("LeeboardNoLeader", {}, "30m", "without any operator another alert fires"),
    Quiet("LeeboardReconcileErrors", OPERATOR | reconciles("a", "0x600"), "40m"),
    Quiet("LeeboardReconcileErrors", OPERATOR | reconciles("other", "0+60x600"), "40m", "another operator's errors"),
    Quiet(
        "LeeboardChangeUnprocessed", {'leeboard_oldest_unprocessed_change_seconds{controller="model"}': "60x600"}, "30m"
    ),
    Quiet("LeeboardWatchSilent", {'leeboard_watch_lag_seconds{kind="Pod"}': "0x600"}, "30m"),
    Quiet(
        "LeeboardEvaluatorDown",
        {
            'leeboard_objects{kind="DriftMonitor",ready="True"}': "2x600",
            'leeboard_build_info{component="evaluator",job="a",instance="3"}': "1x600",
        },
        "30m",
    ),
    Quiet(
        "LeeboardEvaluatorDown", {'leeboard_objects{kind="DriftMonitor",ready="True"}': "0x600"}, "30m", "no monitor"
    ),
    Quiet("LeeboardObjectsWithoutSeries", {'leeboard_objects_without_series{kind="Model"}': "0x600"}, "30m"),
    Quiet("LeeboardModelNotReady", {'leeboard_ready{kind="Model",namespace="ml",name="m"}': "1x600"}, "30m"),
    Quiet(
        "LeeboardModelNotReady",
        {'leeboard_ready{kind="TrainingJob",namespace="ml",name="m"}': "0x600"},
        "30m",
        "another kind",
    ),
    Quiet("LeeboardChampionErrorRate", CHAMPION | requests("0+90x600", "0+1x600"), "30m"),
    Quiet("LeeboardChampionErrorRate", CHAMPION | requests("0x600", "0+0.5x600"), "30m", "too few requests"),
    Quiet(
        "LeeboardChampionErrorRate",
        CHAMPION | requests("0+90x600", "0+90x600", f'{MODEL},version="v2"'),
        "30m",
        "a candidate's errors are the rollout's business",
    ),
    Quiet("LeeboardServerOverloaded", predictions("0+1000x600", "0+5x600", "0+4x600"), "30m"),
    Quiet("LeeboardServerOverloaded", predictions("0+100x600", "0+50x600", "0x600"), "9m", "not for long enough"),
    Quiet(
        "LeeboardServerOverloaded", predictions("0+100x600", "0+50x5 250x600", "0x600"), "30m", "a burst that is over"
    ),
    Quiet("LeeboardDrift", {f'leeboard_drift_verdict{{{MODEL},monitor="d",verdict="Drift"}}': "0x600"}, "30m"),
    Quiet(
        "LeeboardNotificationsFailing",
        {'leeboard_notification_errors_total{format="Webhook",reason="WebhookFailed"}': "0x10 1+1x1 2x600"},
        "90m",
        "two attempts, and the third was taken",
    ),
    Quiet(
        "LeeboardEvaluationStale",
        _timestamp("leeboard_evaluation_expiry_timestamp_seconds", 'kind="Model",namespace="ml",name="m"', 60),
        "30m",
    ),
    Quiet(
        "LeeboardRolloutStuck",
        _timestamp("leeboard_rollout_stage_due_timestamp_seconds", f'{VERSION},phase="Canary"', 300),
        "8h",
    ),
    Quiet(
        "LeeboardAwaitingApproval",
        _timestamp("leeboard_model_version_awaiting_approval_since_timestamp_seconds", VERSION, 60),
        "20h",
    ),
    Quiet(
        "LeeboardTrainingFailing",
        {f'leeboard_training_consecutive_failures{{{MODEL},training_job="t"}}': "2x600"},
        "30m",
    ),
    Quiet(
        "LeeboardObservationsNotStored",
        {f'leeboard_last_flush_timestamp_seconds{{{VERSION},pod="p"}}': "0+60x600"},
        "60m",
    ),
    Quiet(
        "LeeboardObservationsNotStored",
        {f'leeboard_last_flush_timestamp_seconds{{{VERSION},pod="p"}}': "0x600"},
        "60m",
        "a pod that has just begun",
    ),
    Quiet(
        "LeeboardObservationsLost",
        {
            f'leeboard_observations_dropped_total{{{VERSION},pod="p"}}': "9x600",
            f'leeboard_outbox_dropped_files_total{{{VERSION},pod="p",kind="windows"}}': "0x600",
        },
        "30m",
    ),
)
