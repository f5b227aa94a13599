"""Traffic: flights in the order of time, as a client would ask about them, and what an outage does to them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from e2e.demo.flights.periods import AFTERWARDS, SUMMER_TRAFFIC, WINTER_TRAFFIC, Period
from e2e.demo.flights.preparation import INPUTS, LABEL, WEATHER

ROWS_A_SECOND = 300
"""The pace of the demo: two cores serve it beside everything else, and a replay takes about half a minute."""
ROWS_PER_REQUEST = 5


@dataclass(frozen=True)
class Selection:
    """Every so manieth flight of a period, from number `skip` on.

    A window then holds more days for as many rows, and days differ more than rows do. Two selections of one period that
    skip differently have no flight in common.
    """

    period: Period
    one_in: int = 1
    skip: int = 0


ROLLOUT_TRAFFIC = Selection(WINTER_TRAFFIC, one_in=2, skip=1)
"""What is sent while versions are rolled out: 9,867 flights of the winter."""
WINTER_REPLAY = Selection(WINTER_TRAFFIC, one_in=2)
"""No drift: 9,867 other flights of the same days, 33 s at the demo's pace."""
SUMMER_REPLAY = Selection(SUMMER_TRAFFIC, one_in=2)
"""Drift: 14,125 flights, 47 s, of which a window of 30 s has to hold more than three quarters."""
LATER_REPLAY = Selection(AFTERWARDS, one_in=2)
"""What follows the retraining: 7,738 flights, 26 s."""


def replay(frame: pd.DataFrame, selection: Selection) -> pd.DataFrame:
    """`id`, `time`, inputs and label of the chosen flights, in the order of time."""
    rows = selection.period.of(frame).iloc[selection.skip :: selection.one_in]
    return rows[["id", "time", *INPUTS, LABEL]].reset_index(drop=True)


def outage(traffic: pd.DataFrame, share: float, seed: int, *, block: int = ROWS_PER_REQUEST) -> pd.DataFrame:
    """The same traffic with no weather at all in a share of its blocks of consecutive rows, drawn at random.

    A block is what goes out as one request, so that this share of the requests lacks the weather. Raises ValueError for
    a share outside 0 to 1 or a block without rows.
    """
    if not 0 <= share <= 1 or block < 1:
        raise ValueError(f"share {share}, block {block}")
    blocks = -(-len(traffic) // block)
    struck = np.random.default_rng(seed).permutation(blocks) < round(share * blocks)
    without = traffic.copy()
    without.loc[np.repeat(struck, block)[: len(traffic)], list(WEATHER)] = np.nan
    return without


def segment(traffic: pd.DataFrame) -> pd.DataFrame:
    """What the file of a segment holds: `time`, inputs and label; ids would be taken for an input."""
    return traffic[["time", *INPUTS, LABEL]]
