"""The operator and the evaluator at work."""

from __future__ import annotations

from charts.dashboards.grafana import Dashboard, Panel, Query, Row
from charts.dashboards.promql import RATE, of_process, quantile_of_process


def _of_operator(metric: str, by: str) -> str:
    return f"sum by ({by}) ({of_process('operator', metric)})"


def _rate(metric: str, by: str) -> str:
    return _of_operator(f"rate({metric}{RATE})", by)


_BOTH = 'leeboard_build_info{component=~"operator|evaluator"}'
_STATE = Row(
    "State",
    (
        Panel(
            "Processes",
            (Query("count by (component, version) (leeboard_build_info)", "{{component}} {{version}}"),),
            "stat",
            width=12,
            height=4,
        ),
        Panel(
            "Leader",
            (Query(f"{of_process('operator', 'leader_election_master_status')} == 1", "{{pod}} {{instance}}"),),
            "stat",
            width=6,
            height=4,
        ),
        Panel(
            "Objects without metrics of their own",
            (Query("sum(max by (kind) (leeboard_objects_without_series))", "objects"),),
            "stat",
            width=6,
            height=4,
            limit=1,
        ),
    ),
)
_RECONCILES = Row(
    "Reconciles",
    (
        Panel(
            "Reconciles",
            (Query(_rate("controller_runtime_reconcile_total", "controller, result"), "{{controller}} {{result}}"),),
            "stack",
            "ops",
        ),
        Panel(
            "Reconciles that fail",
            (
                Query(_rate("controller_runtime_reconcile_errors_total", "controller"), "{{controller}}"),
                Query(
                    _rate("controller_runtime_terminal_reconcile_errors_total", "controller"), "{{controller}} refused"
                ),
            ),
            unit="ops",
            description="Refused: the API server does not take what is asked for, and repeating does not help.",
        ),
        Panel(
            "Length of a reconcile",
            (
                Query(
                    quantile_of_process("operator", 0.99, "controller_runtime_reconcile_time_seconds", "controller"),
                    "{{controller}} p99",
                ),
            ),
            unit="s",
        ),
        Panel(
            "Oldest change that is not reconciled",
            (Query("max by (controller) (leeboard_oldest_unprocessed_change_seconds)", "{{controller}}"),),
            unit="s",
            limit=900,
        ),
        Panel(
            "Workers",
            (
                Query(_of_operator("controller_runtime_active_workers", "controller"), "{{controller}}"),
                Query(
                    f"max({of_process('operator', 'controller_runtime_max_concurrent_reconciles')})",
                    "all that there are",
                ),
            ),
        ),
        Panel(
            "Longest that runs",
            (
                Query(
                    "max by (name) (" + of_process("operator", "workqueue_longest_running_processor_seconds") + ")",
                    "{{name}}",
                ),
            ),
            unit="s",
            limit=60,
        ),
    ),
)
_QUEUE = Row(
    "Queue",
    (
        Panel("Keys that wait", (Query(_of_operator("workqueue_depth", "name"), "{{name}}"),)),
        Panel(
            "Keys that come",
            (
                Query(_rate("workqueue_adds_total", "name"), "{{name}}"),
                Query(_rate("workqueue_retries_total", "name"), "{{name}} again"),
            ),
            unit="ops",
        ),
        Panel(
            "Wait for a worker",
            (Query(quantile_of_process("operator", 0.99, "workqueue_queue_duration_seconds", "name"), "{{name}} p99"),),
            unit="s",
        ),
    ),
)
_API = Row(
    "API server",
    (
        Panel(
            "Requests",
            (Query(_rate("rest_client_requests_total", "method, code"), "{{method}} {{code}}"),),
            "stack",
            "reqps",
            description="Of the operator, without its watches.",
        ),
        Panel(
            "Length of a request",
            (
                Query(
                    quantile_of_process("operator", 0.99, "rest_client_request_duration_seconds", "verb"),
                    "{{verb}} p99",
                ),
            ),
            unit="s",
        ),
        Panel(
            "Watches",
            (
                Query("max by (kind) (leeboard_watch_lag_seconds)", "{{kind}} behind, in seconds"),
                Query(f"sum by (kind) (rate(leeboard_watch_events_total{RATE}))", "{{kind}} events/s"),
            ),
            limit=60,
        ),
    ),
)
_EVALUATOR = Row(
    "Evaluator",
    (
        Panel(
            "Evaluations",
            (
                Query(f"sum by (kind) (rate(leeboard_evaluations_total{RATE}))", "{{kind}}"),
                Query(
                    f"sum by (kind, reason) (rate(leeboard_evaluation_errors_total{RATE})) > 0", "{{kind}} {{reason}}"
                ),
            ),
            unit="ops",
            description="Those without figures by reason.",
        ),
        Panel(
            "Length of a round",
            (
                Query(
                    f"histogram_quantile(0.99, sum by (le) (rate(leeboard_evaluation_round_seconds_bucket{RATE})))",
                    "p99",
                ),
            ),
            unit="s",
        ),
        Panel(
            "Files of observations",
            (Query(f"sum by (outcome) (rate(leeboard_observation_files_total{RATE}))", "{{outcome}}"),),
            unit="ops",
        ),
    ),
)
_PROCESSES = Row(
    "Processes",
    (
        Panel(
            "Memory",
            (
                Query(
                    f"process_resident_memory_bytes * on (job, instance) group_left (component) {_BOTH}",
                    "{{component}} {{pod}}",
                ),
            ),
            unit="bytes",
        ),
        Panel(
            "CPU",
            (
                Query(
                    f"rate(process_cpu_seconds_total{RATE}) * on (job, instance) group_left (component) {_BOTH}",
                    "{{component}} {{pod}}",
                ),
            ),
            description="Cores in use.",
        ),
        Panel(
            "Open files",
            (Query(f"process_open_fds * on (job, instance) group_left (component) {_BOTH}", "{{component}} {{pod}}"),),
        ),
    ),
)
DASHBOARD = Dashboard(
    uid="leeboard-operation",
    title="Leeboard / Operation",
    description="The operator and the evaluator at work.",
    rows=(_STATE, _RECONCILES, _QUEUE, _API, _EVALUATOR, _PROCESSES),
)
