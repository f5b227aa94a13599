"""`leeboard rollback`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leeboard.cli.acting.rollouts import GITOPS, command, configure_with_version
from leeboard.cli.command import Command, Session, on_cluster

if TYPE_CHECKING:
    from leeboard.cli.cluster import Cluster


async def _rollback(session: Session, cluster: Cluster) -> int:
    return await command(session, cluster, "rollback")


COMMAND = Command(
    name="rollback",
    summary="go back to an earlier version",
    description="Go back to the version that was champion before, or to the one that is named. It gets its pods first,"
    " while the champion goes on serving; then all traffic moves at once. Every newer version is quarantined,"
    " so that none is rolled out again by itself; `leeboard retry rollout` lets one try again, and versions"
    " that are registered later are rolled out as usual."
    "\n\nA pinned version (promotion.policy) wins over every command: there the way back is a commit that pins"
    " another one.\n\n" + GITOPS,
    configure=configure_with_version,
    run=on_cluster(_rollback),
    examples=(
        ("rollback late-flights", "back to the champion before"),
        ("rollback late-flights/late-flights-1f0c77e2ab", "back to that version"),
    ),
)
