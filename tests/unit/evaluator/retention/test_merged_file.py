"""A merged file says the same as its parts, and gives each of them back."""

import gzip
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from leeboard.evaluator.retention.merged_file import merged_file, parse_head, parse_parts, part_of
from leeboard.evaluator.windows import parse_window
from leeboard.stats.distributions import Bins, count_values
from tests.unit.evaluator.retention.exporters import table, window


def parts(kind, files):
    return [part_of(kind, key, data) for key, data in files]


def totals(windows):
    """By pod, number of bins, and whether scores are counted in segments, in the order of their names."""
    found = {}
    for one in windows:
        key = (one.pod, len(one.features[0]["counts"]), one.segments[0].scores is not None)
        total = found.setdefault(key, [0, 0, 0, 0, 0, 0, 0, 0])
        counted = (one.requests, one.errors, one.rows, one.dropped, one.latency_counts, one.features[0]["counts"],
                   one.features[0]["missing"], one.prediction["counts"])  # fmt: skip
        for place, value in enumerate(counted):
            total[place] = total[place] + value
    return {key: [np.asarray(one).tolist() for one in value] for key, value in sorted(found.items())}


@settings(max_examples=100, deadline=None)
@given(
    some.lists(
        some.tuples(some.sampled_from("abc"), some.integers(0, 59), some.integers(0, 10**6), some.integers(1, 4)),
        min_size=1,
        unique_by=lambda one: one[:2],
    )
)
def test_counts_add_up_exactly_by_pod_and_bins(asked):
    files = [window(pod, minute, rows=rows, bins=bins) for pod, minute, rows, bins in asked]
    data = merged_file("windows", parts("windows", files))
    head = parse_head(data)
    wholes = [parse_window(one) for _, one in files]
    assert totals(head.windows) == totals(wholes)
    assert len(head.windows) == len(totals(wholes))
    assert sum(one.parts for one in head.windows) == len(files)
    assert min(one.start for one in head.windows) == min(one.start for one in wholes)
    assert max(one.end for one in head.windows) == max(one.end for one in wholes)
    sums = {key: sum(one.features[0]["sum"] for one in wholes if one.pod == key) for key in "abc"}
    for pod, wanted in sums.items():
        assert sum(one.features[0]["sum"] for one in head.windows if one.pod == pod) == pytest.approx(wanted, rel=1e-15)
    assert [(name, content) for name, content in parse_parts(data)] == [
        (key, json.loads(gzip.decompress(one))) for key, one in files
    ]


def test_a_table_comes_back_as_it_was():
    text = 'id,time,label\n"a, ""b""",2026-01-01T00:00:00Z,"ü\u2028 x"\r\nlast,2026-01-01T00:00:00Z,1'
    data = merged_file(
        "feedback",
        [part_of("feedback", "a", gzip.compress(text.encode())), *parts("feedback", [table("feedback", "b", 1, [1])])],
    )
    (name, content), _ = parse_parts(data)
    assert (name, content) == ("a", text)
    assert parse_head(data).windows == ()
    lines = gzip.decompress(data).decode().split("\n")
    assert json.loads(lines[0])["parts"][0] == "a"
    assert len(lines) == 1 + 2 + 1


def test_windows_without_a_prediction_or_latencies_are_added_up_with_their_like():
    def changed(minute, **fields):
        raw = json.loads(gzip.decompress(window("a", minute)[1])) | fields
        return str(minute), gzip.compress(json.dumps(raw).encode())

    files = [changed(0), changed(1, prediction=None), changed(2, prediction=None), changed(3, latency=None)]
    head = parse_head(merged_file("windows", parts("windows", files)))
    assert sorted(one.parts for one in head.windows) == [1, 1, 2]
    assert sum(one.requests for one in head.windows) == 4 * 5


def with_extent(minute, values):
    """A window whose input and scores had these values; None: of an exporter that does not tell extents."""
    raw = json.loads(gzip.decompress(window("a", minute)[1]))
    if values is not None:
        extent = count_values("x", Bins("Numeric"), np.array(values, dtype=np.float64)).extent.document()
        raw["features"][0] |= extent
        raw["prediction"] |= extent
    return str(minute), gzip.compress(json.dumps(raw).encode())


def test_extents_are_merged():
    given = [[3.0, -2.0], list(range(500)), [7.5, 1e9]]
    files = [with_extent(1 + 3 * place, values) for place, values in enumerate(given)]
    (whole,) = parse_head(merged_file("windows", parts("windows", files))).windows
    together = count_values("x", Bins("Numeric"), np.concatenate(given)).extent
    for column in (whole.features[0], whole.prediction):
        assert (column["minimum"], column["maximum"]) == (-2.0, 1e9)
        assert column["hyperLogLog"].tolist() == together.distinct.registers.tolist()


def test_an_extent_that_one_part_does_not_tell_is_told_of_no_merged_window():
    """A range of some of the values would be taken for that of all."""
    files = [with_extent(1, [3.0]), with_extent(4, None)]
    (whole,) = parse_head(merged_file("windows", parts("windows", files))).windows
    for column in (whole.features[0], whole.prediction):
        assert not {"minimum", "maximum", "hyperLogLog"} & column.keys()
    _, (_, part) = parse_parts(merged_file("windows", parts("windows", files[::-1])))
    assert part["features"][0]["minimum"] == 3.0


@pytest.mark.parametrize(
    "data",
    [
        b"", b"x", gzip.compress(b"{}"), gzip.compress(b'{"contract":2,"parts":[]}'), gzip.compress(b"[]"),
        gzip.compress(b'{"contract":1}'), gzip.compress(b'{"contract":1,"parts":["a"]}\n'),
        gzip.compress(b'{"contract":1,"parts":["a"]}\n') + gzip.compress(b"{}\n{}\n"),
        gzip.compress(b'{"contract":1,"parts":["a"]}\n') + gzip.compress(b"{")[:-4],
        gzip.compress(b"[" * 100_000),
    ],
)  # fmt: skip
def test_what_is_no_merged_file_is_refused(data):
    with pytest.raises(ValueError, match=r"."):
        parse_parts(data)


@pytest.mark.parametrize(("kind", "data"), [("windows", b"{}"), ("windows", b"[" * 100_000), ("ledger", b"\xff\xfe")])
def test_what_cannot_be_read_is_no_part(kind, data):
    with pytest.raises(ValueError, match=r"."):
        part_of(kind, "a", gzip.compress(data))
