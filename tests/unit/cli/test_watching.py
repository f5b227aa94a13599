"""The live view of `leeboard get --watch`: lines that are new, nothing twice, and an end without a word."""

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
from rich.text import Text

from leeboard.api.model import Model
from leeboard.cli.errors import CommandError
from leeboard.cli.get import models
from leeboard.cli.get.listing import render
from leeboard.cli.get.watching import Watched, watch
from leeboard.cli.objects import Objects
from leeboard.cli.terminal import Terminal
from tests.support.examples import Document, put
from tests.unit.cli import registry


class Server:
    """An API server that tells of the changes it is given; None ends a watch."""

    def __init__(self, *raws: Document) -> None:
        self.raws = list(raws)
        self.changes: asyncio.Queue[tuple[str, Document] | None] = asyncio.Queue()
        self.lists = 0

    async def list_all(self, kind: Any, namespace: str | None) -> list[Document]:
        self.lists += 1
        return list(self.raws)

    async def watch(self, kind: Any, namespace: str | None) -> AsyncIterator[tuple[str, Document]]:
        while (change := await self.changes.get()) is not None:
            yield change


def show(objects: Objects, now: datetime) -> list[Text]:
    return render(models.LISTING, objects, now)


async def settled(output: io.StringIO, lines: int) -> list[str]:
    """Wait until so many lines were written."""
    async with asyncio.timeout(30):
        while output.getvalue().count("\n") < lines:  # noqa: ASYNC110 - a StringIO tells nobody
            await asyncio.sleep(0.05)
    return output.getvalue().splitlines()


async def test_only_what_changed_is_written_again() -> None:
    server, output = Server(registry.model()), io.StringIO()
    terminal = Terminal(output, io.StringIO(), {})
    task = asyncio.create_task(watch(server, terminal, [Model], "ml", show))  # type: ignore[arg-type]
    assert [line.split()[0] for line in await settled(output, 2)] == ["MODEL", "late-flights"]
    other = put(registry.model(), "metadata.name", "new-flights2")
    server.changes.put_nowait(("ADDED", other))
    assert (await settled(output, 3))[2].startswith("new-flights2")
    server.changes.put_nowait(("MODIFIED", other))
    changed = put(registry.model(), "status.candidate.requestedWeight", 50)
    server.changes.put_nowait(("MODIFIED", changed))
    assert "50/33/31 %" in (await settled(output, 4))[3]
    server.raws = [changed]
    server.changes.put_nowait(None)
    async with asyncio.timeout(30):
        while server.lists < 2:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.05)
    task.cancel()
    await task
    assert output.getvalue().count("\n") == 4


async def test_what_may_not_be_listed_is_an_error() -> None:
    class Closed(Server):
        async def list_all(self, kind: Any, namespace: str | None) -> list[Document]:
            raise CommandError("you may not list models")

    terminal = Terminal(io.StringIO(), io.StringIO(), {})
    with pytest.raises(CommandError, match="you may not list models"):
        await watch(Closed(), terminal, [Model], "ml", show)  # type: ignore[arg-type]


def test_changes_are_kept_by_name() -> None:
    watched = Watched([Model])
    watched.replace(Model, [registry.model()])
    assert watched.complete.is_set() and len(watched.objects().models) == 1
    watched.changed.clear()
    watched.apply(Model, "MODIFIED", registry.model())
    watched.apply(Model, "BOOKMARK", {"metadata": {"name": "x"}})
    assert not watched.changed.is_set()
    watched.apply(Model, "DELETED", registry.model())
    assert watched.changed.is_set() and watched.objects().models == ()
