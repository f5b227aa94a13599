"""What each monitor found, how sure it is, what it asked for, and how often it is wrong."""

from __future__ import annotations

from charts.dashboards.grafana import Dashboard, Panel, Query, Row, State, Variable
from charts.dashboards.promql import RATE, happened

_IN = 'namespace=~"$namespace",monitor=~"$monitor"'
_OF = f"{{{_IN}}}"
_BY = "namespace, monitor"
_MONITOR = "{{namespace}}/{{monitor}}"
_VERDICTS = (
    State(0, "none yet", "text"),
    State(1, "Stable", "green"),
    State(2, "Inconclusive", "yellow"),
    State(3, "Drift", "red"),
)


def _coded() -> str:
    """The verdict of each monitor as a number of `_VERDICTS`."""
    each = (f'leeboard_drift_verdict{{{_IN},verdict="{one.name}"}} * {one.value}' for one in _VERDICTS[1:])
    return f"sum by ({_BY}) ({' or '.join(each)})"


def _distance(of: str, end: str) -> str:
    return f'max by ({_BY}, subject, distance) (leeboard_drift_distance{{{_IN},of="{of}",end="{end}"}})'


def _threshold(of: str) -> Query:
    expression = f'max by ({_BY}, distance) (leeboard_drift_distance_threshold{{{_IN},of="{of}"}})'
    return Query(expression, f"{_MONITOR} threshold")


def _inputs(title: str, end: str, description: str) -> Panel:
    queries = (Query(_distance("input", end), "{{monitor}} {{subject}} {{distance}}"), _threshold("input"))
    return Panel(title, queries, description=description, height=9)


def _metric(title: str, source: str, description: str) -> Panel:
    """A metric with its interval, beside the holdout's and where it becomes drift."""

    def of_end(end: str) -> str:
        selector = f'{{{_IN},source="{source}",end="{end}"}}'
        return f"max by ({_BY}, metric) (leeboard_drift_performance{selector})"

    limit = f'max by ({_BY}, metric) (leeboard_drift_performance_limit{{{_IN},source="{source}"}})'
    return Panel(
        title,
        (
            *(Query(of_end(end), f"{{{{monitor}}}} {{{{metric}}}} {end}") for end in ("value", "low", "high")),
            Query(limit, "{{monitor}} {{metric}} limit"),
            Query(f"max by ({_BY}, metric) (leeboard_drift_performance_reference{_OF})", "{{metric}} on the holdout"),
        ),
        description=description,
        width=12,
        height=9,
        from_zero=False,
    )


def _counted(metric: str) -> str:
    return f"sum(increase({metric}[$__range]))"


_VERDICT = Row(
    "Verdict",
    (
        Panel(
            "Verdict",
            (Query(_coded(), _MONITOR),),
            "states",
            width=24,
            height=6,
            description="Of the newest window of each monitor.",
            states=_VERDICTS,
        ),
        Panel(
            "Strongest finding of each check",
            (Query(f"max by ({_BY}, check) (leeboard_drift_score_ratio{_OF})", f"{_MONITOR} {{{{check}}}}"),),
            limit=1,
            description="Over its threshold. It is drift once the whole interval is beyond 1.",
        ),
        Panel(
            "Rows in the window",
            (Query(f"max by ({_BY}) (leeboard_drift_window_rows{_OF})", _MONITOR),),
            description="Below window.minSamples there is no verdict.",
        ),
        Panel(
            "Age of the figures",
            (Query(f"time() - max by ({_BY}) (leeboard_drift_evaluated_timestamp_seconds{_OF})", _MONITOR),),
            unit="s",
            description="They are too old to go by after three times window.every.",
        ),
    ),
)
_INPUTS = Row(
    "The ten strongest inputs of each monitor",
    (
        _inputs("Distance from the reference", "value", "By the distance of the monitor's first DataDrift check."),
        _inputs(
            "What is certain of it",
            "low",
            "The lower end of the interval, as sure as falseAlarms asks. Above the threshold it is drift.",
        ),
        _inputs("What is possible", "high", "The upper end of the interval. Below the threshold it is stable."),
    ),
)
_PREDICTION = Row(
    "Prediction and labels",
    (
        Panel(
            "Distance of the prediction",
            (
                *(
                    Query(_distance("prediction", end), f"{_MONITOR} {{{{distance}}}} {end}")
                    for end in ("value", "low", "high")
                ),
                _threshold("prediction"),
            ),
            description="With the ends of its interval.",
        ),
        Panel(
            "Labels in the window",
            (
                Query(f"max by ({_BY}) (leeboard_drift_window_arrived_labels{_OF})", f"{_MONITOR} arrived"),
                Query(f"max by ({_BY}) (leeboard_drift_window_labelled_rows{_OF})", f"{_MONITOR} of a prediction"),
            ),
        ),
        Panel(
            "Delay of labels",
            (
                Query(
                    f"max by ({_BY}, percentile) (leeboard_label_delay_seconds{_OF})", f"{_MONITOR} {{{{percentile}}}}"
                ),
            ),
            unit="s",
            description="Time from a prediction to its label, of the labels that arrived in the newest window.",
        ),
    ),
)
_PERFORMANCE = Row(
    "Performance",
    (
        _metric("By labels", "labels", "Of the predictions whose label arrived in the window, with its interval."),
        _metric("Estimated, without labels", "estimate", "What is to be expected of the window's scores."),
    ),
)
_EPISODES = Row(
    "Episodes",
    (
        Panel(
            "Open episodes, since",
            (Query(f"time() - max by ({_BY}) (leeboard_drift_episode_start_timestamp_seconds{_OF})", _MONITOR),),
            "bars",
            unit="s",
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
            description="In the time that is shown.",
        ),
        Panel(
            "Runs that are asked for",
            (Query(f"sum(leeboard_drift_requested_runs{_OF}) or vector(0)", "runs"),),
            "stat",
            width=4,
        ),
        Panel(
            "Runs that did not help",
            (Query(f"max by ({_BY}) (leeboard_drift_unhelpful_runs{_OF})", _MONITOR),),
            "stat",
            width=4,
            description="In a row. After giveUpAfter of them none is asked for any more.",
        ),
    ),
)
_FALSE_ALARMS = Row(
    "False alarms",
    (
        Panel(
            "Alarms where nothing drifts",
            (
                Query(_counted("leeboard_drift_placebo_alarms_total"), "found"),
                Query(_counted("leeboard_drift_placebo_alarms_expected_total"), "to be expected at most"),
            ),
            "stat",
            width=12,
            description="Every evaluation of a monitor is repeated on as many rows drawn from its reference. Of all"
            " monitors, in the time that is shown. These rows are independent of each other, which those of a real"
            " stream need not be.",
        ),
        Panel(
            "Evaluations of such rows",
            (Query(f"sum(rate(leeboard_drift_placebo_evaluations_total{RATE}))", "evaluations"),),
            unit="ops",
            width=12,
        ),
    ),
)
DASHBOARD = Dashboard(
    uid="leeboard-drift",
    title="Leeboard / Drift",
    description="What each monitor found, how sure it is, what it asked for, and how often it is wrong.",
    rows=(_VERDICT, _INPUTS, _PREDICTION, _PERFORMANCE, _EPISODES, _FALSE_ALARMS),
    variables=(
        Variable("namespace", 'leeboard_ready{kind="DriftMonitor"}', "namespace"),
        Variable("monitor", 'leeboard_ready{kind="DriftMonitor",namespace=~"$namespace"}', "name"),
    ),
)
