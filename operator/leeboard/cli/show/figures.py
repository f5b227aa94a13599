"""Measured figures with their intervals, to as many digits as the interval bears."""

import math
from decimal import Decimal

from leeboard.api.model_version import Metric

_MOST_DECIMALS = 6


def figure(metric: Metric, *, signed: bool = False, exact: bool = False) -> str:
    """Value and 95 % interval: 0.731 [0.722, 0.740].

    Decimals are cut so that the interval's width keeps two digits; `exact` shows what is recorded. `signed` writes
    the sign of positive numbers too.
    """
    value, low, high = (Decimal(text) for text in (metric.value, metric.low, metric.high))
    decimals = None if exact else _decimals(high - low)
    first, *ends = (_number(one, decimals, signed=signed) for one in (value, low, high))
    return f"{first} [{', '.join(ends)}]"


def _decimals(width: Decimal) -> int | None:
    if width <= 0:
        return None
    decimals = 1 - math.floor(width.log10())
    return max(0, decimals) if decimals <= _MOST_DECIMALS else None


def _number(value: Decimal, decimals: int | None, *, signed: bool) -> str:
    sign = "+" if signed else ""
    return f"{value:{sign}}" if decimals is None else f"{value:{sign}z.{decimals}f}"
