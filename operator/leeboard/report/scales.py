"""From figures to places on the page, and to words."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

TIME_STEPS = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
WIDEST = set("mwMWQO@%—→")
NARROW = set("iIljtfr.,:;|!'()[] ·")


@dataclass(frozen=True)
class Linear:
    """Maps [low, high] onto [start, end]."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The place of a value; outside of the range where the value is."""
        span = self.high - self.low
        return self.start + (self.end - self.start) * ((value - self.low) / span if span else 0.5)


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round values between both, at most that many steps: multiples of 1, 2 or 5 times a power of ten."""
    if not high > low:
        return [low]
    raw = (high - low) / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(position * step, 12) for position in range(first, last + 1)]


def time_ticks(seconds: float, most: int) -> list[float]:
    """Round moments from 0 to there."""
    step = next((one for one in TIME_STEPS if seconds / one <= most), TIME_STEPS[-1])
    return [float(moment) for moment in range(0, int(seconds) + 1, step)]


def padded(values: Iterable[float], share: float) -> tuple[float, float]:
    """The range of the values and some more at both ends."""
    listed = list(values)
    low, high = min(listed), max(listed)
    more = (high - low) * share or abs(high) * share or share
    return low - more, high + more


def clock(seconds: float) -> str:
    """Such as 2:05 or 1:02:05."""
    whole = round(seconds)
    minutes, hours = whole // 60 % 60, whole // 3600
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


def duration(seconds: float) -> str:
    """Such as 8 s or 2 min 5 s."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"


def count(number: int) -> str:
    """With thin spaces between thousands."""
    return f"{number:,}".replace(",", "\u2009")


def figure(value: float, digits: int = 3) -> str:
    """With that many significant digits, never in the notation with e but for the very large and small."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    size = math.floor(math.log10(abs(value)))
    if -4 <= size < 7:
        return f"{value:.{max(digits - 1 - size, 0)}f}".replace("-", "\u2212")
    return f"{value:.{digits}g}"


def bare(value: float, digits: int = 4) -> str:
    """As short as it can be said with that many significant digits."""
    text = figure(value, digits)
    return text.rstrip("0").rstrip(".") if "." in text else text


def width_of(text: str, size: float) -> float:
    """About how wide a text is at that font size, for placing labels; errs on the wide side."""
    return size * sum(0.9 if c in WIDEST else 0.34 if c in NARROW else 0.58 for c in text)


def interval(value: float, low: float, high: float) -> str:
    """Such as 0.71 [0.68, 0.74], with the digits that the interval leaves."""
    digits = _digits(high - low)
    return " ".join([f"{value:.{digits}f}", f"[{low:.{digits}f}, {high:.{digits}f}]"]).replace("-", "\u2212")


def _digits(width: float) -> int:
    """Decimals at which an interval of that width still has two digits."""
    if width <= 0 or not math.isfinite(width):
        return 3
    return min(max(1 - math.floor(math.log10(width)), 0), 4)
