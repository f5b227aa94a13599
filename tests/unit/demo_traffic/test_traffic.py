"""The traffic process against a real server: what it counts is what the server did."""

import asyncio
import os
import signal
import sys
from collections import Counter
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from e2e.demo.traffic.state import UNKNOWN, read_state
from tests.unit.demo_traffic.server import (
    CUT,
    ERROR,
    FEWER,
    GONE,
    MORE,
    NO_JSON,
    NO_NUMBER,
    OK,
    OTHER_ID,
    RESET,
    SLOW,
    serving,
    until,
)

MANY = ("--connections", "short:100,keep-alive:100")
"""So many that none is ever late."""
ROOT = Path(__file__).resolve().parents[3]


def rows_file(folder, count, name="rows.parquet"):
    x = np.arange(count, dtype=float)
    labels = pd.array([None if i % 5 == 4 else i % 2 for i in range(count)], dtype="Int64")
    pd.DataFrame({"x": x, "label": labels}).to_parquet(folder / name)
    return folder / name


async def begin(folder, url, *more, rows=None, rate=2000):
    """Start the process as a user would."""
    arguments = ["--url", url, "--model", "late-flights", "--state", str(folder / "state.json"), "--rate", str(rate)]
    arguments += ["--rows", str(rows)] if rows else []
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "e2e.demo.traffic", *arguments, *more),
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'operator'}:{ROOT}"},
        stderr=asyncio.subprocess.PIPE,
    )


async def finished(folder, process):
    _, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return read_state(folder / "state.json")


def assert_adds_up(state):
    for counts in (state.totals, *state.segments):
        assert counts.requests == counts.answered + counts.failed + counts.in_flight
        assert counts.failed == sum(counts.failures.values())
        for field in ("requests", "answered", "failed", "late"):
            assert getattr(counts, field) == sum(getattr(one, field) for one in counts.connections.values())
        assert counts.answered == sum(one.requests - one.failed for one in counts.versions.values())
        assert counts.failed == sum(one.failed for one in counts.versions.values())
    for field in ("requests", "answered", "failed", "rows", "late"):
        assert getattr(state.totals, field) == sum(getattr(one, field) for one in state.segments)
    assert sum(sum(one.versions.values()) for one in state.seconds) == state.totals.answered
    assert sum(one.failed for one in state.seconds) == state.totals.failed


async def test_every_row_is_sent_once_and_in_order(tmp_path) -> None:
    async with serving() as server:
        process = await begin(tmp_path, server.url, *MANY, rows=rows_file(tmp_path, 203))
        state = await finished(tmp_path, process)
    numbers = [one.body["inputs"][0]["data"] for one in sorted(server.asked, key=lambda a: int(a.body["id"][9:]))]
    assert list(chain.from_iterable(numbers)) == list(range(203))
    assert [len(one) for one in numbers] == [8] * 25 + [3]
    assert len({one.body["id"] for one in server.asked}) == 26
    assert state.phase == "Stopped"
    assert (state.totals.requests, state.totals.rows, state.totals.failed) == (26, 203, 0)
    assert {name: one.requests for name, one in state.totals.connections.items()} == {"keep-alive": 13, "short": 13}
    assert_adds_up(state)


async def test_failures_are_counted_by_kind_connection_and_version_as_the_server_made_them(tmp_path) -> None:
    manners = (OK, ERROR, OK, GONE, RESET, OK, SLOW, FEWER, MORE, NO_NUMBER, OTHER_ID, NO_JSON, CUT)
    async with serving(manners=manners, versions=("v1", "v2")) as server:
        rows = rows_file(tmp_path, 26 * 3 * 8)
        process = await begin(tmp_path, server.url, *MANY, "--timeout", "1.5", rows=rows)
        state = await finished(tmp_path, process)
    assert len(server.asked) == state.totals.requests == 78
    assert dict(state.totals.failures) == server.failures()
    assert state.totals.failed == 6 * 10
    for connection, counts in state.totals.connections.items():
        assert dict(counts.failures) == server.failures(connection)
    named = Counter(one.version for one in server.asked if one.manner in (OK, FEWER, MORE, NO_NUMBER, OTHER_ID))
    wrong = Counter(one.version for one in server.asked if one.manner in (FEWER, MORE, NO_NUMBER, OTHER_ID))
    versions = state.totals.versions
    assert {name: (one.requests, one.failed) for name, one in versions.items() if name != UNKNOWN} == {
        name: (named[name], wrong[name]) for name in ("v1", "v2")
    }
    assert versions[UNKNOWN].requests == versions[UNKNOWN].failed == 78 - named.total()
    assert all(0 < versions[name].p50_milliseconds <= versions[name].p99_milliseconds for name in ("v1", "v2"))
    assert len(state.first_failures) == 20
    of_id = {one.body["id"]: one for one in server.asked}
    for one in state.first_failures:
        assert one.connection == of_id[one.id].connection
        assert one.text
    assert_adds_up(state)


async def test_a_service_that_is_not_there_is_a_failure_to_connect(tmp_path) -> None:
    async with serving() as server:
        url = server.url
    state = await finished(tmp_path, await begin(tmp_path, url, rows=rows_file(tmp_path, 40)))
    assert dict(state.totals.failures) == {"connect": 5}
    assert state.totals.versions[UNKNOWN].failed == 5
    assert_adds_up(state)


@pytest.mark.parametrize(("lifetime", "fewest", "most"), [("0", 1, 3), ("0.0001", 40, 40)])
async def test_connections_are_kept_or_made_anew_as_their_kind_says(tmp_path, lifetime, fewest, most) -> None:
    async with serving() as server:
        options = ("--connections", "keep-alive:3,short:40", "--lifetime", lifetime)
        rows = rows_file(tmp_path, 640)
        # slow enough that three connections are never busy at once for long
        state = await finished(tmp_path, await begin(tmp_path, server.url, *options, rows=rows, rate=800))
    of_kind = {kind: [a.transport for a in server.asked if a.connection == kind] for kind in ("keep-alive", "short")}
    assert {kind: len(found) for kind, found in of_kind.items()} == {
        kind: one.requests for kind, one in state.totals.connections.items()
    }
    assert len(set(of_kind["short"])) == len(of_kind["short"])
    if most == 40:
        assert len(set(of_kind["keep-alive"])) == len(of_kind["keep-alive"])
    else:
        assert fewest <= len(set(of_kind["keep-alive"])) <= most


async def test_a_service_that_does_not_answer_is_asked_all_the_same_until_its_connections_are_busy(tmp_path) -> None:
    async with serving() as server:
        server.held.clear()
        options = ("--loop", "--connections", "keep-alive:2,short:3")
        process = await begin(tmp_path, server.url, *options, rows=rows_file(tmp_path, 16), rate=1600)
        await server.until_asked(5)
        state = await until(lambda: late(tmp_path, 100))
        assert state.totals.in_flight == state.totals.requests == len(server.asked) == 5
        assert {name: one.requests for name, one in state.totals.connections.items()} == {"keep-alive": 2, "short": 3}
        server.held.set()
        process.send_signal(signal.SIGTERM)
        state = await finished(tmp_path, process)
    seconds = (state.segments[0].end - state.segments[0].start).total_seconds()
    # one moment each 5 ms, the first at once; those that the machine missed are made up for, none is made up
    assert state.totals.requests + state.totals.late <= seconds / 0.005 + 1
    assert state.totals.failed == 0
    assert_adds_up(state)


def late(folder, count):
    """The state once that many moments of the schedule were late."""
    state = read_state(folder / "state.json")
    return state if state.totals.late >= count else None


async def test_rows_are_not_sent_faster_than_asked_for(tmp_path) -> None:
    async with serving() as server:
        state = await finished(tmp_path, await begin(tmp_path, server.url, rows=rows_file(tmp_path, 200), rate=400))
    seconds = (state.segments[0].end - state.segments[0].start).total_seconds()
    assert state.totals.requests + state.totals.late >= 25
    assert seconds >= (state.totals.requests + state.totals.late - 1) * 8 / 400 - 0.001


async def test_sigterm_waits_for_what_is_in_flight(tmp_path) -> None:
    async with serving() as server:
        server.held.clear()
        process = await begin(tmp_path, server.url, "--loop", rows=rows_file(tmp_path, 64))
        await server.until_asked(10)
        process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.2)
        assert process.returncode is None
        server.held.set()
        state = await finished(tmp_path, process)
    assert state.phase == "Stopped"
    assert state.totals.answered == state.totals.requests == len(server.asked) >= 10
    assert state.totals.in_flight == 0
    assert state.segments[0].end is not None
    assert_adds_up(state)


@pytest.mark.parametrize("wrong", ["--connections=fast:3", "--rate=0", "--model="])
async def test_bad_arguments_are_refused(tmp_path, wrong) -> None:
    process = await begin(tmp_path, "http://127.0.0.1:9", wrong, rows=rows_file(tmp_path, 8))
    _, errors = await process.communicate()
    assert process.returncode == 2, errors.decode()
    assert not (tmp_path / "state.json").exists()
