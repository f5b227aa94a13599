"""`leeboard abort`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leeboard.cli.acting.rollouts import GITOPS, command, configure_with_version
from leeboard.cli.command import Command, Session, on_cluster

if TYPE_CHECKING:
    from leeboard.cli.cluster import Cluster


async def _abort(session: Session, cluster: Cluster) -> int:
    return await command(session, cluster, "abort")


COMMAND = Command(
    name="abort",
    summary="roll the candidate of a rollout back, or end a comparison",
    description="Take the traffic from the candidate of the rollout under way; the champion goes on. The version is"
    " quarantined: `leeboard retry rollout` lets it try again. After a BlueGreen promotion,"
    " within `rollout.blueGreen.scaleDownDelay`, it brings the champion before back at once; later `leeboard rollback`"
    " does.\n\nOf several challengers the one that is meant has to be named; its comparison ends.\n\n" + GITOPS,
    configure=configure_with_version,
    run=on_cluster(_abort),
    examples=(
        ("abort late-flights", "the version in its canary, or the challenger"),
        ("abort late-flights/late-flights-v2", "that challenger is compared no more"),
    ),
)
