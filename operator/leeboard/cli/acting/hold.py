"""`leeboard pause` and `leeboard resume`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leeboard.cli.acting.rollouts import command, configure
from leeboard.cli.command import Command, Session, on_cluster

if TYPE_CHECKING:
    from leeboard.cli.cluster import Cluster

_GITOPS = (
    "It is the annotation leeboard.dev/pause, set as you. The last true or false counts: a GitOps tool that removes the"
    " annotation changes nothing, one that sets it to a value of its own does."
)


async def _pause(session: Session, cluster: Cluster) -> int:
    return await command(session, cluster, "pause")


async def _resume(session: Session, cluster: Cluster) -> int:
    return await command(session, cluster, "resume")


PAUSE = Command(
    name="pause",
    summary="hold a rollout where it is",
    description="Hold the rollouts of a Model: no stage ends and nothing is promoted. A candidate that fails is still"
    f" rolled back, and a rollback by command still takes place.\n\n{_GITOPS}",
    configure=configure,
    run=on_cluster(_pause),
    examples=(("pause late-flights", "the canary keeps its share until it is let go"),),
)
RESUME = Command(
    name="resume",
    summary="let a rollout that is held go on",
    description=f"Let the rollouts of a Model go on that were held by `leeboard pause`.\n\n{_GITOPS}",
    configure=configure,
    run=on_cluster(_resume),
    examples=(("resume late-flights", "the canary goes on with its stages"),),
)
