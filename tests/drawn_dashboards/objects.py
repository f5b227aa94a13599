"""What the operator tells of the objects of three teams: one Model drifts, one waits for somebody, one is well."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.drawn_dashboards.processes import OPERATOR
from tests.drawn_dashboards.series import AGO, END, Series, Values, between, constant, family, gauge, noisy, rising
from tests.drawn_dashboards.serving import CANARY, DRIFT, FOREVER, PROMOTED
from tests.drawn_dashboards.watched import DAY, HOUR, WATCHED, Watched


def told() -> Iterator[Series]:
    """Everything that the operator shows of objects."""
    yield from _together()
    yield from _ended()
    for one in WATCHED:
        yield from _model(one)
        yield from _monitor(one)
        yield from _figures(one)
        yield from _training(one)
    yield from _alerts()


def _since(seconds: float) -> float:
    return END - seconds


def _together() -> Iterator[Series]:
    failing = np.where((AGO < 2400) & (AGO > 600), 1.0, 0.0)
    for kind, count in {"Model": 3, "ModelVersion": 41, "TrainingJob": 3, "DriftMonitor": 3}.items():
        bad = failing if kind == "Model" else constant(0)
        yield gauge(OPERATOR, "leeboard_objects", count - bad, kind=kind, ready="True")
        yield gauge(OPERATOR, "leeboard_objects", bad, kind=kind, ready="False")
        yield gauge(OPERATOR, "leeboard_objects", 0, kind=kind, ready="Unknown")
        yield gauge(OPERATOR, "leeboard_objects_without_series", 0, kind=kind)
    canary = np.where((AGO < CANARY) & (AGO > PROMOTED), 1.0, 0.0)
    for phase in ("Starting", "Canary", "Promoting", "RollingBack"):
        yield gauge(OPERATOR, "leeboard_rollouts", canary * (phase == "Canary"), phase=phase)
    training = np.where(AGO < 1200, 1.0, 0.0)
    for phase in ("Pending", "Training", "Evaluating"):
        yield gauge(OPERATOR, "leeboard_training_runs_active", training * (phase == "Training"), phase=phase)
    drifts = np.where(AGO < DRIFT - 1800, 1.0, 0.0)
    open_ = np.where((AGO < DRIFT) & (AGO >= DRIFT - 1800), 1.0, 0.0)
    for verdict, values in {"Drift": drifts, "Inconclusive": open_, "Stable": 3 - drifts - open_}.items():
        yield gauge(OPERATOR, "leeboard_drift_verdicts", values, verdict=verdict)


def _ended() -> Iterator[Series]:
    def after(seconds: float, before: float = 0) -> Values:
        values = before + (seconds >= AGO)
        return np.where(values == 0, np.nan, values)

    runs = {
        ("ml", "Schedule", "Succeeded", "Registered"): after(4.4 * HOUR, 12),
        ("ml", "NewData", "Succeeded", "Registered"): after(9 * HOUR, 3),
        ("shop", "NewCommit", "Failed", "OutOfMemory"): after(2.2 * HOUR),
        ("payments", "Manual", "Succeeded", "Registered"): after(5 * HOUR),
    }
    for (namespace, cause, phase, reason), count in runs.items():
        labels = {"namespace": namespace, "cause": cause, "phase": phase, "reason": reason}
        yield gauge(OPERATOR, "leeboard_training_runs_ended_total", count, **labels)
    yield from _lengths({"Succeeded": 900, "Failed": 300})
    rollouts = {
        ("ml", "Promoted", "Succeeded"): after(PROMOTED, 6),
        ("shop", "RolledBack", "GuardFailed"): after(5.2 * HOUR),
    }
    for (namespace, outcome, reason), count in rollouts.items():
        yield gauge(
            OPERATOR, "leeboard_rollouts_ended_total", count, namespace=namespace, outcome=outcome, reason=reason
        )
    yield gauge(
        OPERATOR, "leeboard_gate_failures_total", after(1.5 * HOUR), namespace="shop", gate="VersusChampion rmse"
    )
    yield gauge(OPERATOR, "leeboard_drift_episodes_total", after(DRIFT - 1800), namespace="ml")


def _lengths(took: dict[str, float]) -> Iterator[Series]:
    bounds = [*family("leeboard_training_run_duration_seconds").buckets, np.inf]
    for phase, length in took.items():
        runs = np.where(AGO < 4 * HOUR, 3.0, 1.0)
        for bound in bounds:
            text = "+Inf" if np.isinf(bound) else f"{bound:g}"
            labels = OPERATOR.labels({"phase": phase, "le": text})
            yield Series("leeboard_training_run_duration_seconds_bucket", labels, runs * (bound >= length))


def _model(one: Watched) -> Iterator[Series]:
    address = {"namespace": one.namespace, "model": one.model}
    failing = (AGO < 2400) & (AGO > 600) & (one.model == "card-checks")
    yield gauge(OPERATOR, "leeboard_ready", 1.0 - failing, kind="Model", namespace=one.namespace, name=one.model)
    yield gauge(OPERATOR, "leeboard_model_quarantined_versions", float(one.model == "basket-value"), **address)
    old = {"late-flights": "late-flights-7"}.get(one.model)
    ages = {one.champion: (PROMOTED, FOREVER if old is None else PROMOTED)}
    if old is not None:
        ages[old] = (9 * DAY, FOREVER)
    for version in ages:
        current = version == one.champion
        begun = PROMOTED if old is not None and current else FOREVER
        ended = PROMOTED if not current else 0
        since = {
            "late-flights-8": PROMOTED,
            "late-flights-7": 9 * DAY,
            "basket-value-31": 23 * DAY,
            "card-checks-112": 4 * DAY,
        }
        at = between(begun, ended, _since(since[version]))
        yield gauge(OPERATOR, "leeboard_model_champion_since_timestamp_seconds", at, version=version, **address)
        made = between(begun, ended, _since(since[version] + 1.4 * HOUR))
        yield gauge(OPERATOR, "leeboard_model_champion_registered_timestamp_seconds", made, version=version, **address)
        if old is None:
            yield _weight(one, version, "champion", "requested", constant(100))
    if old is not None:
        yield from _canary(one, old)
    if one.model == "card-checks":
        waiting = between(2.5 * HOUR, 0, _since(2.5 * HOUR))
        name = "leeboard_model_version_awaiting_approval_since_timestamp_seconds"
        yield gauge(OPERATOR, name, waiting, version="card-checks-113", **address)


def _weight(one: Watched, version: str, role: str, weight: str, values: Values) -> Series:
    labels = {"namespace": one.namespace, "model": one.model, "version": version, "role": role, "weight": weight}
    return gauge(OPERATOR, "leeboard_model_traffic_weight_percent", values, **labels)


def _canary(one: Watched, old: str) -> Iterator[Series]:
    asked = np.where(AGO < CANARY - 1800, 25.0, 5.0)
    yield _weight(
        one, old, "champion", "requested", np.where(AGO > CANARY, 100.0, between(CANARY, PROMOTED, 100 - asked))
    )
    yield _weight(one, one.champion, "candidate", "requested", between(CANARY, PROMOTED, asked))
    for weight, values in {"replica": asked + 8, "observed": noisy(asked, 0.06, "observed")}.items():
        yield _weight(one, old, "champion", weight, between(CANARY, PROMOTED, 100 - values))
        yield _weight(one, one.champion, "candidate", weight, between(CANARY, PROMOTED, values))
    yield _weight(one, one.champion, "champion", "requested", between(PROMOTED - 30, 0, 100))


def _drifted(one: Watched) -> Values:
    return rising(DRIFT, 2400) if one.worse else constant(0)


def _monitor(one: Watched) -> Iterator[Series]:
    address = {"namespace": one.namespace, "monitor": one.model, "model": one.model}
    yield gauge(OPERATOR, "leeboard_ready", 1, kind="DriftMonitor", namespace=one.namespace, name=one.model)
    unsure = (
        (AGO < DRIFT) & (AGO >= DRIFT - 1800)
        if one.worse
        else (AGO < 5 * HOUR) & (AGO > 4.5 * HOUR) & (one.metric == "rmse")
    )
    drift = (AGO < DRIFT - 1800) & bool(one.worse)
    for verdict, values in {"Drift": drift, "Inconclusive": unsure, "Stable": ~(drift | unsure)}.items():
        yield gauge(OPERATOR, "leeboard_drift_verdict", values.astype(float), verdict=verdict, **address)
    strongest = max(usual for usual, _ in one.inputs.values())
    moved = max(move for _, move in one.inputs.values())
    checks = {
        "DataDrift": _looked(strongest + moved * _drifted(one), 0.08, one.model) / 0.1,
        "PredictionDrift": _looked(0.03 + 0.21 * _drifted(one), 0.1, "p" + one.model) / 0.2,
        "DataQuality": _looked(0.2 + 0.5 * _drifted(one), 0.1, "q" + one.model),
        "Performance": _looked(0.3 + 1.2 * rising(DRIFT - 1800, 2400) * bool(one.worse), 0.1, "f" + one.model),
    }
    for check, values in checks.items():
        yield gauge(OPERATOR, "leeboard_drift_score_ratio", values, check=check, **address)
    rows = np.round(_looked(constant(one.rows), 0.08, "rows" + one.model))
    yield gauge(OPERATOR, "leeboard_drift_window_rows", rows, **address)
    yield gauge(OPERATOR, "leeboard_drift_window_arrived_labels", np.round(rows * 0.41), **address)
    yield gauge(OPERATOR, "leeboard_drift_window_labelled_rows", np.round(rows * 0.4), **address)
    for percentile, delay in {"p50": HOUR, "p95": 6 * HOUR}.items():
        delays = _looked(constant(delay), 0.05, percentile + one.model)
        yield gauge(OPERATOR, "leeboard_label_delay_seconds", delays, percentile=percentile, **address)
    yield gauge(OPERATOR, "leeboard_drift_evaluated_timestamp_seconds", END - AGO - AGO[::-1] % 600, **address)
    yield gauge(OPERATOR, "leeboard_drift_unhelpful_runs", 0, **address)
    if one.worse:
        begun = between(DRIFT - 1800, 0, _since(DRIFT - 1800))
        yield gauge(OPERATOR, "leeboard_drift_episode_start_timestamp_seconds", begun, **address)
        asked = between(DRIFT - 1800, 0, 1)
        yield gauge(OPERATOR, "leeboard_drift_requested_runs", asked, training_job=one.model, **address)


def _looked(values: Values, share: float, key: str) -> Values:
    """As often as the evaluator looks: every ten minutes."""
    return np.repeat(noisy(values, share, key)[::10], 10)[: values.size]


def _figures(one: Watched) -> Iterator[Series]:
    address = {"namespace": one.namespace, "monitor": one.model, "model": one.model}
    ends = {"low": 0.82, "value": 1.0, "high": 1.2}
    for name, (usual, move) in one.inputs.items():
        values = _looked(usual + move * _drifted(one), 0.08, name + one.model)
        for end, share in ends.items():
            labels = {"of": "input", "subject": name, "distance": "JensenShannon", "end": end}
            yield gauge(OPERATOR, "leeboard_drift_distance", values * share, **labels, **address)
    scores = _looked(0.03 + 0.21 * _drifted(one), 0.1, "p" + one.model)
    for end, share in ends.items():
        labels = {"of": "prediction", "subject": "prediction", "distance": "PSI", "end": end}
        yield gauge(OPERATOR, "leeboard_drift_distance", scores * share, **labels, **address)
    for of, distance, threshold in (("input", "JensenShannon", 0.1), ("prediction", "PSI", 0.2)):
        yield gauge(OPERATOR, "leeboard_drift_distance_threshold", threshold, of=of, distance=distance, **address)
    yield gauge(OPERATOR, "leeboard_drift_performance_reference", one.holdout, metric=one.metric, **address)
    for source, delay in {"labels": 1800, "estimate": 0}.items():
        if source == "estimate" and one.metric == "rmse":
            continue
        worse = one.worse * rising(DRIFT - delay, 2400)
        values = _looked(one.holdout + worse, 0.004, source + one.model)
        half = 0.012 * one.holdout
        for end, ahead in {"low": -half, "value": 0.0, "high": half}.items():
            labels = {"metric": one.metric, "source": source, "end": end}
            yield gauge(OPERATOR, "leeboard_drift_performance", values + ahead, **labels, **address)
        limit = {"metric": one.metric, "source": source}
        yield gauge(OPERATOR, "leeboard_drift_performance_limit", one.limit, **limit, **address)


def _training(one: Watched) -> Iterator[Series]:
    address = {"namespace": one.namespace, "training_job": one.model, "model": one.model}
    failed = (AGO < 2.2 * HOUR) & (one.model == "basket-value")
    yield gauge(OPERATOR, "leeboard_ready", 1.0 - failed, kind="TrainingJob", namespace=one.namespace, name=one.model)
    yield gauge(OPERATOR, "leeboard_training_runs", 17, phase="Succeeded", reason="Registered", **address)
    yield gauge(OPERATOR, "leeboard_training_runs", 1.0 + failed, phase="Failed", reason="OutOfMemory", **address)
    yield gauge(OPERATOR, "leeboard_training_consecutive_failures", failed.astype(float), **address)
    since = {"late-flights": 4.4 * HOUR, "basket-value": 23 * DAY, "card-checks": 2.6 * HOUR}[one.model]
    yield gauge(OPERATOR, "leeboard_training_last_success_timestamp_seconds", _since(since), **address)
    took = {"late-flights": 840, "basket-value": 2900, "card-checks": 410}[one.model]
    lasted = np.where(AGO > 4 * HOUR, took * 0.93, took)
    yield gauge(OPERATOR, "leeboard_training_last_duration_seconds", lasted, **address)


def _alerts() -> Iterator[Series]:
    """As Prometheus writes them while they fire; their rules are the chart's."""
    drift = {"namespace": "ml", "monitor": "late-flights", "model": "late-flights", "severity": "warning"}
    waits = {"namespace": "payments", "model": "card-checks", "version": "card-checks-113", "severity": "info"}
    for name, begun, ended, labels in (
        ("LeeboardDrift", DRIFT - 1800, 0, drift),
        ("LeeboardAwaitingApproval", 1.5 * HOUR, 0, waits),
        (
            "LeeboardChampionErrorRate",
            2100,
            600,
            {"namespace": "payments", "model": "card-checks", "severity": "critical"},
        ),
    ):
        yield Series("ALERTS", {"alertname": name, "alertstate": "firing", **labels}, between(begun, ended, 1))
