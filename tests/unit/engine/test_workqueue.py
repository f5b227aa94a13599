"""The queue's promises, in exact loop time."""

from __future__ import annotations

import asyncio

import pytest

from leeboard.engine.workqueue import CHANGES_BEFORE_BACKGROUND, WorkQueue

pytestmark = pytest.mark.looptime


class Recorder:
    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []

    def added(self, key: str) -> None:
        self.events.append(("added", key))

    def started(self, key: str, waited: float) -> None:
        self.events.append(("started", key))

    def finished(self, key: str, worked: float) -> None:
        self.events.append(("finished", key))

    def retried(self, key: str) -> None:
        self.events.append(("retried", key))


@pytest.fixture
async def queue() -> WorkQueue[str]:
    return WorkQueue(Recorder(), jitter=lambda: 1.0)


async def next_key(queue: WorkQueue[str]) -> tuple[str, float]:
    key = await queue.take()
    queue.done(key)
    return key, round(asyncio.get_running_loop().time(), 4)


async def test_a_key_added_often_waits_once(queue: WorkQueue[str]) -> None:
    for key in ("a", "b", "a", "a"):
        queue.add(key)
    assert [await queue.take(), await queue.take()] == ["a", "b"]
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(queue.take(), 1)


async def test_a_key_is_held_by_one_worker_and_comes_again_when_added_meanwhile(queue: WorkQueue[str]) -> None:
    queue.add("a")
    assert await queue.take() == "a"
    queue.add("a")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(queue.take(), 1)
    queue.done("a")
    assert await queue.take() == "a"


async def test_what_changed_is_taken_before_the_background_and_never_instead_of_it(queue: WorkQueue[str]) -> None:
    for number in range(3):
        queue.add(f"background-{number}", background=True)
    for number in range(2 * CHANGES_BEFORE_BACKGROUND + 1):
        queue.add(f"change-{number}")
    taken = [(await next_key(queue))[0] for _ in range(2 * CHANGES_BEFORE_BACKGROUND + 4)]
    changes = [f"change-{number}" for number in range(2 * CHANGES_BEFORE_BACKGROUND + 1)]
    first, second = CHANGES_BEFORE_BACKGROUND, 2 * CHANGES_BEFORE_BACKGROUND
    assert taken == [
        *changes[:first], "background-0", *changes[first:second], "background-1", changes[second], "background-2",
    ]  # fmt: skip


async def test_a_key_of_the_background_that_changes_waits_with_the_changes(queue: WorkQueue[str]) -> None:
    for key in ("a", "b", "c"):
        queue.add(key, background=True)
    queue.add("c")
    queue.add("c", background=True)
    assert [(await next_key(queue))[0] for _ in range(3)] == ["c", "a", "b"]
    queue.add("a")
    queue.add("a", background=True)
    queue.add("b", background=True)
    assert [(await next_key(queue))[0] for _ in range(2)] == ["a", "b"]


async def test_a_key_that_is_worked_on_comes_again_in_its_line(queue: WorkQueue[str]) -> None:
    queue.add("held")
    assert await queue.take() == "held"
    queue.add("held", background=True)
    queue.add("change")
    queue.done("held")
    assert [(await next_key(queue))[0] for _ in range(2)] == ["change", "held"]
    queue.add("held", background=True)
    assert await queue.take() == "held"
    queue.add("held", background=True)
    queue.add("held")
    queue.add("other", background=True)
    queue.done("held")
    assert [(await next_key(queue))[0] for _ in range(2)] == ["held", "other"]
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(queue.take(), 1)


async def test_the_earliest_of_several_delays_counts(queue: WorkQueue[str]) -> None:
    queue.add_after("a", 60)
    queue.add_after("a", 5)
    queue.add_after("a", 30)
    assert await next_key(queue) == ("a", 5)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(queue.take(), 600)


async def test_back_off_doubles_to_five_minutes_for_each_key_and_starts_anew_after_success(
    queue: WorkQueue[str],
) -> None:
    delays = [queue.retry("a") for _ in range(18)]
    assert delays[:4] == [0.005, 0.01, 0.02, 0.04]
    assert delays[-1] == 300
    assert queue.retry("b") == 0.005
    queue.succeeded("a")
    assert queue.retry("a") == 0.005


async def test_a_server_that_asks_for_patience_gets_it(queue: WorkQueue[str]) -> None:
    assert queue.retry("a", at_least=7) == 7
    assert await next_key(queue) == ("a", 7)


async def test_a_closed_queue_takes_nothing_in_and_waits_for_what_is_worked_on(queue: WorkQueue[str]) -> None:
    queue.add("a")
    queue.add("b")
    held = await queue.take()
    queue.add_after("c", 1)
    queue.close()
    queue.add("d")
    drained = asyncio.create_task(queue.drained())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(queue.take(), 10)
    assert not drained.done()
    queue.done(held)
    await drained


async def test_the_observer_hears_of_each_turn_once() -> None:
    recorder = Recorder()
    queue: WorkQueue[str] = WorkQueue(recorder, jitter=lambda: 1.0)
    queue.add("a")
    queue.add("a")
    queue.done(await queue.take())
    queue.retry("a")
    await queue.take()
    assert recorder.events == [
        *(("added", "a"), ("started", "a"), ("finished", "a")),
        *(("retried", "a"), ("added", "a"), ("started", "a")),
    ]
