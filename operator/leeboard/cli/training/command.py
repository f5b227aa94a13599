"""`leeboard train`: asks for a run and, with --wait, follows it to the verdict on its version."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from leeboard.api import names
from leeboard.api.training_job import TrainingJob
from leeboard.cli.acting.asking import SECONDS, Answer, Request, answer_of, ask, await_answer, new_id
from leeboard.cli.command import REFUSED, TIMED_OUT, Command, Session, on_cluster
from leeboard.cli.errors import CommandError
from leeboard.cli.objects import Raw
from leeboard.cli.options import add_output, duration
from leeboard.cli.training.exits import MEANINGS
from leeboard.cli.training.following import follow
from leeboard.cli.training.job import training_job
from leeboard.cli.training.outcome import document, lines
from leeboard.planning.training.run_history import active_run

if TYPE_CHECKING:
    from leeboard.cli.cluster import Cluster

_RUN_SECONDS = 2 * 60 * 60


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("job", metavar="TRAININGJOB", help="the TrainingJob")
    waiting = parser.add_mutually_exclusive_group()
    waiting.add_argument("--wait", action="store_true", help="follow the run until its version is judged")
    waiting.add_argument("--no-wait", action="store_true", help="do not wait until the operator has acted on it")
    parser.add_argument(
        "--timeout",
        metavar="TIME",
        type=duration,
        help=f"longest time to wait, such as 30m (default: {SECONDS}s; with --wait 2h)",
    )
    add_output(parser, "text")


async def _train(session: Session, cluster: Cluster) -> int:
    options, name = session.options, session.options.job
    options.timeout = options.timeout or timedelta(seconds=_RUN_SECONDS if options.wait else SECONDS)
    job = await training_job(cluster, name)
    if job.spec.suspend:
        raise CommandError(f"train {name}: it is suspended", "set spec.suspend to false", status=REFUSED)
    request = Request("train", TrainingJob, name, names.TRAIN, new_id(session.now))

    def answered(raw: Raw) -> Answer | None:
        return answer_of(TrainingJob.parse(raw).status, request)

    if not options.wait:
        return await ask(session, cluster, request, answered)
    under_way = active_run(job.status.runs)
    if under_way is not None:
        session.terminal.note(f"run {under_way.id} is under way: the one asked for begins when it has ended")
    await cluster.annotate(request.kind, request.name, request.annotation, request.value)
    return await _followed(session, cluster, request, answered)


async def _followed(
    session: Session, cluster: Cluster, request: Request, answered: Callable[[Raw], Answer | None]
) -> int:
    """The run that comes of a request, to its end."""
    options, name = session.options, request.name
    loop = asyncio.get_running_loop()
    began = loop.time()
    answer = await await_answer(session, cluster, request, answered, options.timeout)
    if answer is None:
        raise CommandError(f"train {name}: the operator has not acted on it", "is it running?", status=TIMED_OUT)
    if not answer.accepted or not answer.subject:
        raise CommandError(f"train {name}: {answer.message}", status=REFUSED)
    left = options.timeout.total_seconds() - (loop.time() - began)
    followed = await follow(cluster, name, answer.subject, left, session.terminal.note)
    if options.output == "text":
        session.terminal.lines(lines(followed, session.terminal.width))
    else:
        session.terminal.document(document(cluster.namespace, name, followed), options.output)
    return TIMED_OUT if followed.status is None else followed.status


COMMAND = Command(
    name="train",
    summary="ask for a run of a TrainingJob, and wait for what comes of it",
    description="Ask for a run of a TrainingJob, whatever its triggers and budgets say. With --wait its phases are"
    " written to standard error as they come, and its version with figures and gates to standard output at the end."
    "\n\nThe command is an annotation with an id of its own, set as you. The operator acts on an id once and keeps it"
    " in the TrainingJob's status: a GitOps tool that removes the annotation again takes nothing back.",
    configure=_configure,
    run=on_cluster(_train),
    examples=(
        ("train late-flights", "asks, and says which run was started"),
        ("train late-flights --wait --timeout 30m", "for a pipeline: ends as the run does"),
        ("train late-flights --wait -o json", "the result as JSON on standard output"),
    ),
    statuses=MEANINGS,
)
