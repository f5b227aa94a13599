"""The model's thread: checks come before the requests that wait, and never more than one of them."""

import asyncio
import threading
from types import SimpleNamespace

import pytest

from leeboard_serving.server import service
from leeboard_serving.server.service import Service, TooBusy


class Model:
    """What the thread needs of a model; it notes when it was checked."""

    def __init__(self, done):
        self.done = done

    def check(self):
        self.done.append("check")


async def held(running):
    """Keeps the thread until the event is set."""
    begun, let_go, loop = asyncio.Event(), threading.Event(), asyncio.get_running_loop()

    def hold():
        loop.call_soon_threadsafe(begun.set)
        let_go.wait(30)

    work = asyncio.create_task(running.run(hold))
    await begun.wait()
    return let_go, work


async def entered():
    """Lets tasks that were made go as far as they can: a task that makes a task takes two turns."""
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
def running():
    made = Service(Model([]), SimpleNamespace())
    yield made
    made.close()


async def test_a_check_comes_before_the_requests_that_wait(running):
    done = running.model.done
    let_go, first = await held(running)
    requests = [asyncio.create_task(running.run(lambda number=number: done.append(number))) for number in range(5)]
    await entered()
    checks = [asyncio.create_task(running.check()) for _ in range(100)]
    await entered()
    let_go.set()
    await asyncio.gather(first, *requests, *checks)
    assert done == ["check", 0, 1, 2, 3, 4]


async def test_a_model_that_is_full_is_checked_and_takes_no_request(running):
    let_go, first = await held(running)
    requests = [asyncio.create_task(running.run(int)) for _ in range(service.MOST_WAITING - 1)]
    await entered()
    with pytest.raises(TooBusy):
        await running.run(int)
    assert (running.waiting, running.refused) == (service.MOST_WAITING, 1)
    check = asyncio.create_task(running.check())
    await entered()
    let_go.set()
    await asyncio.gather(first, check, *requests)
    assert running.model.done == ["check"]


async def test_a_model_that_does_not_answer_is_not_waited_for(running, monkeypatch):
    monkeypatch.setattr(service, "CHECK_SECONDS", 0.05)
    let_go, first = await held(running)
    with pytest.raises(TimeoutError):
        await running.check()
    assert running.failed_checks == 1
    let_go.set()
    await first
    await running.check()


async def test_what_the_work_raises_reaches_who_asked(running):
    with pytest.raises(ZeroDivisionError):
        await running.run(lambda: 1 / 0)
    assert await running.run(lambda: 7) == 7
