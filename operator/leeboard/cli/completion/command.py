"""`leeboard completion` prints a shell's script; `leeboard complete`, which it calls, prints what may follow."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator

from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.api.training_job import TrainingJob
from leeboard.cli.command import DONE, Command, Session
from leeboard.cli.completion.candidates import Names, offer
from leeboard.cli.completion.scripts import OF_SHELL
from leeboard.cli.errors import CommandError
from leeboard.cli.objects import KINDS, Kind, Objects, parsed, read
from leeboard.cli.show.text import styled

_PATIENCE = 3.0
"""Seconds that a shell waits for names: without an answer it offers words alone."""


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=tuple(OF_SHELL), help="the shell, or kubectl for its plugin completion")


def _print(session: Session) -> int:
    session.terminal.lines(styled(line) for line in OF_SHELL[session.options.shell].splitlines())
    return DONE


def _configure_complete(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("typed", nargs="*", metavar="WORD", help="the words after leeboard, the last one unfinished")


def _complete(session: Session) -> int:
    from leeboard.cli.main import build_parser  # noqa: PLC0415 - the whole command line, which this is a part of

    found = offer(build_parser("leeboard"), session.options.typed)
    current = session.options.typed[-1] if session.options.typed else ""
    words = [*found.words, *(_names(session, found.names) if found.names else ())]
    session.terminal.lines(styled(word) for word in words if word.startswith(current))
    return DONE


def _names(session: Session, names: Names) -> list[str]:
    """Names of the cluster; none where it does not answer soon or may not be asked."""
    from leeboard.cli.cluster import connected  # noqa: PLC0415 - takes most of a second to import

    told: dict[str, tuple[Kind, ...]] = {
        "model": (Model,),
        "trainingjob": (TrainingJob,),
        "model/version": (Model, ModelVersion),
    }
    kinds = told.get(names, KINDS)

    async def ask() -> list[str]:
        async with connected(session.options) as cluster:
            objects = parsed(await read(cluster, kinds, cluster.namespace))
            return list(dict.fromkeys(named(objects, names)))

    try:
        return asyncio.run(asyncio.wait_for(ask(), _PATIENCE))
    except (CommandError, TimeoutError):
        return []


def named(objects: Objects, names: Names) -> Iterator[str]:
    """The names that may stand there."""
    yield from (one.metadata.name for one in objects.models)
    if names in ("trainingjob", "any"):
        yield from (one.metadata.name for one in objects.training_jobs)
    if names == "model/version":
        yield from (f"{one.spec.model_ref.name}/{one.metadata.name}" for one in objects.versions)
    if names in ("any", "version-any"):
        yield from (one.metadata.name for one in objects.versions)
        yield from (run.id for job in objects.training_jobs for run in job.status.runs)
    if names == "any":
        yield from (one.metadata.name for one in objects.monitors)


COMPLETION = Command(
    name="completion",
    summary="print what makes a shell complete commands and names",
    description="Print the script that makes a shell complete commands, options and the names of objects in the"
    " cluster.\n\nkubectl completes `kubectl leeboard` by a program of its own: write what `leeboard completion"
    " kubectl` prints into kubectl_complete-leeboard in the path, and make it executable.",
    configure=_configure,
    run=_print,
    examples=(
        ("completion bash > /etc/bash_completion.d/leeboard", "for every bash"),
        ("completion zsh > ~/.zfunc/_leeboard", "for zsh"),
        ("completion fish > ~/.config/fish/completions/leeboard.fish", "for fish"),
        ("completion kubectl > /usr/local/bin/kubectl_complete-leeboard", "for kubectl leeboard"),
    ),
)
COMPLETE = Command(
    name="complete",
    summary="print what may follow some words (called by shells)",
    description="Print what may follow the words that were typed so far, one a line. Shells call it; people need not.",
    configure=_configure_complete,
    run=_complete,
)
