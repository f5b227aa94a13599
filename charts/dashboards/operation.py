"""The operator and the evaluator at work."""

from __future__ import annotations

from charts.dashboards.grafana import Dashboard, Panel, Query, Row
from charts.dashboards.promql import RATE, of_process, quantile_of_process
from charts.dashboards.verdicts import alerts


def _of_operator(metric: str, by: str) -> str:
    return f"sum by ({by}) ({of_process('operator', metric)})"


def _rate(metric: str, by: str) -> str:
    return _of_operator(f"rate({metric}{RATE})", by)


_BOTH = 'leeboard_build_info{component=~"operator|evaluator"}'
_CHANGES = "leeboard_oldest_unprocessed_change_seconds"
_STATE = Row(
    "Is something wrong?",
    (
        Panel(
            "Operators that lead",
            (Query(f"sum({of_process('operator', 'leader_election_master_status')})", "leaders"),),
            "alarm",
            width=4,
            height=4,
            below="red",
            limits=((1, "green"), (2, "red")),
            empty="none",
            description="One, however many run.",
        ),
        Panel(
            "Failing reconciles",
            (
                Query(
                    f"sum({of_process('operator', f'rate(controller_runtime_reconcile_errors_total{RATE})')})"
                    f" / (sum({of_process('operator', f'rate(controller_runtime_reconcile_total{RATE})')}) > 0)",
                    "share",
                ),
            ),
            "alarm",
            "percentunit",
            width=4,
            height=4,
            limits=((0.01, "yellow"), (0.1, "red")),
            empty="no reconciles",
            description="Share of all.",
        ),
        Panel(
            "Oldest change",
            (Query(f"max({_CHANGES})", "seconds"),),
            "alarm",
            "s",
            width=4,
            height=4,
            limits=((300, "yellow"), (900, "red")),
            description="Of those that were seen, and not reconciled with success since.",
        ),
        Panel(
            "Watches behind",
            (Query("max(leeboard_watch_lag_seconds)", "seconds"),),
            "alarm",
            "s",
            width=4,
            height=4,
            limits=((10, "yellow"), (60, "red")),
            description="Age of the oldest change that no watch has delivered yet.",
        ),
        Panel(
            "Last evaluation",
            (Query("time() - max(leeboard_evaluation_last_round_timestamp_seconds)", "ago"),),
            "alarm",
            "s",
            width=4,
            height=4,
            limits=((300, "yellow"), (900, "red")),
            empty="none",
            description="How long ago the evaluator's last round ended.",
        ),
        Panel(
            "Without metrics",
            (Query("sum(max by (kind) (leeboard_objects_without_series))", "objects"),),
            "alarm",
            width=4,
            height=4,
            limits=((1, "yellow"),),
            description="Objects beyond metrics.objectLimit: no dashboard shows them one by one.",
        ),
        alerts(width=24, height=6),
    ),
)
_RECONCILES = Row(
    "Reconciles",
    (
        Panel(
            "Reconciles",
            (Query(_rate("controller_runtime_reconcile_total", "controller"), "{{controller}}"),),
            "stack",
            "ops",
            description="By kind, also those that change nothing.",
        ),
        Panel(
            "Reconciles that fail",
            (
                Query(f"sum({_rate('controller_runtime_reconcile_errors_total', 'controller')})", "all"),
                Query(f"sum({_rate('controller_runtime_terminal_reconcile_errors_total', 'controller')})", "refused"),
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
            description="99 of 100 are shorter.",
        ),
        Panel(
            "Oldest change that is not reconciled",
            (Query(f"max by (controller) ({_CHANGES})", "{{controller}}"),),
            unit="s",
            limits=((900, "red"),),
            description="By kind, through all back-offs.",
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
            description="At work, and all that there are: at their limit, raise operator.workers.",
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
            limits=((60, "red"),),
            description="For how long the longest running reconcile has been running.",
        ),
    ),
)
_QUEUE = Row(
    "Queue",
    (
        Panel(
            "Keys that wait",
            (Query(_of_operator("workqueue_depth", "name"), "{{name}}"),),
            description="Objects that wait for a worker.",
        ),
        Panel(
            "Keys that come",
            (
                Query(_rate("workqueue_adds_total", "name"), "{{name}}"),
                Query(_rate("workqueue_retries_total", "name"), "{{name}} again"),
            ),
            unit="ops",
            description="Again: sent back for a back-off.",
        ),
        Panel(
            "Wait for a worker",
            (Query(quantile_of_process("operator", 0.99, "workqueue_queue_duration_seconds", "name"), "{{name}} p99"),),
            unit="s",
            description="99 of 100 objects wait shorter.",
        ),
    ),
    closed=True,
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
            description="99 of 100 are shorter. A slow API server slows everything.",
        ),
        Panel(
            "Watches furthest behind",
            (Query("topk(5, max by (kind) (leeboard_watch_lag_seconds))", "{{kind}}"),),
            unit="s",
            description="The five kinds whose watch is furthest behind what the API server has confirmed.",
            limits=((60, "red"),),
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
            description="99 of 100 rounds over all objects are shorter.",
        ),
        Panel(
            "Files of observations",
            (Query(f"sum by (outcome) (rate(leeboard_observation_files_total{RATE}))", "{{outcome}}"),),
            unit="ops",
            description="Fetched from storage.",
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
            description="Resident.",
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
            description="File descriptors.",
        ),
    ),
    closed=True,
)
DASHBOARD = Dashboard(
    uid="leeboard-operation",
    title="Leeboard / Operation",
    description="The operator and the evaluator at work.",
    rows=(_STATE, _RECONCILES, _API, _EVALUATOR, _QUEUE, _PROCESSES),
)
