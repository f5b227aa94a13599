"""How a watch that has died is told from one that has nothing to say."""

from __future__ import annotations

from typing import Any

import pytest

from leeboard.controllers.base import Key
from leeboard.engine.watch_lag import WatchLag


class World:
    """A lag whose clock is moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.lag = WatchLag(lambda: self.now)


@pytest.fixture
def world() -> World:
    return World()


def job(version: str, uid: str = "u", kind: str = "Job") -> dict[str, Any]:
    metadata = {"name": "j", "namespace": "ml", "uid": uid, "resourceVersion": version}
    return {"apiVersion": "batch/v1", "kind": kind, "metadata": metadata}


KEY = Key("Job", "ml", "j")


def test_it_is_the_age_of_the_oldest_change_that_no_watch_delivered(world: World) -> None:
    world.lag.expect(job("10"))
    world.now = 30
    world.lag.expect(job("10"))
    world.lag.expect(job("11"))
    assert world.lag.lag("Job") == 30
    world.lag.seen(job("9"))
    world.now = 40
    assert world.lag.lag("Job") == 10, "it delivers, and is behind"
    world.lag.seen(job("12"))
    assert world.lag.lag("Job") == 0
    world.lag.expect(job("11"))
    assert world.lag.lag("Job") == 0


def test_a_watch_that_delivers_is_alive_however_fast_the_object_changes(world: World) -> None:
    for version in range(10, 200):
        world.lag.expect(job(str(version)))
        world.lag.seen(job(str(version - 1)))
        world.now += 1
    assert world.lag.lag("Job") <= 1


def test_what_is_delivered_again_is_no_sign_of_life(world: World) -> None:
    world.lag.seen(job("10"))
    world.lag.expect(job("11"))
    world.now = 50
    world.lag.seen(job("10"))
    assert world.lag.lag("Job") == 50


def test_each_kind_has_a_watch_of_its_own(world: World) -> None:
    world.lag.expect(job("10", kind="Pod"))
    world.now = 5
    world.lag.expect(job("11"))
    world.now = 7
    assert (world.lag.lag("Pod"), world.lag.lag("Job"), world.lag.lag("Service")) == (7, 2, 0)
    assert world.lag.worst() == (7, "Pod")


def test_nothing_is_expected_of_what_is_gone_although_an_answer_about_it_comes_late(world: World) -> None:
    world.lag.expect(job("10"))
    world.lag.forget(KEY, "u")
    world.now = 100
    assert world.lag.worst() == (0, "")
    world.lag.expect(job("10"))
    assert world.lag.worst() == (0, "")
    world.lag.expect(job("20", uid="its successor"))
    world.now = 101
    assert world.lag.worst() == (1, "Job")
