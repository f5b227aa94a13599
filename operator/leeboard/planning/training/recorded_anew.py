"""A recorded run whose training fields change before its Job is made: what trains has to be what is recorded.

A run is recorded by one status write and gets its Job after it. The spec may change in between, for long when the
operator is down. A Job made then would train other fields than those the run is named by.
"""

from leeboard.api.reasons import Reason
from leeboard.api.training_job import Run, TrainingJobStatus
from leeboard.planning.plan import Event
from leeboard.planning.snapshot import TrainingJobSnapshot
from leeboard.planning.training.beginning import Beginning
from leeboard.planning.training.job_state import owned_job
from leeboard.planning.training.run_identity import fingerprint, run_id
from leeboard.planning.training.training_pod import training_job_name


def recorded_anew(snapshot: TrainingJobSnapshot, run: Run) -> Beginning | None:
    """The status in which the run trains what the spec says now; None where it does, or where its Job is there.

    A run that the change of a spec caused is dropped, and the spec of now is an occasion of its own. Any other keeps
    its cause and its number under another identity, so that what asked for it is answered.
    """
    job, status, fields = snapshot.job, snapshot.job.status, fingerprint(snapshot.job.spec)
    made = owned_job(snapshot.jobs, run.job, job.metadata.uid) is not None
    if run.phase != "Pending" or run.fingerprint == fields or made:
        return None
    text = f"the training fields changed before run {run.id} had a Job"
    if run.cause.kind == "SpecChange":
        others = tuple(one for one in status.runs if one.id != run.id)
        event = Event("Normal", str(Reason.SUPERSEDED), f"run {run.id} is dropped: {text}")
        return Beginning(status.model_copy(update={"runs": others}), (event,))
    identity = run_id(fields, run.cause.kind, run.id)
    renamed = run.model_copy(
        update={"id": identity, "fingerprint": fields, "job": training_job_name(job, identity)},
    )
    event = Event("Normal", str(Reason.RUN_STARTED), f"run {identity} in place of run {run.id}: {text}")
    return Beginning(_pointing_to(status, run, renamed), (event,))


def _pointing_to(status: TrainingJobStatus, run: Run, renamed: Run) -> TrainingJobStatus:
    """The status with everything that named the run naming it anew."""
    others = tuple(renamed if one.id == run.id else one for one in status.runs)
    update: dict[str, object] = {"runs": others, "selected_fingerprint": renamed.fingerprint}
    if status.last_run == run.id:
        update["last_run"] = renamed.id
    if status.answer is not None and status.answer.subject == run.id:
        message = f"run {renamed.id} was started"
        update["answer"] = status.answer.model_copy(update={"subject": renamed.id, "message": message})
    return status.model_copy(update=update)
