"""What a command is: a file with one `COMMAND` in it, named in `leeboard.cli.commands`."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from leeboard.cli.terminal import Terminal

if TYPE_CHECKING:
    from leeboard.cli.cluster import Cluster

DONE, FAILED, MISUSED, REFUSED, TIMED_OUT = 0, 1, 2, 3, 4
"""Exit statuses: done; not possible, or only in part; called in a way that is not understood; refused by the operator,
by a rule or by a gate; not over within the time that was given."""


@dataclass(frozen=True)
class Session:
    """One call of a command: what was asked for, where it writes, and when it is."""

    options: argparse.Namespace
    terminal: Terminal
    now: datetime


@dataclass(frozen=True)
class Command:
    """A command of `leeboard`.

    `summary` is its line in the list of commands, `description` what its own help says, `examples` are pairs of a
    command line and what it does, `statuses` exit statuses with their meaning where they say more than those of every
    command. `configure` adds its arguments, `run` does it and gives the exit status; `run` raises CommandError where it
    cannot.
    """

    name: str
    summary: str
    description: str
    run: Callable[[Session], int]
    configure: Callable[[argparse.ArgumentParser], None] = lambda _: None
    examples: tuple[tuple[str, str], ...] = ()
    statuses: tuple[tuple[int, str], ...] = ()


def on_cluster(work: Callable[[Session, Cluster], Awaitable[int]]) -> Callable[[Session], int]:
    """A command's `run` that is connected to the cluster of the options while `work` goes on."""

    def run(session: Session) -> int:
        # the client takes most of a second to import, which help and usage errors have no need of
        from leeboard.cli.cluster import connected  # noqa: PLC0415

        async def connect_and_work() -> int:
            async with connected(session.options) as cluster:
                return await work(session, cluster)

        return asyncio.run(connect_and_work())

    return run
