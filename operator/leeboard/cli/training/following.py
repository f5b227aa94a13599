"""Following a run to its end: its phases as they come, and the verdict on its version."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leeboard.api.model_version import ModelVersion
from leeboard.api.training_job import Run
from leeboard.cli.errors import CommandError
from leeboard.cli.training.exits import exit_status
from leeboard.cli.training.job import training_job
from leeboard.planning.training.run_history import find_run

if TYPE_CHECKING:
    from leeboard.cli.cluster import Cluster

_LOOK_EVERY = 2.0
"""Seconds between two looks at a run: it takes minutes, and a pipeline may have no right to watch."""


@dataclass(frozen=True)
class Followed:
    """A run as it was seen last, the version that came of it, and the exit status; None where it is not over."""

    run: Run
    version: ModelVersion | None
    status: int | None


async def follow(cluster: Cluster, job: str, identity: str, seconds: float, tell: Callable[[str], None]) -> Followed:
    """Follow a run until it is over, for at most so many seconds; `tell` is given a line for every change.

    Raises CommandError where the TrainingJob or its record of the run is gone.
    """
    loop = asyncio.get_running_loop()
    began, told = loop.time(), ""
    while True:
        run = find_run((await training_job(cluster, job)).status.runs, identity)
        if run is None:
            raise CommandError(f"TrainingJob {job} does not remember run {identity} any more")
        version = await _version(cluster, run)
        followed = Followed(run, version, exit_status(run, version))
        line = _line(followed)
        if line != told:
            tell(line)
            told = line
        if followed.status is not None or loop.time() - began >= seconds:
            return followed
        await asyncio.sleep(min(_LOOK_EVERY, max(0.0, seconds - (loop.time() - began))))


async def _version(cluster: Cluster, run: Run) -> ModelVersion | None:
    raw = await cluster.get(ModelVersion, run.model_version) if run.model_version else None
    return ModelVersion.parse(raw) if raw is not None else None


def _line(followed: Followed) -> str:
    run, version = followed.run, followed.version
    if version is not None and followed.status is not None:
        return f"{version.metadata.name}: {version.status.phase}"
    if version is not None:
        return f"{version.metadata.name}: registered, its gates are looked at"
    reason = f": {run.reason}" if run.reason and run.reason != run.phase else ""
    message = f": {run.message}" if run.message else ""
    return f"run {run.id}: {run.phase}{reason}{message}"
