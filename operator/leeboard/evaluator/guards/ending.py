"""How a rollout ended, read from the Model's status. Pure."""

from datetime import datetime

from leeboard.api.model import Model
from leeboard.api.model_status import Candidate, Challenger
from leeboard.api.reasons import Reason
from leeboard.evaluator.guards.record import Decision, Outcome, RolloutRecord
from leeboard.planning.rollout.arms.callers import callers_of
from leeboard.planning.rollout.guards.rule import WORSE

_BY_GUARDS = frozenset(map(str, WORSE.values()))


def under_way(model: Model, record: RolloutRecord) -> bool:
    """Whether the record is of a version that is still being compared."""
    candidate = model.status.candidate
    canary = candidate is not None and candidate.phase == "Canary" and _is_of(candidate, record)
    return canary or _challenger(model, record) is not None


def decision_of(model: Model, record: RolloutRecord, now: datetime) -> Decision | None:
    """How it ended; None while nothing tells. One that is held is inconclusive until somebody decides."""
    status, challenger = model.status, _challenger(model, record)
    if challenger is not None:
        return _held(challenger, now)
    candidate = status.candidate if status.candidate is not None and _is_of(status.candidate, record) else None
    if candidate is not None and candidate.phase == "Canary":
        return _held(candidate, now)
    if candidate is not None and candidate.phase == "Promoting":
        return None
    if status.champion is not None and status.champion.name == record.candidate:
        return _promoted(model, record, now)
    known = next((one for one in status.quarantined if one.name == record.candidate), None)
    if known is not None and known.at >= record.started_at:
        return _aborted(known.reason, known.message, now)
    message = candidate.message if candidate is not None else "another version came in its place"
    return _decided(now, "Superseded", "Other", Reason.SUPERSEDED, message)


def _is_of(candidate: Candidate, record: RolloutRecord) -> bool:
    """A winner of a test has no canary: its record is of the test."""
    began = candidate.canary_started_at
    return candidate.name == record.candidate and (began == record.started_at or candidate.place is not None)


def _challenger(model: Model, record: RolloutRecord) -> Challenger | None:
    """The challenger of an A/B test that a record is of, while it has callers."""
    found = (one for one, since in callers_of(model) if (one.name, since) == (record.candidate, record.started_at))
    return next(found, None)


def _held(candidate: Candidate | Challenger, now: datetime) -> Decision | None:
    if candidate.inconclusive_since is None:
        return None
    return _decided(now, "Inconclusive", "Analysis", candidate.reason, candidate.message)


def _promoted(model: Model, record: RolloutRecord, now: datetime) -> Decision:
    """By the analysis where it passed at the last look, and nobody asked for it meanwhile."""
    answer = model.status.commands.answer
    asked = answer is not None and answer.command == "promote" and answer.subject == record.candidate
    if asked and answer is not None and answer.at >= record.started_at:
        return _decided(now, "Promoted", "Command", Reason.PROMOTED, f"by the command promote {answer.id}")
    if record.looks and record.looks[-1].verdict == "Pass":
        return _decided(now, "Promoted", "Analysis", record.looks[-1].reason, record.looks[-1].message)
    return _decided(
        now, "Promoted", "Other", Reason.PROMOTED, "it serves, though the last look that is kept was no pass"
    )


def _aborted(reason: str, message: str, now: datetime) -> Decision:
    if reason == Reason.TEST_LOST:
        return _decided(now, "Lost", "Analysis", reason, message)
    if reason in _BY_GUARDS:
        return _decided(now, "Aborted", "Analysis", reason, message)
    return _decided(now, "Aborted", "Command" if reason == Reason.ABORTED else "Other", reason, message)


def _decided(now: datetime, outcome: Outcome, by: str, reason: str, message: str) -> Decision:
    return Decision.model_validate(
        {"at": now, "outcome": outcome, "by": by, "reason": str(reason), "message": message[:8192]}
    )
