"""`leeboard bucket`: which version a caller gets in an A/B test."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from leeboard.api.model import Model
from leeboard.cli.command import DONE, Command, Session, on_cluster
from leeboard.cli.errors import CommandError, unknown
from leeboard.cli.objects import parsed, read
from leeboard.cli.options import add_output
from leeboard.cli.show.text import styled
from leeboard.planning.traffic.buckets import arm_of, bucket
from leeboard.planning.traffic.callers import bucket_ranges, shares_of

if TYPE_CHECKING:
    from leeboard.cli.cluster import Cluster


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ids", metavar="ID", nargs="+", help="the id of a caller, as its bucket is made of it")
    parser.add_argument("--model", metavar="MODEL", help="also tell which of the Model's versions the caller gets")
    add_output(parser, "text")


def _run(session: Session) -> int:
    if session.options.model:
        return on_cluster(_of_model)(session)
    return _told(session, None)


async def _of_model(session: Session, cluster: Cluster) -> int:
    name = session.options.model
    objects = parsed(await read(cluster, (Model,), cluster.namespace))
    model = objects.model(cluster.namespace, name)
    if model is None:
        raise unknown("Model", name, cluster.namespace, (one.metadata.name for one in objects.models))
    return _told(session, version_of(model))


def version_of(model: Model) -> Callable[[str], str]:
    """Which version a caller gets now, by its id. Raises CommandError where no bucket says so."""
    name, champion, test = model.metadata.name, model.status.champion, model.spec.rollout.ab_test
    if champion is None:
        raise CommandError(f"{name} has no version that serves")
    if model.spec.rollout.bandit is not None:
        raise CommandError(f"{name} shares its requests out one by one, whoever sends them: a caller has no version")
    if test is not None and test.assignment.type == "Cookie":
        raise CommandError(f"{name} knows callers by the cookie {test.assignment.named}, not by buckets")
    chosen = bucket_ranges(shares_of(model.status)) if test is not None else {}
    return lambda identity: arm_of(identity, chosen, champion.name)


def _told(session: Session, version: Callable[[str], str] | None) -> int:
    rows = [
        {"bucket": bucket(one)} | ({"version": version(one)} if version is not None else {}) | {"id": one}
        for one in session.options.ids
    ]
    if session.options.output != "text":
        session.terminal.document(rows, session.options.output)
    else:
        session.terminal.lines([styled("  ".join(row.values())) for row in rows])
    return DONE


COMMAND = Command(
    name="bucket",
    summary="tell which version a caller gets in an A/B test",
    description="Tell the bucket of callers, by their ids: what they have to send in the header of"
    " `rollout.abTest.assignment` (x-leeboard-bucket), the first four hex digits of the SHA-256 of the id. With --model"
    " also the version that they get now, of the champion and those that are tested. Without it no cluster is needed.",
    configure=_configure,
    run=_run,
    examples=(
        ("bucket customer-1 customer-2", "the buckets of two callers"),
        ("bucket --model late-flights customer-1", "and the version that answers customer-1"),
    ),
)
