"""Setting an annotation, and waiting until the operator has acted on it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from leeboard.api import names
from leeboard.api.commands import CommandAnswer
from leeboard.api.model_status import ModelStatus
from leeboard.api.training_job import TrainingJobStatus
from leeboard.cli.command import DONE, REFUSED, TIMED_OUT, Session
from leeboard.cli.errors import CommandError
from leeboard.cli.objects import Kind, Raw
from leeboard.cli.show import styles
from leeboard.cli.show.text import styled
from leeboard.planning.conditions import timestamp

if TYPE_CHECKING:
    from leeboard.cli.cluster import Cluster

SECONDS = 60
"""How long a command waits for the operator unless it is told otherwise."""
_FIRST_LOOK, _LONGEST = 0.2, 2.0
_SPEAKS_AFTER = timedelta(seconds=5)


@dataclass(frozen=True)
class Answer:
    """What came of a command: whether it was acted on, about which version or run, and when, where that is known."""

    accepted: bool
    subject: str = ""
    message: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Request:
    """A command for the operator: the object, the annotation with its value, and the command's name."""

    verb: str
    kind: Kind
    name: str
    annotation: str
    value: str


def new_id(now: datetime) -> str:
    """An id that no command had before: when it was given, and 32 random bits."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


async def ask(session: Session, cluster: Cluster, request: Request, answered: Callable[[Raw], Answer | None]) -> int:
    """Set the annotation, wait for the answer that `answered` finds in the object, and show it; the exit status.

    Raises CommandError.
    """
    await cluster.annotate(request.kind, request.name, request.annotation, request.value)
    if session.options.no_wait:
        _show(session, cluster.namespace, request, None)
        return DONE
    answer = await await_answer(session, cluster, request, answered, session.options.timeout)
    _show(session, cluster.namespace, request, answer)
    if answer is None:
        session.terminal.note(_SILENCE.format(seconds=int(session.options.timeout.total_seconds())))
        return TIMED_OUT
    return DONE if answer.accepted else REFUSED


_SILENCE = (
    "leeboard: the operator has not acted on it within {seconds} s: is it running? The command stays, and is acted on"
    " when it is back."
)


def refuse(answer: CommandAnswer | None, what: str) -> None:
    """Raises CommandError where the operator would refuse; None passes."""
    if answer is not None and not answer.accepted:
        raise CommandError(f"{what}: {answer.message}", status=REFUSED)


async def await_answer(
    session: Session,
    cluster: Cluster,
    request: Request,
    answered: Callable[[Raw], Answer | None],
    patience: timedelta,
) -> Answer | None:
    """The answer to a request that was made, or None where there is none in time. Raises CommandError."""
    loop = asyncio.get_running_loop()
    began, pause, told = loop.time(), _FIRST_LOOK, False
    while loop.time() - began < patience.total_seconds():
        raw = await cluster.get(request.kind, request.name)
        if raw is None:
            raise CommandError(f"{request.kind.KIND} {request.name} was deleted meanwhile")
        answer = answered(raw)
        if answer is not None:
            return answer
        if not told and loop.time() - began > _SPEAKS_AFTER.total_seconds():
            session.terminal.note(f"waiting until the operator has seen it (at most {int(patience.total_seconds())} s)")
            told = True
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, _LONGEST)
    return None


def answer_of(status: ModelStatus | TrainingJobStatus, request: Request) -> Answer | None:
    """The answer in a status, where it is the one to this request; None while the operator has not acted on it."""
    latched: str | bool
    if isinstance(status, ModelStatus):
        said = status.commands.answer
        latched = status.commands.pause if request.annotation == names.PAUSE else getattr(status.commands, request.verb)
    else:
        said = status.answer
        latched = getattr(status, f"last_{request.verb}_command")
    if said is not None and (said.command, said.id) == (request.verb, request.value):
        return Answer(said.accepted, said.subject, said.message, said.at)
    if latched in (request.value, request.value == "true" if request.annotation == names.PAUSE else None):
        return Answer(True, "", "acted on; another command came after it, so that its own answer is gone")
    return None


def _show(session: Session, namespace: str, request: Request, answer: Answer | None) -> None:
    if session.options.output != "text":
        session.terminal.document(document(namespace, request, answer), session.options.output)
        return
    if answer is None:
        line = styled(f"{request.verb} {request.name}: ", ("asked for", styles.NOTICE), f", id {request.value}")
    else:
        word = ("done", styles.GOOD) if answer.accepted else ("refused", styles.BAD)
        line = styled(f"{request.verb} {request.name}: ", word, f": {answer.message}" if answer.message else "")
    session.terminal.lines([line])


def document(namespace: str, request: Request, answer: Answer | None) -> dict[str, Any]:
    """What was asked and answered; `accepted` is null where nobody has answered yet."""
    return {
        "command": request.verb,
        "kind": request.kind.KIND,
        "namespace": namespace,
        "name": request.name,
        "id": request.value,
        "accepted": answer.accepted if answer is not None else None,
        "subject": answer.subject if answer is not None else "",
        "message": answer.message if answer is not None else "",
        "at": timestamp(answer.at) if answer is not None and answer.at is not None else None,
    }
