"""The protobuf format says what the text format says, and native histograms beside it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import InfoMetricFamily

from leeboard.observability import native, protobuf
from leeboard.observability.exposition import exposition
from leeboard.observability.families import Family, process_registry
from leeboard.observability.native import native_histogram
from leeboard.observability.negotiation import prefers_protobuf
from tests.support.exposed import ACCEPTS_PROTOBUF, native_counts, of_protobuf, of_text

SECONDS = Family("seconds", "histogram", "How long it took.", ("model", "route"), (0.1, 1.0))
PROTOBUF = protobuf.CONTENT_TYPE.replace(" ", "")


def everything() -> CollectorRegistry:
    """Every type, with and without labels, with values that text has its own spellings for."""
    registry = process_registry("server")
    gauge = Family("place", "gauge", 'A place, with "quotes", \\ and\nlines.', ("name",)).gauge(registry)
    for name, value in (("a", 1.5), ('quoted " and \\ and\n', math.inf), ("ä", -0.0), ("", 1e-300)):
        gauge.labels(name).set(value)
    Family("things_total", "counter", "Things.").counter(registry).inc(2**53)
    Family("never_total", "counter", "Never counted.", ("why",)).counter(registry)
    histogram = SECONDS.histogram(registry)
    for seconds in (0.05, 0.5, 5, 0.1):
        histogram.labels("m", "infer").observe(seconds)
    histogram.labels("m", "grpc").observe(2)
    return registry


async def test_both_formats_say_the_same() -> None:
    registry = everything()
    text, proto = await exposition(registry, None), await exposition(registry, ACCEPTS_PROTOBUF)
    assert text.content_type.startswith("text/plain")
    assert proto.content_type.replace(" ", "") == PROTOBUF
    shown = of_protobuf(proto.body)
    # what the process uses has changed between the two
    for family in (shown, expected := of_text(text.body)):
        for name in [one for one in family if one.startswith("process_")]:
            family[name].samples = dict.fromkeys(family[name].samples, 0.0)
    assert shown == expected
    assert {"place", "things_total", "never_total", "seconds", "process_cpu_seconds_total"} <= set(shown)
    assert (
        shown["seconds"].samples["seconds_bucket", frozenset({("model", "m"), ("route", "infer"), ("le", "0.1")})] == 2
    )


def test_bounds_below_zero_have_no_sum_in_either() -> None:
    family = Family("score", "histogram", "Scores.", ("model",)).distribution()
    family.add_metric(("m",), [("-1.0", 1), ("+Inf", 4)], -2.5)
    ((labels, count),) = [
        (labels, count)
        for (name, labels), count in of_protobuf(protobuf.encoded([family]))["score"].samples.items()
        if ("le", "inf") in labels
    ]
    assert (dict(labels)["model"], count) == ("m", 4)
    assert {name for name, _ in of_protobuf(protobuf.encoded([family]))["score"].samples} == {"score_bucket"}


@pytest.mark.parametrize(
    "family", [InfoMetricFamily("about", "About.", {"a": "b"}), Metric("x", "X.", "summary")], ids=lambda one: one.type
)
def test_another_type_is_refused_and_not_left_out(family: Metric) -> None:
    with pytest.raises(ValueError, match=f"{family.name} is a {family.type}"):
        protobuf.encoded([family])


@pytest.mark.parametrize("kind", ["gauge", "histogram"])
def test_a_sample_of_another_name_is_refused_and_not_left_out(kind: str) -> None:
    family = Metric("x", "X.", kind)
    family.add_sample("x_created", {}, 1.0)
    with pytest.raises(ValueError, match="x_created does not belong to x"):
        protobuf.encoded([family])


# native histograms


def counted(values: list[float]) -> list[int]:
    """Counts by the definition of the buckets, bound by bound."""
    counts = [0] * native.SIZE
    for value in values:
        counts[sum(bound < value for bound in native.BOUNDS)] += 1
    return counts


def shown_native(counts: list[int], total: float) -> tuple[int, dict[int, int]]:
    """Its zero bucket and the others that hold something, as they are read."""
    family = SECONDS.distribution()
    family.add_metric(("m", "infer"), [("0.1", sum(counts)), ("+Inf", sum(counts))], total)
    family.add_native(("m", "infer"), native_histogram(counts, total))
    ((labels, histogram),) = of_protobuf(protobuf.encoded([family]))["seconds"].native.items()
    assert dict(labels) == {"model": "m", "route": "infer"}
    assert (histogram.schema, histogram.zero_threshold) == (3, 2**-15)
    assert (histogram.sample_count, histogram.sample_sum) == (sum(counts), total)
    return histogram.zero_count, {index: count for index, count in native_counts(histogram).items() if count}


@given(st.lists(st.floats(0, 1000), max_size=30))
def test_native_buckets_hold_what_lies_in_them(values: list[float]) -> None:
    zero, found = shown_native(counted(values), sum(values))
    assert zero == sum(value <= 2**-15 for value in values)
    assert zero + sum(found.values()) == len(values)
    for index, count in found.items():
        low, high = 2 ** ((index - 1) / 8), 2 ** (index / 8) if index < 7 * 8 else math.inf
        assert count == sum(low < value <= high for value in values)


@given(st.lists(st.integers(0, 5), min_size=native.SIZE, max_size=native.SIZE))
def test_every_bucket_comes_back(counts: list[int]) -> None:
    zero, found = shown_native(counts, 1.0)
    assert zero == counts[0]
    assert found == {index: count for index, count in enumerate(counts[1:], -119) if count}


def test_a_histogram_of_nothing_is_a_native_one_nevertheless() -> None:
    assert shown_native([0] * native.SIZE, 0.0) == (0, {})
    with pytest.raises(ValueError, match="3 counts, and there are 177 buckets"):
        native_histogram([1, 2, 3], 0.0)


def test_the_text_has_the_classic_buckets_alone() -> None:
    family = SECONDS.distribution()
    family.add_metric(("m", "infer"), [("0.1", 1), ("+Inf", 2)], 1.0)
    before = list(family.samples)
    family.add_native(("m", "infer"), native_histogram(counted([0.05, 0.95]), 1.0))
    assert family.samples == before


# which of the two


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (ACCEPTS_PROTOBUF, True),
        (PROTOBUF, True),
        (protobuf.CONTENT_TYPE, True),
        (f"{PROTOBUF};escaping=allow-utf-8;q=0.6,text/plain;version=1.0.0;q=0.4,*/*;q=0.1", True),
        (f"{PROTOBUF};q=0.5,text/plain;q=0.5", True),
        (PROTOBUF.upper(), True),
        (f'{PROTOBUF.replace("delimited", "") + chr(34)}delimited"', True),
        ("", False),
        ("*/*", False),
        ("application/*", False),
        ("text/plain;version=0.0.4;q=0.5,*/*;q=0.1", False),
        (f"text/plain,{PROTOBUF};q=0.9", False),
        (f"*/*,{PROTOBUF};q=0.9", False),
        (f"{PROTOBUF};q=0", False),
        (f"{PROTOBUF};q=nan", False),
        (f"{PROTOBUF};q=2", False),
        ("application/vnd.google.protobuf", False),
        (PROTOBUF.replace("delimited", "text"), False),
        (PROTOBUF.replace("MetricFamily", "Other"), False),
        (";,;=,q=;", False),
    ],
)
def test_protobuf_is_for_those_who_ask_for_it(accept: str, expected: bool) -> None:
    assert prefers_protobuf(accept) is expected


@given(st.text())
def test_any_header_is_answered(accept: str) -> None:
    assert prefers_protobuf(accept) in (True, False)
