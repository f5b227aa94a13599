"""Commands by annotation: `train` asks for a run, `retry` for the last one once more where it failed."""

from collections.abc import Iterator
from datetime import datetime

from leeboard.api import names
from leeboard.api.commands import MOST_CHARACTERS, CommandAnswer
from leeboard.api.lineage import Cause
from leeboard.api.reasons import Reason
from leeboard.api.training_job import Run, TrainingJob, TrainingJobStatus
from leeboard.planning.plan import Event
from leeboard.planning.training.occasion import Occasion
from leeboard.planning.training.run_history import newest

_ID_LIMIT = 128


def commanded(job: TrainingJob) -> Iterator[Occasion]:
    """The occasions that commands bring. A run by command is never one that only looks for something new."""
    train = job.metadata.annotations.get(names.TRAIN, "")[:_ID_LIMIT]
    if train and train != job.status.last_train_command:
        yield Occasion(Cause(kind="Manual", reason=f"annotation {names.TRAIN}: {train}"), train, "train")
    retry, failed = new_retry(job), failed_run(job.status)
    if retry and failed is not None:
        why = f"{failed.cause.kind}: {failed.cause.reason}" if failed.cause.reason else failed.cause.kind
        reason = f"run {failed.id} once more ({why}), by annotation {names.RETRY}: {retry}"[:1024]
        yield Occasion(Cause(kind="Manual", ref=failed.cause.ref, reason=reason), f"retry/{retry}", "retry", retry)


def new_retry(job: TrainingJob) -> str:
    """The id of a retry that was not acted on yet, or the empty text."""
    asked = job.metadata.annotations.get(names.RETRY, "")[:MOST_CHARACTERS]
    return asked if asked != job.status.last_retry_command else ""


def failed_run(status: TrainingJobStatus) -> Run | None:
    """The newest run where it failed; None where it went well, or where there is none. Looks for news do not count."""
    last = newest(run for run in status.runs if run.phase != "NoNewData")
    return last if last is not None and last.phase == "Failed" else None


def refuse_retry(job: TrainingJob, now: datetime) -> tuple[TrainingJobStatus, Event] | None:
    """The status that takes note of a retry where no run failed, and what is said of it; None where that is not so."""
    retry = new_retry(job)
    if not retry or failed_run(job.status) is not None:
        return None
    text = f"the last run did not fail; {names.TRAIN} asks for a new one"
    answer = CommandAnswer(command="retry", id=retry, accepted=False, message=text, at=now)
    return latched(job.status, answer), Event("Warning", str(Reason.COMMAND_REFUSED), f"retry {retry}: {text}"[:1024])


def latched(status: TrainingJobStatus, answer: CommandAnswer) -> TrainingJobStatus:
    """The status that takes note of a command and of what became of it."""
    return status.model_copy(update={f"last_{answer.command}_command": answer.id, "answer": answer})
