"""`leeboard get --watch`: the tables, drawn anew when the API server tells of a change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from leeboard.cli.errors import CommandError
from leeboard.cli.objects import Kind, Objects, Raw, parsed
from leeboard.cli.terminal import Terminal

if TYPE_CHECKING:
    from leeboard.cli.cluster import Cluster

Tables = Callable[[Objects, datetime], list[Text]]
"""The lines that show some objects at a moment."""

_TOGETHER = 0.2
"""Seconds in which changes are gathered: one write of the operator is followed by others."""
_CLOCK = 5.0
"""Seconds after which a screen is drawn anew although nothing changed, because ages do. Nothing is asked for then."""
_AGAIN = 2.0


class Watched:
    """The objects of some kinds as the API server told of them last."""

    def __init__(self, kinds: Iterable[Kind]) -> None:
        self.raws: dict[Kind, dict[tuple[str, str], Raw]] = {kind: {} for kind in kinds}
        self.changed = asyncio.Event()
        self.complete = asyncio.Event()
        self._listed: set[Kind] = set()

    def replace(self, kind: Kind, raws: Iterable[Raw]) -> None:
        """What there is of a kind now."""
        self.raws[kind] = {_place(raw): raw for raw in raws}
        self._listed.add(kind)
        if self._listed == set(self.raws):
            self.complete.set()
        self.changed.set()

    def apply(self, kind: Kind, change: str, raw: Raw) -> None:
        """One change: ADDED, MODIFIED or DELETED; bookmarks change nothing."""
        if change == "DELETED":
            self.raws[kind].pop(_place(raw), None)
        elif change in ("ADDED", "MODIFIED"):
            if self.raws[kind].get(_place(raw)) == raw:
                return
            self.raws[kind][_place(raw)] = raw
        else:
            return
        self.changed.set()

    def objects(self) -> Objects:
        """All of them, parsed."""
        return parsed({kind: list(found.values()) for kind, found in self.raws.items()})


async def watch(
    cluster: Cluster, terminal: Terminal, kinds: Iterable[Kind], namespace: str | None, show: Tables
) -> None:
    """Show the tables until it is interrupted: on a screen in place, elsewhere as lines that are new or different.

    Raises CommandError where the objects may not be listed or watched.
    """
    watched = Watched(kinds)
    drawn = _on_screen if terminal.interactive else _as_lines
    tasks = [asyncio.create_task(_keep(cluster, watched, kind, namespace)) for kind in watched.raws]
    tasks.append(asyncio.create_task(drawn(terminal, watched, show)))
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
    except asyncio.CancelledError:
        return  # ^C is how one leaves it
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _keep(cluster: Cluster, watched: Watched, kind: Kind, namespace: str | None) -> None:
    """List a kind, follow its changes, and begin anew whenever the API server ends that."""
    known = False
    while True:
        try:
            watched.replace(kind, await cluster.list_all(kind, namespace))
            known = True
            async for change, raw in cluster.watch(kind, namespace):
                watched.apply(kind, change, raw)
        except CommandError:
            if not known:
                raise
            await asyncio.sleep(_AGAIN)


async def _on_screen(terminal: Terminal, watched: Watched, show: Tables) -> None:
    await watched.complete.wait()
    with terminal.live() as live:
        while True:
            live.update(Group(*show(watched.objects(), datetime.now(UTC))), refresh=True)
            await _next(watched, _CLOCK)


async def _as_lines(terminal: Terminal, watched: Watched, show: Tables) -> None:
    """Every line that was not there before, as it is at that moment; ages alone make no line new."""
    await watched.complete.wait()
    before: dict[str, str] = {}
    seen: datetime | None = None
    while True:
        now = datetime.now(UTC)
        # a row is told from the one before by what it says at one and the same moment
        frozen = seen or now
        lines = show(watched.objects(), frozen)
        keys = [line.plain for line in lines]
        terminal.lines(line for line, key in zip(show(watched.objects(), now), keys, strict=False) if key not in before)
        terminal.flush()
        before, seen = dict.fromkeys(keys, ""), frozen
        await _next(watched, None)


async def _next(watched: Watched, seconds: float | None) -> None:
    """Until something changed and settled for a moment, or the time is over."""
    try:
        # not wait_for, which in Python 3.11 forgets that it was cancelled where the event came in the same moment
        async with asyncio.timeout(seconds):
            await watched.changed.wait()
    except TimeoutError:
        return
    await asyncio.sleep(_TOGETHER)
    watched.changed.clear()


def _place(raw: Raw) -> tuple[str, str]:
    return raw["metadata"].get("namespace", ""), raw["metadata"]["name"]
