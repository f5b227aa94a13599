"""What operator and evaluator tell of their own work, and what every process tells of itself."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from leeboard import __version__
from tests.drawn_dashboards.series import (
    AGO,
    Series,
    Target,
    Values,
    constant,
    counter,
    gauge,
    histogram,
    noisy,
    rising,
)

SYSTEM = "leeboard-system"
OPERATOR = Target("leeboard", "10.0.3.11:8080", SYSTEM, "leeboard-operator-5d8c6b7f9-w2ktn")
STANDBY = Target("leeboard", "10.0.4.7:8080", SYSTEM, "leeboard-operator-5d8c6b7f9-h8xrd")
EVALUATOR = Target("leeboard", "10.0.3.12:8080", SYSTEM, "leeboard-evaluator-7b9f8d6c4-p5mzs")
CONTROLLERS = {"Model": 0.8, "ModelVersion": 0.5, "TrainingJob": 0.25, "DriftMonitor": 0.35}
"""Reconciles a second."""
KINDS = ("Model", "ModelVersion", "TrainingJob", "DriftMonitor", "Pod", "Job", "Deployment")


def of_process(target: Target, component: str, alive: Values, memory: float, cores: float) -> Iterator[Series]:
    """What every process shows, of one that uses so many bytes of memory and so many cores."""
    key = target.instance + component
    yield gauge(target, "leeboard_build_info", alive, component=component, version=__version__)
    yield counter(target, "process_cpu_seconds_total", noisy(alive * cores, 0.1, "c" + key))
    used = noisy(alive * memory, 0.01, "m" + key) * (1 + 0.05 * rising(20_000, 20_000))
    yield gauge(target, "process_resident_memory_bytes", used)
    yield gauge(target, "process_open_fds", np.round(noisy(alive * 34, 0.05, "f" + key)))


def working() -> Iterator[Series]:
    """Of two operators, one of which leads, and the evaluator."""
    for target, leads in ((OPERATOR, 1.0), (STANDBY, 0.0)):
        yield gauge(target, "leader_election_master_status", leads, name="leeboard-operator")
        yield from of_process(target, "operator", constant(1), memory=118e6, cores=0.02 + 0.03 * leads)
        yield from _reconciling(target, constant(leads))
    yield from of_process(EVALUATOR, "evaluator", constant(1), memory=330e6, cores=0.35)
    yield from _evaluating()


def _reconciling(target: Target, leads: Values) -> Iterator[Series]:
    trouble = np.where((AGO < 2400) & (AGO > 600), 1.0, 0.0)
    for name, usual in CONTROLLERS.items():
        rate = noisy(leads * usual, 0.2, name)
        for result, share in {"success": 0.6, "requeue_after": 0.39, "requeue": 0.01}.items():
            yield counter(target, "controller_runtime_reconcile_total", rate * share, controller=name, result=result)
        errors = rate * trouble * (0.1 if name == "Model" else 0.0)
        yield counter(target, "controller_runtime_reconcile_total", errors, controller=name, result="error")
        yield counter(target, "controller_runtime_reconcile_errors_total", errors, controller=name)
        yield counter(target, "controller_runtime_terminal_reconcile_errors_total", errors * 0, controller=name)
        yield from histogram(target, "controller_runtime_reconcile_time_seconds", rate, 0.03, controller=name)
        yield gauge(target, "controller_runtime_active_workers", np.round(rate * 1.2), controller=name)
        yield gauge(target, "controller_runtime_max_concurrent_reconciles", 8, controller=name)
        oldest = noisy(leads * 0.2, 0.5, "old" + name) + 300 * trouble * (name == "Model")
        yield gauge(target, "leeboard_oldest_unprocessed_change_seconds", oldest, controller=name)
        yield gauge(target, "workqueue_depth", np.round(noisy(leads * usual, 0.6, "d" + name)), name=name)
        yield counter(target, "workqueue_adds_total", rate * 1.1, name=name)
        yield counter(target, "workqueue_retries_total", errors, name=name)
        yield from histogram(target, "workqueue_queue_duration_seconds", rate, 0.004, name=name)
        yield gauge(
            target, "workqueue_longest_running_processor_seconds", noisy(leads * 0.1, 0.5, "r" + name), name=name
        )
    for kind in KINDS:
        yield gauge(target, "leeboard_watch_lag_seconds", noisy(leads * 0.05, 0.5, "l" + kind), kind=kind)
        yield counter(target, "leeboard_watch_events_total", noisy(leads * 0.6, 0.3, "e" + kind), kind=kind)
    host = "10.96.0.1:443"
    for method, rate, code in (
        ("GET", 0.3, "200"),
        ("PATCH", 0.6, "200"),
        ("POST", 0.05, "201"),
        ("PATCH", 0.01, "409"),
    ):
        asked = noisy(leads * rate, 0.2, method + code)
        yield counter(target, "rest_client_requests_total", asked, code=code, method=method, host=host)
        if code != "409":
            yield from histogram(target, "rest_client_request_duration_seconds", asked, 0.012, verb=method, host=host)


def _evaluating() -> Iterator[Series]:
    target, rate = EVALUATOR, noisy(0.01, 0.2, "evaluations")
    for kind, share in {"DriftMonitor": 0.5, "Model": 3.0}.items():
        yield counter(target, "leeboard_evaluations_total", rate * share, kind=kind)
    # a counter that is there since something went wrong for the first time
    wrong = np.where(AGO < 7200, 0.0005, np.nan)
    yield counter(target, "leeboard_evaluation_errors_total", wrong, kind="Model", reason="StorageUnreachable")
    yield from histogram(target, "leeboard_evaluation_round_seconds", constant(1 / 30), 2.0, 0.3)
    yield gauge(target, "leeboard_evaluation_last_round_timestamp_seconds", 1_772_452_800 - AGO % 30 - AGO)
    yield counter(target, "leeboard_observation_files_total", rate * 20, outcome="read")
    yield counter(target, "leeboard_observation_files_total", wrong, outcome="unreadable")
    yield counter(target, "leeboard_drift_placebo_evaluations_total", rate * 0.5)
    yield counter(target, "leeboard_drift_placebo_alarms_total", rate * 0.003)
    yield gauge(target, "leeboard_drift_placebo_alarms_expected_total", np.cumsum(rate * 30 * 0.01))
