"""What a scrape answered, read back in both formats, so that the two can be held against each other.

The messages of io.prometheus.client are described here by themselves, for the decoder of the package protobuf: what
reads them shares nothing with what wrote them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.proto import parse_length_prefixed
from google.protobuf.unknown_fields import UnknownFieldSet
from prometheus_client.parser import text_string_to_metric_families

ACCEPTS_PROTOBUF = (
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,"
    "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
"""As Prometheus 2.42 asks with native histograms."""
_PACKAGE = "io.prometheus.client"
_MESSAGES: dict[str, str] = {
    "LabelPair": "name=1 string, value=2 string",
    "Gauge": "value=1 double",
    "Counter": "value=1 double",
    "Untyped": "value=1 double",
    "BucketSpan": "offset=1 sint32, length=2 uint32",
    "Bucket": "cumulative_count=1 uint64, upper_bound=2 double",
    "Histogram": (
        "sample_count=1 uint64, sample_sum=2 double, bucket=3 *Bucket, schema=5 sint32, zero_threshold=6 double,"
        "zero_count=7 uint64, positive_span=12 *BucketSpan, positive_delta=13 *sint64"
    ),
    "Metric": "label=1 *LabelPair, gauge=2 Gauge, counter=3 Counter, untyped=5 Untyped, histogram=7 Histogram",
    "MetricFamily": "name=1 string, help=2 string, type=3 uint32, metric=4 *Metric",
}
_TYPES = {0: "counter", 1: "gauge", 3: "unknown", 4: "histogram"}
_SCALARS = {
    name: getattr(FieldDescriptorProto, f"TYPE_{name.upper()}")
    for name in ("string", "double", "uint32", "uint64", "sint32", "sint64")
}
Labels = frozenset[tuple[str, str]]
Sample = tuple[str, Labels]


@dataclass
class Shown:
    """A family: its type, its help, values by name and labels, and native histograms as messages by labels."""

    type: str
    help: str
    samples: dict[Sample, float] = field(default_factory=dict)
    native: dict[Labels, Any] = field(default_factory=dict)


def of_text(body: bytes) -> dict[str, Shown]:
    """The families of the text format, by the name that a query has."""
    found = {}
    for family in text_string_to_metric_families(body.decode()):
        shown = Shown(family.type, family.documentation)
        for sample in family.samples:
            shown.samples[sample.name, _labels(sample.labels)] = sample.value
        found[family.name + ("_total" if family.type == "counter" else "")] = shown
    return found


def of_protobuf(body: bytes) -> dict[str, Shown]:
    """The families of the protobuf format, in the same form."""
    found = {}
    for message in _messages(body):
        shown = Shown(_TYPES[message.type], message.help)
        for metric in message.metric:
            labels = {pair.name: pair.value for pair in metric.label}
            if shown.type == "histogram":
                _histogram(shown, message.name, labels, metric.histogram)
            else:
                field_of_value = {"unknown": "untyped"}.get(shown.type, shown.type)
                assert metric.HasField(field_of_value)
                shown.samples[message.name, _labels(labels)] = getattr(metric, field_of_value).value
        assert message.name not in found
        found[message.name] = shown
    return found


def _histogram(shown: Shown, name: str, labels: dict[str, str], histogram: Any) -> None:
    ends = [(bucket.upper_bound, bucket.cumulative_count) for bucket in histogram.bucket]
    for bound, count in (*ends, (math.inf, histogram.sample_count)):
        shown.samples[f"{name}_bucket", _labels(labels | {"le": str(bound)})] = count
    if not math.isnan(histogram.sample_sum):
        shown.samples[f"{name}_count", _labels(labels)] = histogram.sample_count
        shown.samples[f"{name}_sum", _labels(labels)] = histogram.sample_sum
    if histogram.zero_threshold:
        shown.native[_labels(labels)] = histogram


def native_counts(histogram: Any) -> dict[int, int]:
    """The counts of a native histogram by the index of the bucket."""
    counts, index, count, deltas = {}, 0, 0, list(histogram.positive_delta)
    for span in histogram.positive_span:
        index += span.offset
        for _ in range(span.length):
            count += deltas.pop(0)
            counts[index] = count
            index += 1
    assert deltas == []
    return counts


def _labels(labels: dict[str, str]) -> Labels:
    return frozenset((name, str(float(value)) if name == "le" else value) for name, value in labels.items())


def _messages(body: bytes) -> Iterator[Any]:
    stream = BytesIO(body)
    while (message := parse_length_prefixed(_FAMILY, stream)) is not None:
        for metric in message.metric:
            assert len(UnknownFieldSet(metric)) == len(UnknownFieldSet(metric.histogram)) == 0
        yield message


def _family_class() -> Any:
    file = FileDescriptorProto(name="metrics.proto", package=_PACKAGE, syntax="proto2")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for text in fields.split(","):
            place, kind = text.strip().split(" ")
            label, number = place.split("=")
            one = message.field.add(name=label, number=int(number), label=FieldDescriptorProto.LABEL_OPTIONAL)
            if kind.startswith("*"):
                one.label = FieldDescriptorProto.LABEL_REPEATED
            kind = kind.removeprefix("*")
            if kind in _SCALARS:
                one.type = _SCALARS[kind]
            else:
                one.type, one.type_name = FieldDescriptorProto.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"
    pool = DescriptorPool()
    pool.Add(file)
    return GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.MetricFamily"))


_FAMILY = _family_class()
