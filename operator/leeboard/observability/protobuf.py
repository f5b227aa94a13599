"""Metric families as Prometheus' Protocol Buffers: `io.prometheus.client.MetricFamily`, each behind its length.

The format in which native histograms travel; the text format has no place for them. Numbers of fields are those of
github.com/prometheus/client_model/io/prometheus/client/metrics.proto.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from prometheus_client import Metric
from prometheus_client.samples import NativeHistogram, Sample

from leeboard.observability.families import Distribution
from leeboard.observability.wire import delimited, double, packed_signed, signed, text, unsigned, varint

CONTENT_TYPE = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
_TYPES = {"counter": 0, "gauge": 1, "unknown": 3, "histogram": 4}
_VALUES = {"gauge": 2, "counter": 3, "unknown": 5}
"""The field of a metric that holds its value, by type."""
_HISTOGRAM = 7
_Labels = tuple[tuple[str, str], ...]


def encoded(families: Iterable[Metric]) -> bytes:
    """All of them. Raises ValueError where one is neither a counter nor a gauge nor a histogram."""
    return b"".join(map(_family, families))


def _family(family: Metric) -> bytes:
    kind = _TYPES.get(family.type)
    if kind is None:
        raise ValueError(f"{family.name} is a {family.type}, and counters, gauges and histograms can be shown")
    name = f"{family.name}_total" if family.type == "counter" else family.name
    head = text(1, name) + text(2, family.documentation) + unsigned(3, kind)
    metrics = _histograms(family) if family.type == "histogram" else _values(family, name)
    message = head + b"".join(delimited(4, metric) for metric in metrics)
    return varint(len(message)) + message


def _values(family: Metric, name: str) -> Iterator[bytes]:
    place = _VALUES[family.type]
    for sample in family.samples:
        if sample.name != name:
            raise ValueError(f"{sample.name} does not belong to {family.name}, a {family.type}")
        yield _labels(sample.labels.items()) + delimited(place, double(1, sample.value))


def _labels(pairs: Iterable[tuple[str, str]]) -> bytes:
    return b"".join(delimited(1, text(1, name) + text(2, value)) for name, value in sorted(pairs))


# histograms


@dataclass
class _Histogram:
    """The samples of one. Its sum is not a number where the bounds begin below 0: the text has none then."""

    count: float = 0.0
    total: float = math.nan
    buckets: list[tuple[float, float]] = field(default_factory=list)

    def take_bucket(self, sample: Sample) -> None:
        bound = float(sample.labels["le"])
        if math.isinf(bound):
            self.count = sample.value
        else:
            self.buckets.append((bound, sample.value))

    def take_count(self, sample: Sample) -> None:
        self.count = sample.value

    def take_total(self, sample: Sample) -> None:
        self.total = sample.value


_TAKE: dict[str, Callable[[_Histogram, Sample], None]] = {
    "_bucket": _Histogram.take_bucket,
    "_count": _Histogram.take_count,
    "_sum": _Histogram.take_total,
}


def _histograms(family: Metric) -> Iterator[bytes]:
    found: dict[_Labels, _Histogram] = {}
    for sample in family.samples:
        take = _TAKE.get(sample.name.removeprefix(family.name))
        if take is None:
            raise ValueError(f"{sample.name} does not belong to {family.name}, a {family.type}")
        labels = tuple((name, value) for name, value in sample.labels.items() if name != "le")
        take(found.setdefault(labels, _Histogram()), sample)
    native = family.native if isinstance(family, Distribution) else {}
    for labels, histogram in found.items():
        values = tuple(value for _, value in labels)
        yield _labels(labels) + delimited(_HISTOGRAM, _histogram(histogram, native.get(values)))


def _histogram(histogram: _Histogram, native: NativeHistogram | None) -> bytes:
    # what counts a process's observations may go on while they are read, and Prometheus takes no native histogram
    # whose count is not that of its buckets
    count = histogram.count if native is None else native.count_value
    parts = [unsigned(1, int(count)), double(2, histogram.total)]
    parts += [delimited(3, unsigned(1, int(below)) + double(2, bound)) for bound, below in histogram.buckets]
    if native is not None:
        parts += _native(native)
    return b"".join(parts)


def _native(native: NativeHistogram) -> list[bytes]:
    """Schema, zero bucket, and the buckets of values above 0."""
    spans = [delimited(12, signed(1, span.offset) + unsigned(2, span.length)) for span in native.pos_spans or ()]
    return [
        signed(5, native.schema),
        double(6, native.zero_threshold),
        unsigned(7, int(native.zero_count)),
        *spans,
        packed_signed(13, native.pos_deltas or ()),
    ]
