"""`leeboard promote`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leeboard.cli.acting.rollouts import GITOPS, command, configure_with_version
from leeboard.cli.command import Command, Session, on_cluster

if TYPE_CHECKING:
    from leeboard.cli.cluster import Cluster


async def _promote(session: Session, cluster: Cluster) -> int:
    return await command(session, cluster, "promote")


COMMAND = Command(
    name="promote",
    summary="make a candidate or challenger champion now, or let it out of staging",
    description="Make the candidate of the rollout under way champion as soon as it has all its pods, without the"
    " stages and the analysis that are left. Of a candidate in staging (`rollout.staging`) it begins the rollout, with"
    " all its stages, and nothing else: also where the staging ends by itself meanwhile. Without a candidate it is the"
    " challenger; of several the one that is meant has to be named.\n\n" + GITOPS,
    configure=configure_with_version,
    run=on_cluster(_promote),
    examples=(
        ("promote late-flights", "the version in its canary, or the challenger"),
        ("promote late-flights/late-flights-v2", "that challenger becomes champion"),
    ),
)
