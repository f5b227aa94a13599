"""`leeboard retry`: a version that was rolled back gets another rollout, a run that failed is made once more."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from leeboard.api import names
from leeboard.api.training_job import TrainingJob
from leeboard.cli.acting.asking import Answer, Request, answer_of, ask, new_id
from leeboard.cli.acting.rollouts import GITOPS, command, configure_answer
from leeboard.cli.command import REFUSED, Command, Session, on_cluster
from leeboard.cli.errors import CommandError
from leeboard.cli.objects import Raw
from leeboard.cli.training.job import training_job
from leeboard.planning.training.commands import failed_run
from leeboard.planning.training.run_history import active_run

if TYPE_CHECKING:
    from leeboard.cli.cluster import Cluster


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("rollout", "run"), help="another rollout of a version, or a run once more")
    parser.add_argument("target", metavar="NAME", help="rollout: MODEL[/VERSION]; run: TRAININGJOB")
    configure_answer(parser)


async def _retry(session: Session, cluster: Cluster) -> int:
    if session.options.what == "rollout":
        return await command(session, cluster, "retry")
    name = session.options.target
    job = await training_job(cluster, name)
    under_way = active_run(job.status.runs)
    if under_way is not None:
        raise CommandError(f"retry {name}: run {under_way.id} is under way", status=REFUSED)
    if failed_run(job.status) is None:
        hint = f"leeboard train {name} asks for a new run"
        raise CommandError(f"retry {name}: its last run did not fail", hint, status=REFUSED)
    request = Request("retry", TrainingJob, name, names.RETRY, new_id(session.now))

    def answered(raw: Raw) -> Answer | None:
        return answer_of(TrainingJob.parse(raw).status, request)

    return await ask(session, cluster, request, answered)


COMMAND = Command(
    name="retry",
    summary="roll a version out once more, or make a failed run once more",
    description="`retry rollout`: a version that was rolled back, the last one or the one that is named, leaves its"
    " quarantine and gets another rollout from its beginning. It has to be newer than the champion."
    "\n\n`retry run`: the last run of a TrainingJob, where it failed, is made once more, with what its spec says now"
    f" and whatever the budgets say.\n\n{GITOPS}",
    configure=_configure,
    run=on_cluster(_retry),
    examples=(
        ("retry rollout late-flights", "the version that was rolled back last"),
        ("retry run late-flights", "the last run of the TrainingJob late-flights"),
    ),
)
