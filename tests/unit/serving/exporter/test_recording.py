"""What can be held to more than a process shows: clocks that are set back, edges, and any name in a table."""

import asyncio
import gzip
import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leeboard.evaluator.windows import parse_window
from leeboard_serving.exporter.health import PATIENCE, Health
from leeboard_serving.exporter.latency import EDGES, bins_of
from leeboard_serving.exporter.outbox import Outbox
from leeboard_serving.exporter.receiver import Receiver
from leeboard_serving.exporter.recorder import Recorder
from leeboard_serving.exporter.references import References
from leeboard_serving.exporter.settings import Settings
from leeboard_serving.exporter.table import Table
from leeboard_serving.exporter.tally import MOST_WAITING, Tally
from leeboard_serving.exporter.texts import is_usable
from leeboard_serving.exporter.uploader import LONGEST_UPLOAD, Uploader
from leeboard_serving.observation import encode
from tests.unit.serving.exporter.running import PROFILE, Exporter, observations, parse_ledger, prediction


@pytest.fixture
def references(tmp_path):
    Exporter(tmp_path)
    return References.read(tmp_path / "model/profile.json")


def test_a_clock_that_is_set_back_loses_and_doubles_nothing(tmp_path, references):
    now = [1000.0]
    outbox = Outbox(tmp_path / "kept", 1 << 20)
    recorder = Recorder(Settings.of(Exporter(tmp_path).environment), references, outbox, lambda: now[0])

    async def run():
        for moment, end in ((1060.0, 1_060_000), (500.0, 500_000), (501.0, 501_000), (1120.0, 1_120_000)):
            now[0] = moment
            await recorder.observe(prediction(f"at {moment}").alone())
            await recorder.close(end)
        await recorder.close()

    asyncio.run(run())
    windows = [parse_window(outbox.read(key)) for key in outbox.pending() if key.startswith("windows")]
    ledgers = [key for key in outbox.pending() if key.startswith("ledger")]
    assert [window.requests for window in windows] == [1, 3, 0]
    assert all(a.end == b.start for a, b in itertools.pairwise(windows))
    assert len(ledgers) == 4
    assert sum(len(parse_ledger(outbox.read(key))) for key in ledgers) == 4


def test_a_window_says_how_many_messages_were_none(tmp_path, references):
    """How many requests they told of nobody knows; that there were some a verdict has to know."""
    outbox, path = Outbox(tmp_path / "kept", 1 << 20), tmp_path / "observe.sock"
    recorder = Recorder(Settings.of(Exporter(tmp_path).environment), references, outbox, lambda: 1000.0)

    async def run():
        receiver = Receiver(path, recorder)
        await receiver.start()
        for sent in (b"\x00\x00\x00\x02\x00\x00\x00\x00{]", encode(prediction("whole").alone()) + b"cut"):
            reader, writer = await asyncio.open_unix_connection(str(path))
            writer.write(sent)
            writer.write_eof()
            assert await reader.read() == b""
            writer.close()
        await receiver.stop(1.0)
        for end in (1_001_000, 1_002_000):
            await recorder.close(end)

    asyncio.run(run())
    windows = [parse_window(outbox.read(key)) for key in outbox.pending() if key.startswith("windows")]
    assert [(window.requests, window.undecoded) for window in windows] == [(1, 2), (0, 0)]


def test_what_waits_to_be_counted_is_bounded_and_changes_nothing(references):
    """A tally of many is the same as the sum of tallies of one each."""
    sent = list(observations(3 * MOST_WAITING, 8, most_rows=3))
    together, summed = Tally(references), Tally(references)
    for one in sent:
        together.add(one.alone())
        alone = Tally(references)
        alone.add(one.alone())
        summed.merge(alone)
    together.settle()
    assert together.features.keys() == {raw["name"] for raw in PROFILE["features"]}
    for name, found in together.features.items():
        assert found.counts.tolist() == summed.features[name].counts.tolist()
        assert found.total == pytest.approx(summed.features[name].total)
    assert together.prediction.counts.tolist() == summed.prediction.counts.tolist()
    assert (together.statuses, together.latencies, together.rows, together.dropped) == (
        summed.statuses, summed.latencies, summed.rows, summed.dropped,
    )  # fmt: skip


@settings(derandomize=True, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=30), st.floats(allow_nan=False, allow_infinity=False)), min_size=1))
def test_every_usable_name_can_be_read_back_and_joined(rows):
    kept = [(name, score) for name, score in rows if is_usable(name)]
    table = Table("ledger", ("id", "time", "score"), 0)
    table.add((name, "2026-01-01T00:00:00.000000Z", score) for name, score in kept)
    cut = table.cut(1000)
    if not kept:
        assert cut is None
        return
    found = parse_ledger(gzip.compress(cut.text.encode()))
    names = np.array([name for name, _ in kept], dtype=object)
    assert found.ids.tolist() == pd.util.hash_array(names, categorize=False).tolist()
    assert found.values == pytest.approx([score for _, score in kept], rel=1e-12)
    assert table.cut(1000) is None


def test_latencies_lie_between_their_edges():
    assert EDGES[0] == 0.0005
    assert EDGES[-1] == 60
    ratios = np.divide(EDGES[1:], EDGES[:-1])
    assert ratios.max() < 1.27
    assert ratios[:-1].min() > 1.24
    assert bins_of([0.0, 0.0005, 60.0, 61.0]) == [0, 0, len(EDGES) - 1, len(EDGES)]
    seconds = np.geomspace(1e-4, 100, 1000)
    assert bins_of(seconds) == [sum(edge < one for edge in EDGES) for one in seconds]


def test_health_is_lost_by_a_loop_that_stands_still_and_by_an_upload_without_end(tmp_path, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])

    class Store:
        def put(self, *_, **__):
            now[0] += LONGEST_UPLOAD + 1
            health.beat()
            seen.append(health.is_live())

    seen = []
    outbox = Outbox(tmp_path, 1 << 20)
    outbox.add("windows/a/1-2.json.gz", b"x")
    uploader = Uploader(outbox, Store(), lambda: 7.0)
    health = Health(10, uploader)
    now[0] += 30 + PATIENCE - 1
    assert health.is_live()
    now[0] += 1
    assert not health.is_live()
    uploader.drain()
    assert seen == [False]
    assert health.is_live()
    assert uploader.last == 7.0


def test_windows_that_found_no_room_are_told_by_the_next_one_as_requests_that_are_missing(tmp_path, references):
    """A verdict has to know what is in no window: it may be what drifted."""
    now = [1000.0]
    outbox = Outbox(tmp_path / "kept", 75 * 1024)  # room for three windows
    recorder = Recorder(Settings.of(Exporter(tmp_path).environment), references, outbox, lambda: now[0])

    async def run():
        for number in range(1, 9):
            now[0] += 60
            for request in range(number):
                await recorder.observe(prediction(f"{number}-{request}").alone())
            await recorder.close()

    asyncio.run(run())
    kept = [parse_window(outbox.read(key)) for key in outbox.pending() if key.startswith("windows")]
    assert 0 < len(kept) < 7
    lost = outbox.take_lost_requests()
    assert sum(one.requests + one.dropped for one in kept) + lost == sum(range(1, 9))
    assert lost > 0 < kept[-1].dropped
    assert outbox.take_lost_requests() == 0


def test_a_window_that_could_not_be_kept_or_was_spoilt_costs_no_other(tmp_path, references):
    outbox = Outbox(tmp_path / "kept", 1 << 20)
    (tmp_path / "kept/windows").write_text("in the way")
    recorder = Recorder(Settings.of(Exporter(tmp_path).environment), references, outbox, lambda: 1000.0)

    async def run():
        await recorder.observe(prediction("a").alone())
        await recorder.close(1_060_000)

    asyncio.run(run())
    outbox.add("windows/p/1-2.json.gz", b"no window")
    assert outbox.dropped["windows"] == 2
    assert outbox.take_lost_requests() == 1
