"""A figure with both ends of its confidence sequence, in plain `math`."""

from typing import NamedTuple


class Estimate(NamedTuple):
    """A figure and an interval that covers it at all times together."""

    value: float
    low: float
    high: float
