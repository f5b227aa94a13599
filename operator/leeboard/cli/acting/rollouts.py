"""What the commands on a Model's rollout share: they read it, look whether the command makes sense, and ask."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from leeboard.api import names
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.cli.acting.asking import SECONDS, Answer, Request, answer_of, ask, new_id, refuse
from leeboard.cli.acting.foreseen import foreseen
from leeboard.cli.command import REFUSED, Session
from leeboard.cli.errors import CommandError, unknown
from leeboard.cli.objects import Objects, Raw, parsed, read
from leeboard.cli.options import add_output, add_waiting
from leeboard.cli.which import version_of
from leeboard.planning.rollout.commands import STAGED

if TYPE_CHECKING:
    from leeboard.cli.cluster import Cluster

GITOPS = (
    "The command is an annotation with an id of its own, set as you. The operator acts on an id once and keeps it in"
    " the Model's status: a GitOps tool that removes the annotation again takes nothing back."
)
_ANNOTATIONS = {
    "promote": names.PROMOTE,
    "abort": names.ABORT,
    "retry": names.RETRY,
    "rollback": names.ROLLBACK,
    "pause": names.PAUSE,
    "resume": names.PAUSE,
}


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of a command on a Model."""
    parser.add_argument("target", metavar="MODEL", help="the Model")
    configure_answer(parser)


def configure_with_version(parser: argparse.ArgumentParser) -> None:
    """The arguments of a command on a Model that may be about one of its versions."""
    parser.add_argument("target", metavar="MODEL[/VERSION]", help="the Model, and which of its versions")
    configure_answer(parser)


def configure_answer(parser: argparse.ArgumentParser) -> None:
    """The options of every command that the operator answers."""
    add_output(parser, "text")
    add_waiting(parser, seconds=SECONDS)


async def command(session: Session, cluster: Cluster, verb: str) -> int:
    """Ask for a change of a rollout. Raises CommandError where it makes no sense or cannot be asked for."""
    raws = await read(cluster, (Model, ModelVersion), cluster.namespace)
    objects = parsed(raws)
    name, _, wanted = session.options.target.partition("/")
    model = objects.model(cluster.namespace, name)
    if model is None:
        raise unknown("Model", name, cluster.namespace, (one.metadata.name for one in objects.models))
    version = version_of(session.options.target, objects, cluster.namespace).metadata.name if wanted else ""
    request = Request(verb, Model, name, _ANNOTATIONS[verb], _value(session, verb, version or _only(model, verb)))
    _refuse_nonsense(session, model, objects, request)

    def answered(raw: Raw) -> Answer | None:
        return answer_of(Model.parse(raw).status, request)

    return await ask(session, cluster, request, answered)


def _only(model: Model, verb: str) -> str:
    """A promote that was given to a staged candidate is about its staging alone, also where that ends meanwhile."""
    candidate = model.status.candidate
    return STAGED if verb == "promote" and candidate is not None and candidate.phase == "Staged" else ""


def _value(session: Session, verb: str, version: str) -> str:
    if verb in ("pause", "resume"):
        return "true" if verb == "pause" else "false"
    identity = new_id(session.now)
    return f"{version}/{identity}" if version else identity


def _refuse_nonsense(session: Session, model: Model, objects: Objects, request: Request) -> None:
    what = f"{request.verb} {request.name}"
    if request.verb in ("pause", "resume"):
        if model.status.commands.pause == (request.verb == "pause"):
            state = "held already" if request.verb == "pause" else "not held"
            raise CommandError(f"{what}: its rollouts are {state}", status=REFUSED)
        return
    status = model.status
    compared = any(one.stays for one in status.challengers)
    if request.verb == "abort" and status.candidate is None and not compared and status.draining is not None:
        return  # whether the pods of the champion before can still serve only the operator sees
    refuse(foreseen(model, objects.versions, request.annotation, request.value, session.now), what)
