"""What the benchmark of the server reads out of the load generators, and what it makes of it."""

import numpy as np
import pytest

from tests.bench_serving import report
from tests.bench_serving.h2load import Overload
from tests.bench_serving.load import Result, parsed
from tests.bench_serving.measuring import median
from tests.bench_serving.paired import Paired, added, paired
from tests.bench_serving.telling import Telling

WRK = """\
Running 2s test @ http://127.0.0.1:1/v2/models/m/infer
  1 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.30ms  500.00us   5.00ms   90.00%
  Latency Distribution
     50%    1.20ms
     75%    1.50ms
     90%    1.90ms
     99%    {p99}
  20000 requests in 2.00s, 5.00MB read
{failures}Requests/sec:  10000.00
Transfer/sec:      2.50MB
"""
OURS = ("ours", "ours, with exporter")


@pytest.mark.parametrize(
    ("p99", "failures", "expected"),
    [
        ("4.80ms", "", Result(10000.0, 1.2, 4.8, 0)),
        ("850.00us", "", Result(10000.0, 1.2, 0.85, 0)),
        ("1.50s ", "  Non-2xx or 3xx responses: 5000\n", Result(7500.0, 1.2, 1500.0, 5000)),
        ("4.80ms", "  Socket errors: connect 0, read 2, write 0, timeout 3\n", Result(9997.5, 1.2, 4.8, 5)),
    ],
    ids=["milliseconds", "microseconds", "refused", "unanswered"],
)
def test_what_wrk_prints(p99, failures, expected):
    assert parsed(WRK.format(p99=p99, failures=failures)) == expected


def test_a_server_that_answers_nothing_in_time():
    nothing = "  Latency Distribution\n  0 requests in 1.10s, 0.00B read\nRequests/sec:      0.00\n"
    assert parsed(nothing) == Result(0.0, 0.0, 0.0, 0)


def test_something_else_is_no_result():
    with pytest.raises(RuntimeError, match="wrk printed"):
        parsed("unable to connect")


def test_medians_are_of_each_figure_and_failures_of_all():
    rounds = [Result(10.0, 3.0, 9.0, 1), Result(30.0, 1.0, 7.0, 0), Result(20.0, 2.0, 8.0, 2)]
    assert median(rounds) == Result(20.0, 2.0, 8.0, 3)


def found():
    results = {"ours": {16: Result(100.0, 1.0, 2.0, 0)}, "theirs": {16: Result(20.0, 4.0, 8.0, 0)}}
    overload = Overload(asked=200.0, goodput=95.0, refused=0.5, failed=0, p99=30.0, refused_p99=1.0)
    return report.Found(
        [report.Measured("a case", results)],
        [report.Measured("a case", {"ours": {10: results["ours"][16]}, "theirs": {10: results["theirs"][16]}})],
        [report.Overloaded("a case", "ours", 100.0, overload)],
        {"ours": [1.0, 4.0, 1.5]},
        told=[
            Telling("a case", 16, Paired(9000.0, 8910.0, 0.99, 0.98, 1.0), Paired(50.0, 51.5, 1.02, 0.99, 1.05), 9.5)
        ],
    )


def test_entries_compare_ours_with_every_peer():
    entries = {(one["metric"], one["peer"]): one for one in report.entries(found(), OURS, {"theirs": "1.7.1"})}
    rate = entries["rate at 16 connections", "theirs"]
    assert (rate["ours"], rate["peer_value"], rate["ratio"], rate["peer_version"]) == (100.0, 20.0, 5.0, "1.7.1")
    assert entries["p99_ms at 16 connections", "theirs"]["ratio"] == 0.25
    assert entries["p99_ms at 10 requests/s", "theirs"]["peer_value"] == 8.0
    assert entries["goodput at twice the peak", "ours: its peak"]["ratio"] == 0.95
    assert entries["rate at 16 connections, telling", "telling nobody"]["ratio"] == 0.99
    assert entries["processor µs at 16 connections, telling", "telling nobody"]["ratio"] == 1.03
    assert entries["exporter's processor µs at 16 connections", "the server's"]["ours"] == 9.5
    assert {key for one in entries.values() for key in one} == {
        *("case", "metric", "ours", "peer", "peer_version", "peer_value", "ratio"),
    }


def test_the_page_has_every_server_with_its_ratio():
    text = report.text(found(), OURS)
    assert "| ours | 100 |  | 2.00 |" in text
    assert "| theirs | 20 | 5.0 | 8.00 |" in text
    assert "| a case, 16 | 9,000 | 8,910 | -1.0 % [-2.0 %, +0.0 %] | 50.0 | 51.5 | +2.0 % [-1.0 %, +5.0 %] |" in text
    assert "| ours | 1.5 | 4.0 | 3 |" in text
    assert "| ours | 100 | 200 | 95 | 95% | 50% | 0 | 30 | 1 |" in text


def test_the_interval_of_a_paired_ratio_covers_what_it_should():
    generator = np.random.default_rng(4)
    covered = 0
    for _ in range(400):
        speed = generator.uniform(1, 2, size=30)  # the machine's, which both share
        first, second = speed * generator.lognormal(0, 0.05, 30), 1.02 * speed * generator.lognormal(0, 0.05, 30)
        found = paired(first, second)
        covered += found.low <= 1.02 <= found.high
        assert found.high - found.low < 0.2
    assert covered >= 0.93 * 400


@pytest.mark.parametrize(("first", "second"), [([], []), ([1.0], [1.0, 2.0])])
def test_pairs_need_both(first, second):
    with pytest.raises(ValueError, match=r"nothing was measured|shorter|longer"):
        paired(first, second)


def test_a_difference_has_the_unit_of_both_and_an_interval():
    found = added([100.0, 110.0, 90.0] * 10, [104.0, 116.0, 93.0] * 10)
    assert (found.first, found.second, found.difference) == (100, 104, 4)
    assert 3 <= found.low <= 4 <= found.high <= 6
