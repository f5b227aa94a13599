"""`leeboard approve`: somebody says with their own name that a version may serve."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from leeboard.api import names
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.cli.acting.asking import Answer, Request, ask
from leeboard.cli.acting.rollouts import configure_answer
from leeboard.cli.command import REFUSED, Command, Session, on_cluster
from leeboard.cli.errors import CommandError, unknown
from leeboard.cli.objects import Objects, Raw, parsed, read
from leeboard.cli.which import version_of
from leeboard.planning.rollout.selection import awaiting_approval

if TYPE_CHECKING:
    from leeboard.cli.cluster import Cluster


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target", metavar="MODEL[/VERSION]", help="a version; of a Model alone the one that awaits an approval"
    )
    configure_answer(parser)


async def _approve(session: Session, cluster: Cluster) -> int:
    objects = parsed(await read(cluster, (Model, ModelVersion), cluster.namespace))
    version = _version(session.options.target, objects, cluster.namespace)
    name = version.metadata.name
    if version.status.approved_by:
        raise CommandError(f"{name} was approved by {version.status.approved_by} already", status=REFUSED)
    if version.status.phase == "Rejected":
        ready = version.condition("Ready")
        raise CommandError(f"{name} cannot be approved: {ready.message if ready else 'it is rejected'}", status=REFUSED)
    user = await cluster.user()
    if not user:
        raise CommandError("the API server does not tell your name, and an approval is one's own name")
    request = Request("approve", ModelVersion, name, names.APPROVED_BY, user)

    def answered(raw: Raw) -> Answer | None:
        seen = ModelVersion.parse(raw)
        if not seen.status.approved_by:
            return None
        accepted = seen.status.approved_by == user
        text = "it may serve now" if accepted else f"{seen.status.approved_by} was first"
        return Answer(accepted, name, text)

    return await ask(session, cluster, request, answered)


def _version(target: str, objects: Objects, namespace: str) -> ModelVersion:
    model = objects.model(namespace, target)
    if model is None:
        if "/" in target or any(one.metadata.name == target for one in objects.versions):
            return version_of(target, objects, namespace)
        raise unknown("Model", target, namespace, (one.metadata.name for one in objects.models))
    waiting = awaiting_approval(model, (one for one in objects.versions if one.metadata.namespace == namespace))
    if waiting is None:
        policy = model.spec.promotion.policy
        hint = "" if policy == "Approval" else f"promotion.policy is {policy}: its versions need no approval"
        raise CommandError(f"no version of {target} awaits an approval", hint, status=REFUSED)
    return waiting


COMMAND = Command(
    name="approve",
    summary="approve a version, by your own name",
    description="Approve a version of a Model whose promotion.policy is Approval. The approval is your user name as the"
    " API server knows it, written into the annotation leeboard.dev/approved-by of the ModelVersion; it needs the verb"
    " approve on modelversions.leeboard.dev beside patch."
    "\n\nThe operator keeps the approval in the version's status: an annotation that vanishes takes nothing back.",
    configure=_configure,
    run=on_cluster(_approve),
    examples=(
        ("approve late-flights", "the newest version that passed its gates"),
        ("approve late-flights/late-flights-5a3e91c07d", "that version"),
    ),
)
