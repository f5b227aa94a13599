"""The demo's hand on its traffic."""

import asyncio
import subprocess
import sys

import pytest

from e2e.demo.traffic import Segment, Target, Traffic, TrafficError
from e2e.demo.traffic.state import read_state
from tests.unit.demo_traffic.server import ERROR, OK, serving, until
from tests.unit.demo_traffic.test_traffic import ROOT, assert_adds_up, rows_file


def traffic_to(server, folder):
    target = Target(url=server.url, model="late-flights", feedback_url=f"{server.url}/feedback", label_delay=0.1)
    return Traffic(target, folder / "state.json", run="demo")


async def test_segments_follow_each_other_without_an_end_of_traffic(tmp_path) -> None:
    first, second = rows_file(tmp_path, 64, "first.parquet"), rows_file(tmp_path, 24, "second.parquet")
    async with serving(manners=(OK,) * 9 + (ERROR,)) as server:
        with traffic_to(server, tmp_path) as traffic:
            await asyncio.to_thread(traffic.start, Segment(name="before", rows=first, rate=400, loop=True))
            await asyncio.to_thread(traffic.append, Segment(name="after", rows=second, rate=2000, rows_per_request=6))
            await asyncio.to_thread(traffic.append, Segment(name="last", rows=first, rate=2000, loop=True))
            await until(lambda: traffic.counts().segments[-1].name == "last")
            await asyncio.to_thread(traffic.start, Segment(name="other", rows=second, rate=2000, loop=True))
            await server.until_asked(len(server.asked) + 20)
            running = await asyncio.to_thread(traffic.counts)
            assert running.phase == "Sending"
            state = await asyncio.to_thread(traffic.stop)
            assert await asyncio.to_thread(traffic.counts) == state
            with pytest.raises(TrafficError, match="was stopped"):
                traffic.start(Segment(name="again", rows=first, rate=400))
    assert state.totals.requests == len(server.asked)
    assert state.totals.failures == server.failures()
    assert len({one.body["id"] for one in server.asked}) == len(server.asked)
    assert all(one.body["id"].startswith("demo-") for one in server.asked)
    assert [one.name for one in state.segments] == ["before", "after", "last", "other"]
    assert [one.end for one in state.segments[:-1]] == [one.start for one in state.segments[1:]]
    assert state.segment("before").rows % 64 == 0
    assert (state.segment("after").requests, state.segment("after").rows) == (4, 24)
    assert_adds_up(state)


async def test_what_cannot_be_sent_is_said_and_the_rest_goes_on(tmp_path) -> None:
    rows = rows_file(tmp_path, 64)
    async with serving() as server:
        with traffic_to(server, tmp_path) as traffic:
            await asyncio.to_thread(traffic.start, Segment(name="one", rows=rows, rate=2000, loop=True))
            with pytest.raises(TrafficError, match=r"absent\.parquet"):
                await asyncio.to_thread(traffic.start, Segment(name="two", rows=tmp_path / "absent.parquet", rate=1))
            known = len(server.asked)
            await server.until_asked(known + 5)
            state = await asyncio.to_thread(traffic.stop)
    assert [one.name for one in state.segments] == ["one"]
    assert state.totals.failed == 0


async def test_rows_that_are_at_their_end_leave_the_process_ready_for_more(tmp_path) -> None:
    rows = rows_file(tmp_path, 16)
    async with serving() as server:
        with traffic_to(server, tmp_path) as traffic:
            await asyncio.to_thread(traffic.start, Segment(name="one", rows=rows, rate=2000))
            await server.until_asked(2)
            await until(lambda: traffic.counts().phase == "Idle")
            await asyncio.to_thread(traffic.append, Segment(name="two", rows=rows, rate=2000))
            await server.until_asked(4)
            state = await asyncio.to_thread(traffic.stop)
    assert [(one.name, one.requests) for one in state.segments] == [("one", 2), ("two", 2)]


async def test_a_process_that_ended_by_itself_is_told(tmp_path) -> None:
    async with serving() as server:
        traffic = traffic_to(server, tmp_path)
        await asyncio.to_thread(traffic.start, Segment(name="one", rows=rows_file(tmp_path, 16), rate=100, loop=True))
        traffic._process.kill()
        traffic._process.wait()
        with pytest.raises(TrafficError, match="has ended"):
            await asyncio.to_thread(traffic.counts)
        with pytest.raises(TrafficError, match="exit code -9"):
            await asyncio.to_thread(traffic.stop)


async def test_traffic_ends_with_the_process_that_started_it(tmp_path) -> None:
    rows = rows_file(tmp_path, 16)
    async with serving() as server:
        program = f"""
import os
from pathlib import Path
from e2e.demo.traffic import Segment, Target, Traffic
traffic = Traffic(Target(url={server.url!r}, model="late-flights"), Path({str(tmp_path / "state.json")!r}))
traffic.start(Segment(name="one", rows=Path({str(rows)!r}), rate=400, loop=True))
os._exit(3)
"""
        starter = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", program), cwd=ROOT, env={"PYTHONPATH": f"{ROOT / 'operator'}:{ROOT}"},
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert await starter.wait() == 3
        await until(lambda: read_state(tmp_path / "state.json").phase == "Stopped")
        state = read_state(tmp_path / "state.json")
    assert state.totals.requests == len(server.asked) == state.totals.answered


def test_no_traffic_has_no_counts(tmp_path) -> None:
    traffic = Traffic(Target(url="http://127.0.0.1:9", model="m"), tmp_path / "state.json")
    with pytest.raises(TrafficError, match="no traffic"):
        traffic.counts()
