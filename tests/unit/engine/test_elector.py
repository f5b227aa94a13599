"""Contenders for one Lease, in exact loop time, over connections that break in every way."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leeboard.engine.elector import Elector
from leeboard.engine.fence import FencedKube, NotLeading
from leeboard.engine.leadership import Leadership
from leeboard.engine.lease import Record, Timing
from leeboard.kube.errors import Forbidden, Unreachable
from leeboard.kube.resources import LEASE, Resource
from leeboard.planning.plan import Raw
from tests.support.fake_kube import FakeKube

pytestmark = pytest.mark.looptime

START = datetime(2026, 1, 1, tzinfo=UTC)
REFUSED = Forbidden("leases is forbidden", status=403)
TROUBLES = [Unreachable("no answer"), Unreachable("busy", status=503), REFUSED, OSError("reset"), ValueError("no JSON")]


class Connection:
    """One contender's way to the API server; `fault` is what its requests meet: nothing, an error, or silence."""

    def __init__(self, server: FakeKube) -> None:
        self.server = server
        self.fault: Exception | str | None = None

    async def _carry(self, request: Callable[[], Awaitable[Raw]]) -> Raw:
        if self.fault == "silence":
            await asyncio.sleep(3600)
        if self.fault == "lost answer":
            await request()
            raise Unreachable("the connection broke")
        if isinstance(self.fault, Exception):
            raise self.fault
        return await request()

    async def get(self, resource: Resource, namespace: str, name: str) -> Raw:
        return await self._carry(lambda: self.server.get(resource, namespace, name))

    async def create(self, obj: Raw) -> Raw:
        return await self._carry(lambda: self.server.create(obj))

    async def replace(self, obj: Raw) -> Raw:
        return await self._carry(lambda: self.server.replace(obj))


class Contender:
    """An elector that runs, and when its leadership began and ended."""

    def __init__(self, server: FakeKube, identity: str, timing: Timing) -> None:
        self.identity = identity
        self.connection = Connection(server)
        self.leadership = Leadership()
        self.ended_at: float | None = None
        self.leadership.on_end(self._ended)
        self.elector = Elector(
            kube=self.connection,  # type: ignore[arg-type]
            leadership=self.leadership,
            namespace="system",
            name="operator",
            identity=identity,
            timing=timing,
            clock=lambda: START + timedelta(seconds=now()),
            jitter=lambda: 1.0,
        )
        self.task = asyncio.create_task(self.elector.run())

    def _ended(self) -> None:
        self.ended_at = now()

    async def leads(self, within: float = 100) -> float:
        """Wait until it leads; gives the moment."""
        await asyncio.wait_for(self.leadership.began.wait(), within)
        return now()

    async def stop(self) -> None:
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task


class Arena:
    """The API server and everybody who contends on it. Fails when somebody begins to lead while another does."""

    def __init__(self) -> None:
        self.server = FakeKube()
        self.contenders: list[Contender] = []
        self._guards: list[asyncio.Task[None]] = []

    def join(self, identity: str, timing: Timing | None = None) -> Contender:
        contender = Contender(self.server, identity, timing or Timing())
        self.contenders.append(contender)
        self._guards.append(asyncio.create_task(self._guard(contender)))
        return contender

    def record(self) -> Record:
        return Record.of(self.server.live("Lease", "operator", "system"))

    def edit(self, **spec: Any) -> None:
        """Somebody edits the Lease by hand."""
        lease = self.server.live("Lease", "operator", "system")
        self.server._update(("Lease", "system", "operator"), {**lease, "spec": {**lease["spec"], **spec}})

    async def _guard(self, newcomer: Contender) -> None:
        await newcomer.leadership.began.wait()
        leaders = [one.identity for one in self.contenders if one.leadership.holds]
        assert leaders == [newcomer.identity], f"leaders at {now()}"

    async def close(self) -> None:
        for contender in self.contenders:
            await contender.stop()
        for guard in self._guards:
            guard.cancel()
            with suppress(asyncio.CancelledError):
                await guard


def now() -> float:
    return round(asyncio.get_running_loop().time(), 3)


@pytest.fixture
async def arena() -> AsyncIterator[Arena]:
    open_arena = Arena()
    yield open_arena
    await open_arena.close()


async def test_the_first_takes_a_lease_that_is_not_there_and_renews_it_every_retry_period(arena: Arena) -> None:
    first = arena.join("a")
    assert await first.leads() == 4  # a leader whose Lease was deleted had this time to write it again
    assert (arena.record().holder, arena.record().duration, arena.record().transitions) == ("a", 15, 0)
    await asyncio.sleep(60.5)
    assert first.leadership.holds
    writes = [verb for verb, _, _ in arena.server.calls if verb != "get"]
    assert writes == ["create", *["replace"] * 30]


async def test_of_two_one_leads_and_the_other_only_reads(arena: Arena) -> None:
    first = arena.join("a")
    await first.leads()
    arena.server.calls.clear()
    second = arena.join("b")
    await asyncio.sleep(120)
    assert (first.leadership.holds, second.leadership.began.is_set()) == (True, False)
    assert second.elector.holder == "a"
    assert {verb for verb, _, _ in arena.server.calls} == {"get", "replace"}
    assert arena.record().transitions == 0


async def test_when_both_try_at_the_same_moment_the_server_decides(arena: Arena) -> None:
    both = [arena.join("a"), arena.join("b")]
    await asyncio.sleep(5)
    assert sorted(one.leadership.holds for one in both) == [False, True]
    arena.edit(holderIdentity="", leaseDurationSeconds=1)
    await asyncio.sleep(10)
    assert [one.leadership.ended.is_set() for one in both] == [one.identity != arena.record().holder for one in both]


async def test_a_holder_that_vanishes_is_followed_when_its_lease_has_run_out(arena: Arena) -> None:
    first = arena.join("a")
    second = arena.join("b")
    await first.leads()
    await asyncio.sleep(7)
    await first.stop()
    died = now()
    first.leadership.end("killed")
    began = await second.leads()
    assert 13 <= began - died <= 15 + 2
    assert (arena.record().holder, arena.record().transitions) == ("b", 1)


@pytest.mark.parametrize("fault", [*TROUBLES, "silence"], ids=str)
async def test_whatever_cuts_the_holder_off_it_stops_before_another_begins(arena: Arena, fault: Any) -> None:
    first, second = arena.join("a"), arena.join("b")
    await first.leads()
    await asyncio.sleep(3)
    cut = now()
    first.connection.fault = fault
    began = await second.leads()
    assert first.ended_at is not None
    assert first.ended_at <= cut + Timing().renew_deadline
    assert began >= first.ended_at + 5 - 0.001, "the time for work under way to end"
    first.connection.fault = None
    await asyncio.sleep(60)
    assert not first.leadership.holds
    assert first.task.done()


@pytest.mark.parametrize("fault", [*TROUBLES, "silence", "lost answer"], ids=str)
async def test_troubles_that_pass_in_time_cost_nothing(arena: Arena, fault: Any) -> None:
    first = arena.join("a")
    await first.leads()
    for _ in range(5):
        await asyncio.sleep(8)
        first.connection.fault = fault
        await asyncio.sleep(3)
        first.connection.fault = None
    await asyncio.sleep(8)
    assert first.leadership.holds
    assert arena.record().transitions == 0


async def test_a_lease_taken_by_a_write_whose_answer_was_lost_is_found_to_be_ours(arena: Arena) -> None:
    first = arena.join("a")
    await asyncio.sleep(1)
    first.connection.fault = "lost answer"
    await asyncio.sleep(6)
    assert arena.record().holder == "a"
    assert not first.leadership.began.is_set()
    first.connection.fault = None
    assert await first.leads() <= 9
    assert arena.record().transitions == 0


async def test_trouble_is_told_once_and_outlived_by_a_contender(arena: Arena, caplog: pytest.LogCaptureFixture) -> None:
    contender = arena.join("a")
    contender.connection.fault = Unreachable("connection refused")
    with caplog.at_level(logging.WARNING):
        await asyncio.sleep(300)
    assert len(caplog.records) == 1
    assert "connection refused" in caplog.text
    assert contender.elector.read_at is None
    assert now() - contender.elector.tried_at <= 2
    contender.connection.fault = None
    began = now()
    assert await contender.leads() <= began + 6


async def test_a_name_that_somebody_writes_into_the_lease_ends_leadership_within_a_retry_period(arena: Arena) -> None:
    first = arena.join("a")
    await first.leads()
    stolen = now()
    arena.edit(holderIdentity="thief")
    await asyncio.sleep(2.1)
    assert first.leadership.reason == "the lease is held by thief"
    assert first.ended_at is not None
    assert first.ended_at <= stolen + 2
    assert arena.record().holder == "thief"


async def test_a_deleted_lease_is_written_again_by_its_holder_and_taken_by_nobody_else(arena: Arena) -> None:
    first, second = arena.join("a"), arena.join("b")
    await first.leads()
    await asyncio.sleep(10.9)
    for _ in range(3):
        arena.server.remove("Lease", "system", "operator")
        await asyncio.sleep(5)
        assert arena.record().holder == "a"
    assert first.leadership.holds
    assert not second.leadership.began.is_set()


async def test_a_newcomer_leaves_the_holder_of_a_deleted_lease_time_to_write_it_again(arena: Arena) -> None:
    first = arena.join("a")
    await first.leads()
    arena.server.remove("Lease", "system", "operator")
    newcomer = arena.join("b")
    await asyncio.sleep(30)
    assert first.leadership.holds
    assert not newcomer.leadership.began.is_set()


async def test_a_released_lease_is_taken_within_a_retry_period(arena: Arena) -> None:
    first, second = arena.join("a"), arena.join("b")
    await first.leads()
    await asyncio.sleep(5)
    await first.stop()
    released = now()
    assert await first.elector.release()
    assert not first.leadership.holds
    assert await second.leads() <= released + 2
    assert (arena.record().holder, arena.record().transitions) == ("b", 1)


async def test_what_is_not_ours_is_not_given_away(arena: Arena) -> None:
    first, second = arena.join("a"), arena.join("b")
    await first.leads()
    await second.stop()
    assert await second.elector.release()
    assert arena.record().holder == "a"
    assert first.leadership.holds
    first.connection.fault = Unreachable("no answer")
    await first.stop()
    assert not await first.elector.release()


async def test_labels_that_others_put_on_the_lease_stay(arena: Arena) -> None:
    first = arena.join("a")
    await first.leads()
    await arena.server.merge_patch(LEASE, "system", "operator", {"metadata": {"labels": {"team": "platform"}}})
    await asyncio.sleep(10)
    assert first.leadership.holds
    assert arena.server.live("Lease", "operator", "system")["metadata"]["labels"] == {"team": "platform"}


async def test_a_request_that_somebody_else_breaks_off_does_not_end_the_loop(arena: Arena) -> None:
    first = arena.join("a")
    await first.leads()
    first.connection.fault = asyncio.CancelledError()  # type: ignore[assignment]
    first.connection._carry = _broken_off  # type: ignore[method-assign]
    await asyncio.sleep(5)
    assert first.leadership.holds
    assert not first.task.done()


async def _broken_off(request: Callable[[], Awaitable[Raw]]) -> Raw:
    raise asyncio.CancelledError


async def test_shorter_times_may_be_asked_for(arena: Arena) -> None:
    quick = Timing(duration=3, renew_deadline=2, retry_period=0.5)
    first, second = arena.join("a", quick), arena.join("b", quick)
    assert await first.leads() == 1
    first.connection.fault = "silence"
    assert await second.leads() <= 5


# -- leadership is a matter of the clock -----------------------------------------------------------------------------


async def test_leadership_ends_with_its_time_and_comes_back_never() -> None:
    leadership = Leadership()
    assert not leadership.holds
    leadership.extend(10)
    ended: list[float] = []
    leadership.on_end(lambda: ended.append(now()))
    await asyncio.sleep(6)
    leadership.extend(16)
    await asyncio.sleep(9.9)
    assert leadership.holds
    await asyncio.sleep(0.2)
    assert (leadership.holds, ended, leadership.reason) == (False, [16], "the lease was not renewed in time")
    leadership.extend(100)
    assert not leadership.holds


async def test_a_process_that_stood_still_past_its_time_leads_no_more_although_no_timer_ran() -> None:
    leadership = Leadership()
    leadership.extend(10)
    loop = asyncio.get_running_loop()
    frozen = loop.time() + 30
    loop.time = lambda: frozen  # type: ignore[method-assign]
    assert not leadership.ended.is_set()
    assert not leadership.holds
    leadership.extend(frozen + 10)  # the answer to a renewal that had been sent before
    assert not leadership.holds
    assert leadership.ended.is_set()


async def test_every_write_is_refused_after_the_loss_and_reads_are_not() -> None:
    kube, leads = FakeKube(), True
    fenced = FencedKube(kube, lambda: leads)
    lease = {"apiVersion": LEASE.api_version, "kind": "Lease", "metadata": {"name": "x", "namespace": "n"}}
    live = await fenced.create(lease)
    leads = False
    before = len(kube.writes())
    writes: list[Callable[[], Awaitable[Any]]] = [
        lambda: fenced.apply(lease),
        lambda: fenced.create(lease),
        lambda: fenced.delete(LEASE, "n", "x"),
        lambda: fenced.replace(live),
        lambda: fenced.replace_status(live),
        lambda: fenced.merge_patch(LEASE, "n", "x", {}),
    ]
    for write in writes:
        with pytest.raises(NotLeading):
            await write()
    assert len(kube.writes()) == before
    assert await fenced.get(LEASE, "n", "x") == live
    assert await fenced.list(LEASE, "n") == [live]
