"""Which days are trained on, held out and replayed.

Of every four days of the winter, two are trained on, one is held out and one is replayed as traffic that does not
drift. Four and seven have no common factor, so each share has all weekdays alike. Whole days are dealt because the
flights of one day are late together: rows of one day on both sides would make any model look better than it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

WINTER = ("2013-01", "2013-02", "2013-03")
SPRING = ("2013-04", "2013-05", "2013-06")
CYCLE = 4
TRAINED, HELD_OUT, REPLAYED = (0, 2), (1,), (3,)
"""Which days of the cycle are what; 1 January is day 0."""


@dataclass(frozen=True)
class Period:
    """A stretch of days, first and last of them included, or only those days of the cycle that are named."""

    first: str
    last: str
    dealt: tuple[int, ...] = tuple(range(CYCLE))

    def of(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Its rows, in their order."""
        inside = frame["day"].between(pd.Timestamp(self.first), pd.Timestamp(self.last))
        return frame[inside & is_dealt(frame, self.dealt)].reset_index(drop=True)


def is_dealt(frame: pd.DataFrame, days: Sequence[int]) -> "pd.Series[bool]":
    """True for rows on these days of the cycle."""
    return pd.Series(np.isin((frame["day"].dt.dayofyear - 1) % CYCLE, list(days)), index=frame.index)


WINTER_HOLDOUT = Period("2013-01-01", "2013-03-31", HELD_OUT)
WINTER_TRAFFIC = Period("2013-01-01", "2013-03-31", REPLAYED)
"""Days like those that were trained on."""
SUMMER_TRAFFIC = Period("2013-06-16", "2013-07-15")
"""The weeks before the retraining, which have drifted away from the winter."""
SUMMER_HOLDOUT = Period("2013-07-01", "2013-07-15")
"""What a version that was trained on the spring is measured on: newer than anything it has seen."""
AFTERWARDS = Period("2013-07-16", "2013-07-31")
"""What comes after the retraining: neither version was trained on it, and no gate has looked at it."""
AUGUST = Period("2013-08-01", "2013-08-31")
