"""Copies for challengers: which are sent, what they hold, and that nothing a challenger does reaches the champion."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, datetime

import numpy as np
import pytest

from leeboard.evaluator.shadow_windows import read_shadow
from leeboard.stats.sampling import id_hashes, sampled
from leeboard.storage import StorageError
from leeboard_serving.exporter.shadow import lane as lanes
from leeboard_serving.exporter.shadow.connection import LARGEST_ANSWER
from leeboard_serving.exporter.shadow.copies import LARGEST_COPY, copy_of, request_of
from leeboard_serving.exporter.shadow.lookout import Lookout
from leeboard_serving.exporter.shadow.replay import Replay
from leeboard_serving.exporter.shadow.targets import LONGEST_HOLD, NOBODY, Target, Targets, parse_targets
from leeboard_serving.observation import Observations, Told
from leeboard_serving.server.inference.decoding import parse_body
from tests.unit.serving.exporter.challenger import (
    always,
    binary_scores,
    http,
    rows_of,
    running,
    scores,
)
from tests.unit.serving.exporter.running import free_port, prediction
from tests.unit.serving.single import Single

FOR_EVER = time.time() + 10**6


def replay_to(port: int, *, labels: bool = True) -> Replay:
    return Replay(
        "late-flights", "v1", score_output="probability", labels=labels, clock=time.time, address=("127.0.0.1", port)
    )


def everything(most: int = 1000) -> Targets:
    return Targets(FOR_EVER, (Target("v2", 100, most),))


async def until(true, seconds=20):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def sent(replay: Replay) -> int:
    return sum(one.outcomes.total() for one in replay.lanes)


async def compared(behave, requests, *, labels=True):
    """What the window says of the challenger after these requests, and the challenger."""
    async with running(behave) as challenger:
        replay = replay_to(challenger.port, labels=labels)
        await replay.set(everything())
        for one in requests:
            replay.offer(one.alone())
        await until(lambda: sent(replay) == len(requests))
        document = json.loads(json.dumps(replay.cut(), allow_nan=False))
        await replay.close()
    return read_shadow(document)["v2"], challenger


async def test_pairs_are_counted_as_they_are():
    champion = [0.2, 0.49, 0.5, 0.9, 0.4999, 0.1]
    requests = [prediction(f"r{n}", score, seconds=0.02) for n, score in enumerate(champion)]
    found, challenger = await compared(always(0.5), requests)
    assert (found["copies"], found["pairs"], found["failures"], found["dropped"]) == (6, 6, {}, {})
    assert found["flips"] == {"bothNegative": 0, "toPositive": 4, "toNegative": 0, "bothPositive": 2}
    moved = 0.5 - np.array(champion)
    assert found["difference"]["sum"] == pytest.approx(moved.sum())
    assert found["difference"]["sumOfSquares"] == pytest.approx((moved**2).sum())
    places = np.searchsorted(found["difference"]["edges"], moved, side="right")
    assert np.flatnonzero(found["difference"]["counts"]).tolist() == sorted(set(places.tolist()))
    assert sum(found["latency"]["counts"]) == sum(found["championLatency"]["counts"]) == 6
    assert {one["id"] for one in challenger.requests} == {f"r{n}" for n in range(6)}
    assert all("x-leeboard-shadow: v1\r\n" in head for head in challenger.heads)
    assert all(head.startswith("POST /v2/models/late-flights/infer ") for head in challenger.heads)


async def test_without_labels_there_are_no_flips():
    found, _ = await compared(always(120.0), [prediction("r", 80.0)], labels=False)
    assert "flips" not in found
    assert found["difference"]["sum"] == 40


async def test_answers_may_be_binary():
    found, _ = await compared(lambda asked: binary_scores([0.75] * rows_of(asked)), [prediction("r", 0.25)])
    assert found["difference"]["sum"] == 0.5


def test_a_copy_holds_what_the_server_took():
    inputs = {
        "wind": np.array([1.5, np.nan, -3.0], dtype=np.float32),
        "hour": np.array([1, -2, 3], dtype=np.int64),
        "late": np.array([True, False, True]),
        "carrier": np.array(["AA", "Grüße", ""], dtype=object),
        "tail": np.array(["N1", None, "N3"], dtype=object),
    }
    body, length = request_of(copy_of(Single("r", rows=3, inputs=inputs, scores=np.zeros(3)).alone(), 0, 0), "score")
    asked, tensors = parse_body(body, length)
    assert (asked.id, [one.name for one in asked.outputs]) == ("r", ["score"])
    read = {one.name: one for one in tensors}
    assert [one.datatype for one in tensors] == ["FP32", "INT64", "BOOL", "BYTES", "BYTES"]
    for name, column in inputs.items():
        assert list(read[name].shape) == [3]
        np.testing.assert_array_equal(np.array(read[name].values, dtype=column.dtype), column)


def test_a_copy_keeps_nothing_of_the_frame_it_came_in():
    columns = {"a": np.arange(10000.0), "b": np.arange(10000.0)[::-1]}
    frame = Observations([Told("x", 1.0, 0.1, 200, 9998), Told("y", 1.0, 0.1, 200, 2)], columns, np.zeros(10000))
    copy = copy_of(frame, 1, 9998)
    assert copy.inputs["a"].tolist() == [9998.0, 9999.0]
    assert all(column.base is None for column in (*copy.inputs.values(), copy.scores))


@pytest.mark.parametrize(
    ("behave", "failure"),
    [
        (lambda _: http(b"{}", status=500), "Status"),
        (lambda _: http(b"{}", status=503), "Status"),
        (lambda _: http(b"no JSON"), "Answer"),
        (lambda _: http(b'{"outputs": []}'), "Answer"),
        (lambda _: scores([0.5, 0.5]), "Answer"),
        (lambda _: scores([float("nan")]), "Answer"),
        (lambda _: http(b"[" * 100_000), "Answer"),
        (lambda _: b"\x00\xff garbage that is no HTTP at all\r\n\r\n", "Answer"),
        (lambda _: b"HTTP/1.1 101 X\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n", "Status"),
        (lambda _: http(b"x" * (LARGEST_ANSWER + 1)), "Answer"),
        (lambda _: b"HTTP/1.1 200 X\r\n" + b"a: b\r\n" * (LARGEST_ANSWER // 6 + 1), "Answer"),
        (lambda _: b"HTTP/1.1 200 X\r\na: " + b"b" * LARGEST_ANSWER, "Answer"),
        (lambda _: scores([0.5], version="v3"), "OtherVersion"),
        (lambda _: b"HTTP/1.1 200 X\r\ncontent-length: 9\r\nconnection: close\r\n\r\n{", "Unreachable"),
    ],
)
async def test_a_challenger_that_answers_garbage_costs_pairs_and_nothing_else(behave, failure):
    found, _ = await compared(behave, [prediction(f"r{n}") for n in range(5)])
    assert found["failures"] == {failure: 5}
    assert (found["copies"], found["pairs"]) == (5, 0)


async def test_a_challenger_that_is_not_there(monkeypatch):
    replay = replay_to(free_port())
    await replay.set(everything())
    for n in range(20):
        replay.offer(prediction(f"r{n}").alone())
    await until(lambda: sent(replay) == 20)
    assert replay.cut()["v2"]["failures"] == {"Unreachable": 20}
    await replay.close()


async def test_a_silent_challenger_fills_a_queue_and_no_more(monkeypatch):
    """However many requests the champion has: what waits is bounded, and what is not copied is counted."""
    monkeypatch.setattr(lanes, "MOST_WAITING", 20)
    async with running(lambda _: None) as challenger:
        replay = replay_to(challenger.port)
        await replay.set(everything())
        for n in range(200):
            replay.offer(prediction(f"r{n}").alone())
            if n == 10:
                await until(lambda: len(challenger.requests) == lanes.AT_ONCE)
        (lane,) = replay.lanes
        assert lane.waiting[0] == 20
        assert replay.cut()["v2"]["dropped"] == {"Queue": 200 - 20 - lanes.AT_ONCE}
        await replay.close()
        assert lane.waiting == (0, 0)


async def test_a_slow_challenger_times_out(monkeypatch):
    monkeypatch.setattr("leeboard_serving.exporter.shadow.connection.SECONDS", 0.1)
    found, challenger = await compared(lambda _: None, [prediction(f"r{n}") for n in range(6)])
    assert found["failures"] == {"Timeout": 6}
    assert challenger.connections == 6


async def test_rows_of_100_megabytes_are_not_copied():
    width = 100_000 * 16
    large = {"wind": np.zeros(width), "carrier": np.array(["x"] * 10, dtype=object).repeat(width // 10)}
    texts = {"carrier": np.array(["y" * (100 << 20)], dtype=object)}
    requests = [
        Single("large", rows=width, inputs=large, scores=np.zeros(width)).alone(),
        Single("text", rows=1, inputs=texts, scores=np.zeros(1)).alone(),
    ]
    async with running(always(0.5)) as challenger:
        replay = replay_to(challenger.port)
        await replay.set(everything())
        for one in requests:
            replay.offer(one)
        (lane,) = replay.lanes
        assert lane.waiting == (0, 0)
        assert replay.cut()["v2"]["dropped"] == {"TooLarge": 2}
        await replay.close()
        assert not challenger.requests


async def test_many_copies_that_are_just_small_enough_are_bounded_in_bytes():
    rows = LARGEST_COPY // 8
    async with running(lambda _: None) as challenger:
        replay = replay_to(challenger.port)
        await replay.set(everything())
        for n in range(100):
            replay.offer(Single(f"r{n}", rows=rows, inputs={"wind": np.zeros(rows)}, scores=np.zeros(rows)).alone())
        (lane,) = replay.lanes
        assert lane.waiting[1] <= lanes.MOST_WAITING_BYTES + 2 * LARGEST_COPY
        await replay.close()


async def test_the_rate_is_bounded():
    now = [100.0]
    lane = lanes.Lane(
        Target("v2", 100, 5),
        ("127.0.0.1", 1),
        "v1",
        model="m",
        score_output="s",
        labels=True,
        clock=lambda: now[0],
    )
    assert [lane.admits() for _ in range(7)] == [True] * 5 + [False] * 2
    now[0] += 0.4
    assert [lane.admits() for _ in range(3)] == [True, True, False]
    now[0] += 1000
    assert sum(lane.admits() for _ in range(20)) == 5
    assert lane.dropped == {"Rate": 2 + 1 + 15}


async def test_which_requests_are_copied_follows_from_their_ids():
    ids = [f"request {n}" for n in range(400)]
    async with running(always(0.5)) as challenger:
        replay = replay_to(challenger.port)
        await replay.set(Targets(FOR_EVER, (Target("v2", 25, 1000),)))
        drawn = sampled(id_hashes(np.array(ids, dtype=object)), 0.25)
        for name in ids:
            replay.offer(prediction(name).alone())
        await until(lambda: sent(replay) == drawn.sum())
        assert {one["id"] for one in challenger.requests} == {
            name for name, is_in in zip(ids, drawn, strict=True) if is_in
        }
        await replay.close()


async def test_what_has_no_rows_or_no_id_is_not_copied():
    async with running(always(0.5)) as challenger:
        replay = replay_to(challenger.port)
        await replay.set(everything())
        replay.offer(prediction("").alone())
        replay.offer(Single("failed", status=500).alone())
        replay.offer(prediction("good").alone())
        await until(lambda: sent(replay) == 1)
        assert [one["id"] for one in challenger.requests] == ["good"]
        assert replay.cut()["v2"]["dropped"] == {"NoId": 1}
        await replay.close()


async def test_a_connection_that_rested_and_was_closed_is_no_failure():
    def closing(asked):
        return scores([0.5] * rows_of(asked), more="connection: close\r\n")

    found, challenger = await compared(closing, [prediction(f"r{n}") for n in range(8)])
    assert (found["pairs"], found["failures"]) == (8, {})
    assert challenger.connections == 8


async def test_nothing_is_copied_after_the_time_is_over_or_for_nobody():
    async with running(always(0.5)) as challenger:
        replay = replay_to(challenger.port)
        replay.offer(prediction("before").alone())
        await replay.set(Targets(time.time() - 1, (Target("v2", 100, 10),)))
        replay.offer(prediction("late").alone())
        await replay.set(NOBODY)
        replay.offer(prediction("after").alone())
        assert replay.cut() == {}
        assert not challenger.requests
        await replay.close()


async def test_what_was_counted_of_a_version_that_left_stands_in_the_next_window():
    async with running(always(0.5)) as challenger:
        replay = replay_to(challenger.port)
        await replay.set(everything())
        replay.offer(prediction("a").alone())
        await until(lambda: sent(replay) == 1)
        await replay.set(NOBODY)
        await replay.set(everything())
        replay.offer(prediction("b").alone())
        await until(lambda: sent(replay) == 2)
        await replay.set(NOBODY)
        assert replay.cut()["v2"]["copies"] == 2
        assert replay.cut() == {}


async def test_scores_near_the_largest_number_there_is_break_nothing():
    found, _ = await compared(always(1e308), [prediction("a", -1e308), prediction("b", 1e308)], labels=False)
    assert found["pairs"] == 2


class Storage:
    """Gives what it is told to, one after the other."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = 0

    def get(self, key, *, most=None):
        self.asked += 1
        answer = self.answers.pop(0) if self.answers else b"{}"
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_what_storage_does_ends_no_lookout_and_changes_no_lane_before_its_time():
    until_then = datetime.fromtimestamp(time.time() + 60, UTC).isoformat()
    away = StorageError("StorageUnreachable", "no answer")
    gone = StorageError("StorageNotFound", "no such key")
    storage = Storage(shadow_file(until=until_then), away, RuntimeError("a fault"), b"{", gone)
    replay = replay_to(1)
    looking = asyncio.create_task(Lookout(replay, storage, "v1", 0.05, time.time).run())
    await until(lambda: storage.asked == 4)
    assert [one.target.version for one in replay.lanes] == ["v2"]
    await until(lambda: storage.asked > 6)
    assert not list(replay.lanes)
    assert not looking.done()
    looking.cancel()
    await replay.close()


def shadow_file(**changes):
    challenger = {"version": "v2", "percent": 10, "maxRequestsPerSecond": 5}
    document = {"contract": 1, "champion": "v1", "until": "2026-03-02T10:00:00.000Z", "challengers": [challenger]}
    return json.dumps(document | changes).encode()


def test_the_file_says_who_gets_copies():
    until_then = 1772445600.0
    assert parse_targets(shadow_file(), "v1", until_then - 60) == Targets(until_then, (Target("v2", 10, 5),))
    assert parse_targets(shadow_file(champion="v0"), "v1", 0.0) == NOBODY
    assert parse_targets(shadow_file(), "v1", 0.0).until == LONGEST_HOLD


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[" * 100_000,
        shadow_file(contract=2),
        shadow_file(until="soon"),
        shadow_file(until="2026-03-02T10:00:00"),
        shadow_file(challengers=[{"version": "v2", "percent": 0, "maxRequestsPerSecond": 5}]),
        shadow_file(challengers=[{"version": "v2", "percent": 101, "maxRequestsPerSecond": 5}]),
        shadow_file(challengers=[{"version": "v2", "percent": 10, "maxRequestsPerSecond": 10**9}]),
        shadow_file(challengers=[{"version": "../evil", "percent": 10, "maxRequestsPerSecond": 5}]),
        shadow_file(challengers=[{"version": "v1", "percent": 10, "maxRequestsPerSecond": 5}]),
        shadow_file(challengers=[{"version": "v2", "percent": 10, "maxRequestsPerSecond": 5}] * 2),
        shadow_file(challengers=[{"version": f"v{n}", "percent": 1, "maxRequestsPerSecond": 5} for n in range(2, 8)]),
    ],
    ids=lambda data: str(len(data)),
)
def test_what_is_no_such_file_is_refused(data):
    with pytest.raises(ValueError):
        parse_targets(data, "v1", 0.0)
