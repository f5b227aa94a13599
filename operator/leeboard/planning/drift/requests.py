"""What an episode of drift asks of other objects: a run of a TrainingJob, a rollback of the Model. Each asks once."""

from collections.abc import Iterator

from leeboard.api.drift_action import Action
from leeboard.api.drift_check import HARM, CheckType
from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.drift_status import Episode, Request
from leeboard.api.fields import LONGEST_TEXT
from leeboard.api.reasons import Reason
from leeboard.planning.drift.verdict import Verdict, summary
from leeboard.planning.plan import Event


def wanted_requests(
    monitor: DriftMonitor, episode: Episode, requests: tuple[Request, ...], verdict: Verdict
) -> list[tuple[Action, Request]]:
    """What the verdict asks for and was not asked for in this episode, each with the action that does."""
    known = {_target(one) for one in requests}
    wanted: list[tuple[Action, Request]] = []
    for action, request in _requests(monitor, episode, verdict):
        if _target(request) not in known:
            known.add(_target(request))
            wanted.append((action, request))
    return wanted


def event_of(monitor: DriftMonitor, request: Request) -> Event:
    """What is told of a request."""
    if request.training_job_ref is not None:
        text = f"TrainingJob {request.training_job_ref.name}: {request.reason}"
        return Event("Normal", Reason.RETRAIN_REQUESTED, text[:LONGEST_TEXT])
    text = f"Model {monitor.spec.model_ref.name}: {request.reason}"
    return Event("Normal", Reason.ROLLBACK_REQUESTED, text[:LONGEST_TEXT])


def _requests(monitor: DriftMonitor, episode: Episode, verdict: Verdict) -> Iterator[tuple[Action, Request]]:
    for action in monitor.spec.actions:
        if action.type not in ("Retrain", "RequestRollback"):
            continue
        wanted = _asked_when(monitor, action)
        matching = [one for one in verdict.drifted if one.check in wanted]
        if not matching:
            continue
        # what does the harm first; then what else drifted, which may be why
        others = [one for one in verdict.drifted if one.check not in wanted and not action.when]
        reason = summary([*matching, *others])[:LONGEST_TEXT]
        reference = action.training_job_ref
        kind = "Retrain" if reference is not None else "Rollback"
        yield action, Request(type=kind, training_job_ref=reference, episode=episode.id, reason=reason)


def _target(request: Request) -> str:
    return request.training_job_ref.name if request.training_job_ref is not None else ""


def _asked_when(monitor: DriftMonitor, action: Action) -> set[CheckType]:
    """The checks whose drift makes it worth its while: those that the user names, else those that tell of harm, else
    all, where the monitor has none that could tell.
    """
    if action.when:
        return set(action.when)
    checks = {check.type for check in monitor.spec.checks}
    return checks & set(HARM) or checks
