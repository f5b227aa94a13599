"""What each monitor found, how sure it is, what it asked for, and how often it is wrong."""

from __future__ import annotations

from typing import Literal

from charts.dashboards.grafana import Dashboard, Panel, Query, Row, Variable
from charts.dashboards.promql import happened
from charts.dashboards.verdicts import verdict

_IN = 'namespace=~"$namespace",monitor=~"$monitor"'
_OF = f"{{{_IN}}}"
_BY = "namespace, monitor"
_MONITOR = "{{namespace}}/{{monitor}}"
_OBJECT = '{kind="DriftMonitor",namespace=~"$namespace",name=~"$monitor"}'
_ENDS: tuple[tuple[str, Literal["line", "edge"]], ...] = (("value", "line"), ("low", "edge"), ("high", "edge"))
_STRONGEST = f"max by ({_BY}, check) (leeboard_drift_score_ratio{_OF})"


def _ratio(of: str, end: str) -> str:
    """A distance, or an end of its interval, over the distance from which on it is drift."""
    distance = f'max by ({_BY}, subject, distance) (leeboard_drift_distance{{{_IN},of="{of}",end="{end}"}})'
    threshold = f'max by ({_BY}, distance) (leeboard_drift_distance_threshold{{{_IN},of="{of}"}})'
    return f"{distance} / on ({_BY}, distance) group_left () {threshold}"


def _harm(title: str, source: str, description: str) -> Panel:
    """Metrics with their intervals over what they were on the holdout, and where they become drift."""
    reference = f"max by ({_BY}, metric) (leeboard_drift_performance_reference{_OF})"

    def of_end(end: str) -> str:
        selector = f'{{{_IN},source="{source}",end="{end}"}}'
        return f"max by ({_BY}, metric) (leeboard_drift_performance{selector}) / {reference}"

    limits = f'leeboard_drift_performance_limit{{{_IN},source="{source}"}}'
    limit = f"max by ({_BY}, metric) ({limits}) / {reference}"
    name = f"{_MONITOR} {{{{metric}}}}"
    return Panel(
        title,
        (*(Query(of_end(end), name, look) for end, look in _ENDS), Query(limit, f"{name}: drift from here", "limit")),
        unit="percentunit",
        description=description,
        height=9,
        from_zero=False,
    )


def _counted(metric: str) -> str:
    return f"sum(increase({metric}[$__range]))"


_VERDICT = Row(
    "Is something wrong?",
    (
        Panel(
            "Monitors with drift",
            (Query(f'count(leeboard_drift_verdict{{{_IN},verdict="Drift"}} == 1) or vector(0)', "monitors"),),
            "alarm",
            width=4,
            height=4,
            limits=((1, "red"),),
            description="In their newest window.",
        ),
        Panel(
            "Without a verdict",
            (Query(f'count(leeboard_drift_verdict{{{_IN},verdict="Inconclusive"}} == 1) or vector(0)', "monitors"),),
            "alarm",
            width=4,
            height=4,
            limits=((1, "yellow"),),
            description="Inconclusive: too few rows, or too near a threshold. `leeboard describe monitor` says which.",
        ),
        Panel(
            "Figures too old",
            (
                Query(
                    f"count(time() - leeboard_evaluation_expiry_timestamp_seconds{_OBJECT} > 0) or vector(0)",
                    "monitors",
                ),
            ),
            "alarm",
            width=4,
            height=4,
            limits=((1, "red"),),
            description="Monitors whose figures are older than three times window.every: look at the evaluator.",
        ),
        Panel(
            "Longest episode",
            (Query(f"max(time() - leeboard_drift_episode_start_timestamp_seconds{_OF})", "since"),),
            "stat",
            "s",
            width=4,
            height=4,
            empty="no drift",
            description="How long the oldest drift that goes on has lasted.",
        ),
        Panel(
            "Runs asked for",
            (Query(f"sum(leeboard_drift_requested_runs{_OF}) or vector(0)", "runs"),),
            "stat",
            width=4,
            height=4,
            description="For the newest episode of each monitor.",
        ),
        Panel(
            "Unhelpful runs",
            (Query(f"max(leeboard_drift_unhelpful_runs{_OF})", "runs"),),
            "alarm",
            width=4,
            height=4,
            limits=((1, "yellow"), (3, "red")),
            empty="none",
            description="In a row, at most, of all monitors. After giveUpAfter of them (3) none is asked for any more.",
        ),
        verdict(_IN, width=24, height=6),
    ),
)
_FINDINGS = Row(
    "What drifts",
    (
        Panel(
            "Strongest findings now, over their threshold",
            (Query(f"topk(10, {_STRONGEST})", f"{{{{check}}}} {_MONITOR}"),),
            "bars",
            width=12,
            height=9,
            limits=((1, "red"),),
            description="Of each kind of check. It is drift once the whole interval is beyond 1.",
        ),
        Panel(
            "Inputs: what is certain, over the threshold",
            (Query(f"topk(10, {_ratio('input', 'low')})", "{{subject}} {{monitor}}"),),
            "bars",
            width=12,
            height=9,
            limits=((1, "red"),),
            description="The lower end of the interval, as sure as falseAlarms asks. From 1 on it is drift.",
        ),
        Panel(
            "Findings over time, over their threshold",
            (Query(_STRONGEST, f"{{{{check}}}} {_MONITOR}"),),
            width=12,
            height=9,
            limits=((1, "red"),),
            legend="right",
            description="The strongest of each kind of check.",
        ),
        Panel(
            "Inputs over time, over the threshold",
            (Query(_ratio("input", "value"), "{{subject}} {{monitor}}"),),
            width=12,
            height=9,
            limits=((1, "red"),),
            legend="right",
            description="The ten strongest inputs of each monitor, by the distance of its first DataDrift check.",
        ),
    ),
)
_HARM = Row(
    "Does it do harm?",
    (
        _harm(
            "Performance by labels, against the holdout",
            "labels",
            "Of the predictions whose label arrived in the window; 100 % is the holdout. Dotted: the interval.",
        ),
        _harm(
            "Performance estimated, against the holdout",
            "estimate",
            "What is to be expected of the window's scores, without labels. Dotted: the interval.",
        ),
        Panel(
            "Scores: distance over the threshold",
            tuple(Query(_ratio("prediction", end), _MONITOR, look) for end, look in _ENDS),
            height=9,
            limits=((1, "red"),),
            description="Inputs drift: do the scores follow? Dotted: the interval.",
        ),
    ),
)
_DATA = Row(
    "What the figures rest on",
    (
        Panel(
            "Rows in the window",
            (Query(f"max by ({_BY}) (leeboard_drift_window_rows{_OF})", _MONITOR),),
            description="Below window.minSamples there is no verdict.",
        ),
        Panel(
            "Labels in the window that fit a prediction",
            (
                Query(
                    f"max by ({_BY}) (leeboard_drift_window_labelled_rows{_OF})"
                    f" / (max by ({_BY}) (leeboard_drift_window_arrived_labels{_OF}) > 0)",
                    _MONITOR,
                ),
            ),
            unit="percentunit",
            description="Of the labels that arrived. Those that fit none have ids that no prediction had.",
        ),
        Panel(
            "Delay of labels",
            (
                Query(
                    f"max by ({_BY}, percentile) (leeboard_label_delay_seconds{_OF}) / 3600",
                    f"{_MONITOR} {{{{percentile}}}}",
                ),
            ),
            unit="h",
            description="From a prediction to its label, of the labels that arrived in the newest window.",
        ),
    ),
)
_EPISODES = Row(
    "Episodes and false alarms",
    (
        Panel(
            "Open episodes, since",
            (
                Query(
                    f"topk(10, time() - max by ({_BY}) (leeboard_drift_episode_start_timestamp_seconds{_OF}))", _MONITOR
                ),
            ),
            "bars",
            "s",
            height=5,
            empty="no drift",
            description="How long drift has lasted.",
        ),
        Panel(
            "Episodes that began",
            (
                Query(
                    happened("leeboard_drift_episodes_total", '{namespace=~"$namespace"}', "namespace"), "{{namespace}}"
                ),
            ),
            "bars",
            height=5,
            empty="none",
            description="In the time that is shown.",
        ),
        Panel(
            "Alarms where nothing drifts",
            (
                Query(_counted("leeboard_drift_placebo_evaluations_total"), "tried"),
                Query(_counted("leeboard_drift_placebo_alarms_total"), "found"),
                Query(_counted("leeboard_drift_placebo_alarms_expected_total"), "expected at most"),
            ),
            "stat",
            height=5,
            description="Every evaluation of a monitor is repeated on as many rows drawn from its reference. Of all"
            " monitors, in the time that is shown. These rows are independent of each other, which those of a real"
            " stream need not be: judge by months.",
        ),
    ),
)
DASHBOARD = Dashboard(
    uid="leeboard-drift",
    title="Leeboard / Drift",
    description="What each monitor found, how sure it is, what it asked for, and how often it is wrong.",
    rows=(_VERDICT, _FINDINGS, _HARM, _DATA, _EPISODES),
    variables=(
        Variable("namespace", 'leeboard_ready{kind="DriftMonitor"}', "namespace"),
        Variable("monitor", 'leeboard_ready{kind="DriftMonitor",namespace=~"$namespace"}', "name"),
    ),
)
