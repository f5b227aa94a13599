"""Numbers as status and results carry them: strings of six significant digits."""

import math
from datetime import UTC, datetime

from leeboard.stats.distances import Name
from leeboard.stats.intervals import Interval, widened, z_value


def figure(value: float) -> str:
    """A number as a string. Raises ValueError for what is no finite number."""
    if not math.isfinite(value):
        raise ValueError(f"not a figure: {value}")
    return f"{value:.6g}" if value else "0"


def figures(name: str, interval: Interval) -> dict[str, str]:
    """A named figure with both ends of its interval."""
    return {"name": name, "value": figure(interval.value), "low": figure(interval.low), "high": figure(interval.high)}


def noise_key(name: Name) -> str:
    """How profile.json names a distance: `jensenShannon`, `psi`."""
    return name.lower() if name.isupper() else name[0].lower() + name[1:]


def surely(interval: Interval, alpha: float, drift_alpha: float) -> dict[str, str]:
    """The ends that a verdict of drift has to keep to, of a normal interval with coverage 1 - alpha."""
    wide = widened(interval, z_value(drift_alpha) / z_value(alpha))
    return {"low": figure(wide.low), "high": figure(wide.high)}


def written(moment: datetime) -> str:
    """A time as RFC 3339 in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
