"""Series that a Prometheus could have scraped over some hours, with the names and labels that the processes show."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from charts.metrics_page import OF_PROCESSES
from leeboard.observability.families import SHARED, Family, described

Values: TypeAlias = NDArray[np.float64]
"""One for each moment; not a number where nothing is scraped."""
Labels: TypeAlias = Mapping[str, str]

STEP = 60
"""Seconds between two scrapes."""
END = 1_772_452_800
"""The moment at which the dashboards are looked at: 2026-03-02 12:00 UTC, in seconds since 1970."""
SPAN = 6 * 3600
"""Seconds before it that are shown."""
TIMES: Values = np.arange(END - SPAN - 1800, END + 1, STEP, dtype=np.float64)
"""Half an hour more than is shown, so that rates have something to begin with."""
AGO: Values = END - TIMES
"""Seconds before the end."""

_FAMILIES = {
    **described(SHARED),
    **{name: one for part in OF_PROCESSES.values() for name, one in described(part).items()},
}


@dataclass(frozen=True)
class Series:
    """One line of a scrape, over time."""

    name: str
    labels: Labels
    values: Values


@dataclass(frozen=True)
class Target:
    """What is scraped, and the labels that the scrape adds; those of the series themselves win."""

    job: str
    instance: str
    namespace: str
    pod: str

    def labels(self, own: Labels) -> dict[str, str]:
        """The labels that a series has in Prometheus."""
        return {"job": self.job, "instance": self.instance, "namespace": self.namespace, "pod": self.pod, **own}


def constant(value: float) -> Values:
    """The same all the time."""
    return np.full(TIMES.shape, value)


def noisy(level: Values | float, share: float, key: str) -> Values:
    """A level that goes up and down by that share of it; the same for the same key."""
    random = np.random.default_rng(zlib.crc32(key.encode()))
    walk = np.convolve(random.normal(size=TIMES.size + 8), np.ones(9) / 3, mode="valid")
    return np.maximum(level * (1 + share * walk), 0)


def between(begin: float, end: float, values: Values | float) -> Values:
    """These values from `begin` to `end` seconds before the end, and nothing before and after."""
    return np.where((begin >= AGO) & (end <= AGO), values, np.nan)


def rising(begin: float, length: float) -> Values:
    """From 0 to 1, beginning that many seconds before the end and done after `length` more."""
    return np.clip((begin - AGO) / length, 0, 1)


def family(name: str) -> Family:
    """What is said of it. Raises KeyError where no process shows it."""
    return _FAMILIES[name]


def gauge(target: Target, name: str, values: Values | float, /, **labels: str) -> Series:
    """A gauge, or a counter whose counts are known. Raises ValueError where it has other labels."""
    said = family(name)
    if set(labels) != set(said.labels):
        raise ValueError(f"{name} has the labels {said.labels}, not {tuple(labels)}")
    return Series(name, target.labels(labels), constant(values) if isinstance(values, int | float) else values)


def counter(target: Target, name: str, rate: Values | float, /, **labels: str) -> Series:
    """A counter that goes up by `rate` a second."""
    return gauge(target, name, counted(rate), **labels)


def counted(rate: Values | float) -> Values:
    """How much came together; it begins where the rate does."""
    each = constant(rate) if isinstance(rate, int | float) else rate
    return np.where(np.isnan(each), np.nan, np.floor(np.nancumsum(each * STEP)))


def histogram(
    target: Target, name: str, rate: Values, middle: Values | float, spread: float = 0.6, /, **labels: str
) -> Iterator[Series]:
    """A histogram of values that are log-normal about `middle`, of which `rate` come a second."""
    said = family(name)
    if said.type != "histogram":
        raise ValueError(f"{name} is no histogram")
    normal = stats.norm()
    for bound in (*said.buckets, np.inf):
        share = normal.cdf((np.log(bound) - np.log(middle)) / spread) if np.isfinite(bound) else 1.0
        text = f"{bound:g}" if np.isfinite(bound) else "+Inf"
        yield Series(f"{name}_bucket", target.labels({**labels, "le": text}), counted(rate * share))
    total = counted(rate * middle * np.exp(spread**2 / 2) * 1000) / 1000
    yield Series(f"{name}_sum", target.labels(labels), total)
    yield Series(f"{name}_count", target.labels(labels), counted(rate))
