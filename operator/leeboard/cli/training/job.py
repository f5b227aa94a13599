"""Reading one TrainingJob."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from leeboard.api.training_job import TrainingJob
from leeboard.cli.errors import CommandError, unknown

if TYPE_CHECKING:
    from leeboard.cli.cluster import Cluster


async def training_job(cluster: Cluster, name: str) -> TrainingJob:
    """The TrainingJob of that name. Raises CommandError."""
    raw = await cluster.get(TrainingJob, name)
    if raw is None:
        there = [one["metadata"]["name"] for one in await cluster.list_all(TrainingJob, cluster.namespace)]
        raise unknown("TrainingJob", name, cluster.namespace, there)
    try:
        return TrainingJob.parse(raw)
    except ValidationError as error:
        raise CommandError(f"TrainingJob {name} cannot be read", str(error.errors()[0]["msg"])) from error
